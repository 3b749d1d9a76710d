#pragma once

#include <memory>

#include "cache_test_support.h"
#include "ftpsfs/cache/metadata_cache.h"

namespace ftpsfs::testing {

class MetadataCacheTest : public ::testing::Test {
 protected:
  MetadataCacheTest() {
    remote.put_file("/d/a", "aa");
    remote.put_file("/d/b", "bbb");
    remote.put_file("/d/c", "cccc");
    restart({});
  }

  void restart(const cache::MetadataCacheOptions& options) {
    cache = std::make_unique<cache::MetadataCache>(remote, options, clock);
  }

  void list_all(std::string_view directory) {
    ASSERT_EQ(outcome(cache->list(path(directory), soon())), "ok");
  }

  auto stat(std::string_view text) { return cache->stat(path(text), soon()); }
  auto list(std::string_view text) { return names_of(cache->list(path(text), soon()).value()); }
  std::uint64_t size_of(std::string_view text) { return stat(text).value().size.value(); }

  // Questions about the tree that have reached the server.
  std::size_t stats() const { return remote.calls(Operation::stat); }
  std::size_t lists() const { return remote.calls(Operation::list); }
  std::size_t questions() const { return stats() + lists(); }

  MemoryRemoteFs remote;
  FakeClock clock;
  std::unique_ptr<cache::MetadataCache> cache;
};

}  // namespace ftpsfs::testing
