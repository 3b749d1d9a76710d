#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {

// One of our servers, files to store on it, and a look at what is on its disk.
class StoreTest : public ::testing::Test {
 protected:
  using Personalities = Personality (*)();
  static constexpr std::size_t kLarge = 700'000;  // too large for a new file to go up under its own name

  explicit StoreTest(Personality personality = permissive()) : served(std::move(personality)) {}

  base::Result<remote::Stored> store(const std::string& name, const std::string& content,
                                     const remote::StoreOptions& options = {}) {
    return served.fs().store(at("/" + name), content_of(content), options, test_context());
  }

  static remote::StoreOptions new_file() { return {.creates = true}; }

  // Another client of the same server, with its own ways of uploading.
  remote::FtpRemote with(remote::FtpRemoteOptions options) {
    return {served.stack.pool, {}, std::move(options)};
  }

  std::vector<std::string> on_disk(const std::string& folder = ".") const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(served.folder.path() / folder))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  std::string content(const std::string& name) const { return served.folder.read(name); }
  std::uint64_t count(const std::string& verb) const { return served.server.snapshot().command_count(verb); }
  unsigned mode(const std::string& name) const {
    const auto status = std::filesystem::status(served.folder.path() / name);
    return static_cast<unsigned>(status.permissions());
  }
  void set_mode(const std::string& name, unsigned mode) const {
    std::filesystem::permissions(served.folder.path() / name, static_cast<std::filesystem::perms>(mode));
  }

  ServedStack served;
};

}  // namespace ftpsfs::testing
