#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>

#include "cache_test_support.h"
#include "ftpsfs/cache/spool.h"
#include "support/temporary_folder.h"

namespace ftpsfs::testing {

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() { open_directory(64 << 20); }

  void open_directory(std::uint64_t max_bytes) {
    directory = cache::SpoolDirectory::open(folder.path() / "spool", max_bytes).value();
  }

  // A spool of a file that has this content on the server.
  std::unique_ptr<cache::Spool> spool_of(const std::string& old_content) {
    remote_content = old_content;
    return cache::Spool::create(directory, old_content.size(),
                                [this](std::uint64_t offset, std::span<std::byte> out,
                                       const base::OpContext& ctx) { return fetch(offset, out, ctx); })
        .value();
  }

  base::Status fetch(std::uint64_t offset, std::span<std::byte> out, const base::OpContext& ctx) {
    ++fetches;
    fetched_bytes += out.size();
    largest_fetch = std::max<std::size_t>(largest_fetch, out.size());
    EXPECT_LE(offset + out.size(), remote_content.size());
    if (during_fetch) {
      if (auto ok = during_fetch(offset, ctx); !ok) return ok;
    }
    std::ranges::copy(bytes_of(remote_content).subspan(static_cast<std::size_t>(offset), out.size()),
                      out.begin());
    return {};
  }

  static base::Result<std::string> read(cache::Spool& spool, std::uint64_t offset, std::size_t size,
                                        const base::OpContext& ctx) {
    std::string text(size, '?');
    const auto count = spool.read_at(offset, std::as_writable_bytes(std::span(text)), ctx);
    if (!count) return std::unexpected(count.error());
    text.resize(*count);
    return text;
  }
  static std::string read(cache::Spool& spool, std::uint64_t offset, std::size_t size) {
    return read(spool, offset, size, soon()).value();
  }
  static std::string read_all(cache::Spool& spool) { return read(spool, 0, spool.size()); }

  static base::Status write(cache::Spool& spool, std::uint64_t offset, std::string_view text,
                            const base::OpContext& ctx = soon()) {
    return spool.write_at(offset, bytes_of(text), ctx);
  }
  static base::OpContext at_once() { return base::OpContext::with_timeout({}); }

  static base::Result<std::string> read_local(const cache::Spool& spool, std::uint64_t offset,
                                              std::size_t size) {
    std::string text(size, '?');
    if (auto ok = spool.read_local(offset, std::as_writable_bytes(std::span(text))); !ok) {
      return base::fail(std::move(ok));
    }
    return text;
  }

  TemporaryFolder folder;
  std::shared_ptr<cache::SpoolDirectory> directory;
  std::string remote_content;
  std::function<base::Status(std::uint64_t offset, const base::OpContext& ctx)> during_fetch;
  std::atomic<std::size_t> fetches = 0;
  std::atomic<std::size_t> fetched_bytes = 0;
  std::atomic<std::size_t> largest_fetch = 0;
};

}  // namespace ftpsfs::testing
