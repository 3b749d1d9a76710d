#pragma once

#include <filesystem>
#include <string>

#include "ftps_server/server.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/test_process.h"

namespace ftpsfs::mount_test {

// Our own server with a folder of its own, in this process.
class LocalServer {
 public:
  explicit LocalServer(const std::string& personality = "permissive")
      : LocalServer(testing::personality_by_name(personality).value()) {}
  explicit LocalServer(testing::Personality personality)
      : root_(folder_.path() / "root"), server_(options(std::move(personality))) {
    server_.start();
  }

  testing::Server& operator*() { return server_; }
  testing::Server* operator->() { return &server_; }
  const std::filesystem::path& root() const { return root_; }

  Endpoint endpoint() const {
    Endpoint endpoint;
    endpoint.port = server_.port();
    endpoint.fingerprint = server_.fingerprint();
    return endpoint;
  }

 private:
  testing::ServerOptions options(testing::Personality personality) const {
    std::filesystem::create_directory(root_);
    testing::ServerOptions options;
    options.root = root_;
    options.personality = std::move(personality);
    options.account = {.user = "ftpt", .password = "secret"};
    return options;
  }

  TempFolder folder_;
  std::filesystem::path root_;
  testing::Server server_;
};

}  // namespace ftpsfs::mount_test
