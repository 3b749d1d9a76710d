#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/reply.h"

namespace ftpsfs::ftp {
namespace {

// Data arrives in pieces of about one TLS record.
constexpr std::size_t kPiece = 16 << 10;

std::string unix_listing(std::int64_t entries) {
  std::string text;
  for (std::int64_t i = 0; i < entries; ++i) {
    text += fmt::format("-rw-r--r--    1 2001     2001     {:8} Mar {:2} 12:{:02} file-{:06}\r\n", i * 37,
                        1 + i % 28, i % 60, i);
  }
  return text;
}

std::string mlsd_listing(std::int64_t entries) {
  std::string text;
  for (std::int64_t i = 0; i < entries; ++i) {
    text += fmt::format(
        "type=file;size={};modify=202403{:02}12{:02}00;UNIX.mode=0644;unique=fd00g{:x}; file-{:06}\r\n",
        i * 37, 1 + i % 28, i % 60, i, i);
  }
  return text;
}

void parse_listing(benchmark::State& state, ListingFormat format, const std::string& text) {
  for (auto _ : state) {
    ListingParser parser(format, std::chrono::system_clock::now());
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      if (!parser.feed(std::string_view(text).substr(at, kPiece))) state.SkipWithError("cannot be parsed");
    }
    const auto entries = parser.finish();
    if (!entries || entries->size() != static_cast<std::size_t>(state.range(0)))
      state.SkipWithError("entries are missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void BM_UnixListing(benchmark::State& state) {
  parse_listing(state, ListingFormat::list, unix_listing(state.range(0)));
}
BENCHMARK(BM_UnixListing)->Arg(1000)->Arg(100'000);

void BM_MlsdListing(benchmark::State& state) {
  parse_listing(state, ListingFormat::mlsd, mlsd_listing(state.range(0)));
}
BENCHMARK(BM_MlsdListing)->Arg(1000)->Arg(100'000);

// The answers to a batch of MDTM, as they come after a listing of vsftpd.
void BM_ShortReplies(benchmark::State& state) {
  std::string text;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    text += fmt::format("213 202403{:02}120000\r\n", 1 + i % 28);
  for (auto _ : state) {
    ReplyParser parser;
    parser.feed(text);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      const auto reply = parser.next();
      if (!reply || !*reply) return state.SkipWithError("a reply is missing");
      benchmark::DoNotOptimize((*reply)->code);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ShortReplies)->Arg(100)->Arg(1000);

void BM_LongReply(benchmark::State& state) {
  std::string text = "211-Status\r\n";
  for (std::int64_t i = 0; i < state.range(0); ++i) text += fmt::format(" line {} of a long reply\r\n", i);
  text += "211 End\r\n";
  for (auto _ : state) {
    ReplyParser parser;
    parser.feed(text);
    const auto reply = parser.next();
    if (!reply || !*reply) return state.SkipWithError("the reply is missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_LongReply)->Arg(1000);

}  // namespace
}  // namespace ftpsfs::ftp
