#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/cache/read_stream.h"
#include "support/memory_remote_fs.h"

namespace ftpsfs::cache {
namespace {

using testing::MemoryRemoteFs;

const base::OpContext& long_time() {
  static const auto context = base::OpContext::with_timeout(std::chrono::hours(1));
  return context;
}

model::RemotePath path(std::string_view text) { return model::RemotePath::parse(text).value(); }

// A folder of so many entries, listed for the length of the benchmark.
class ListedFolder {
 public:
  explicit ListedFolder(std::int64_t entries)
      : cache_(remote_, {.lifetime = std::chrono::hours(1), .negative_lifetime = std::chrono::hours(1)},
               base::steady_clock()) {
    for (std::int64_t i = 0; i < entries; ++i)
      remote_.put_file(fmt::format("/folder/file-{:06}", i), "content");
    if (!cache_.list(path("/folder"), long_time())) std::abort();
  }

  MetadataCache& cache() { return cache_; }

 private:
  MemoryRemoteFs remote_;
  MetadataCache cache_;
};

void BM_StatOfListedName(benchmark::State& state) {
  ListedFolder folder(state.range(0));
  std::vector<model::RemotePath> paths;
  for (std::int64_t i = 0; i < 64; ++i)
    paths.push_back(path(fmt::format("/folder/file-{:06}", i * 997 % state.range(0))));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto found = folder.cache().stat(paths[next++ % paths.size()], long_time());
    if (!found) return state.SkipWithError("a file is missing");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_StatOfListedName)->Arg(1000)->Arg(100'000);

void BM_StatOfAbsentName(benchmark::State& state) {
  ListedFolder folder(state.range(0));
  const auto absent = path("/folder/no-such-file");
  for (auto _ : state) {
    if (folder.cache().stat(absent, long_time())) return state.SkipWithError("a file too many");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_StatOfAbsentName)->Arg(1000);

void BM_CachedListing(benchmark::State& state) {
  ListedFolder folder(state.range(0));
  const auto listed = path("/folder");
  for (auto _ : state) {
    const auto entries = folder.cache().list(listed, long_time());
    if (!entries) return state.SkipWithError("no listing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_CachedListing)->Arg(1000)->Arg(100'000);

// The read path without a network: what the stream and its window cost for each byte. The argument is the size of a
// read.
void BM_SequentialRead(benchmark::State& state) {
  constexpr std::size_t kFile = 16 << 20;
  MemoryRemoteFs remote;
  remote.put_file("/file", std::string(kFile, 'x'));
  const auto version = model::FileVersion::of(remote.attributes("/file").value());
  std::vector<std::byte> buffer(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    ReadStream stream(remote, path("/file"), version, {});
    for (std::size_t at = 0; at < kFile; at += buffer.size()) {
      const auto count = stream.read_at(at, buffer, long_time());
      if (!count || *count != buffer.size()) return state.SkipWithError("a short read");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kFile));
}
BENCHMARK(BM_SequentialRead)->Arg(4 << 10)->Arg(128 << 10)->Arg(1 << 20);

}  // namespace
}  // namespace ftpsfs::cache
