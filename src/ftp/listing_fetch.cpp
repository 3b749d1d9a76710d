#include "listing_fetch.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using model::RemotePath;

namespace {

constexpr std::size_t kReadSize = 64 << 10;

bool mentions(std::string_view text, std::string_view words) {
  return to_lower(text).find(words) != std::string::npos;
}

void report_unreadable_line(ServerKnowledge& server, const ListingParser& parser) {
  if (parser.skipped_lines() == 0) return;
  auto log = base::log("ftp");
  const auto& line = parser.first_unreadable_line();
  if (!line.empty() && server.first_unreadable_line()) {
    log.warn("a line of a listing is in no known format and is left out (further ones without a word): {}",
             line);
  }
  log.debug("{} lines of a listing were no entries or have impossible names", parser.skipped_lines());
}

Result<FetchedListing> settle(ListingParser& parser, const Reply& reply, const RemotePath& directory,
                              ServerKnowledge& server) {
  const auto text = reply.text();
  // vsftpd: "226 Transfer done (but failed to open directory)."
  if (mentions(text, "failed to open directory")) {
    return fail(Errc::permission_denied, "the server may not read this directory", text);
  }
  auto fetched = finish_listing(parser, server);
  if (!fetched) return fetched;
  auto& listing = fetched->entries;
  listing.complete = !mentions(text, "truncated");  // Pure-FTPd: "226-Output truncated to 10000 matches"
  if (!listing.complete && server.first_truncated_listing(directory)) {
    base::log("ftp").warn("the server cut the listing of {} short (\"{}\"): not all files are visible there",
                          base::printable(directory.str()), base::printable(text));
  }
  return fetched;
}

bool says_empty(const base::Error& error) {
  constexpr std::array<std::string_view, 4> kWords{"no files", "no members found", "no data sets found",
                                                   "directory is empty"};
  return std::ranges::any_of(kWords, [&](auto words) { return mentions(error.server_reply, words); });
}

Result<FetchedListing> receive(Session& session, Result<std::unique_ptr<Transfer>> transfer,
                               ListingFormat format, const RemotePath& directory, const OpContext& ctx) {
  if (!transfer) return fail(std::move(transfer));
  ListingParser parser(format, std::chrono::system_clock::now());
  std::vector<std::byte> buffer(kReadSize);
  for (;;) {
    auto count = (*transfer)->read(buffer, ctx.with_time_limit(session.settings().data_timeout));
    if (!count) return fail(std::move(count));
    if (*count == 0) break;
    auto ok = parser.feed({reinterpret_cast<const char*>(buffer.data()), *count});
    if (!ok) return fail(std::move(ok));
  }
  auto reply = (*transfer)->finish_download(ctx.with_time_limit(session.settings().data_timeout));
  if (!reply) return fail(std::move(reply));
  return settle(parser, *reply, directory, session.server());
}

Result<FetchedListing> receive_list(Session& session, Result<std::unique_ptr<Transfer>> transfer,
                                    const RemotePath& directory, const OpContext& ctx) {
  auto listing = receive(session, std::move(transfer), ListingFormat::list, directory, ctx);
  if (!listing && session.reusable() && says_empty(listing.error())) return FetchedListing{};
  return listing;
}

bool is_refused(const Inquiry& entering) {
  return !entering.answers.empty() && entering.answers.front().refused();
}

// Where the directory cannot be entered, this is about another one.
Result<FetchedListing> list_behind(Inquiry& entering, Session& session, Command list,
                                   const RemotePath& directory, const OpContext& ctx) {
  const bool entered = !entering.answers.empty();
  auto transfer = session.transfer(std::move(list), ctx, std::nullopt, entered ? nullptr : &entering);
  if (is_refused(entering))
    return std::unexpected(classify(entering.questions.front(), entering.answers.front()).error);
  return receive_list(session, std::move(transfer), directory, ctx);
}

}  // namespace

Result<FetchedListing> finish_listing(ListingParser& parser, ServerKnowledge& server) {
  auto entries = parser.finish();
  if (!entries) return fail(std::move(entries));
  report_unreadable_line(server, parser);
  return FetchedListing{.entries = model::Listing(std::move(*entries)),
                        .understood = parser.understood_lines() > 0};
}

Result<FetchedListing> fetch_listing(Session& session, Command command, ListingFormat format,
                                     const RemotePath& directory, const OpContext& ctx) {
  return receive(session, session.transfer(std::move(command), ctx), format, directory, ctx);
}

// LIST without -a hides dot files on vsftpd and ProFTPD; others take "-a" for a name and fail, or show nothing but
// perhaps a line that there is no such file. A refusal alone proves nothing: it may be about this directory.
Result<FetchedListing> enter_and_list(Session& session, const RemotePath& directory, const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  Inquiry entering;
  entering.questions.push_back(Command::cwd(directory));
  if (server.list_all != ListAll::never) {
    auto all = list_behind(entering, session, Command::list_all(), directory, ctx);
    if (all && all->understood) server.learn_list_all(ListAll::always);
    if (server.list_all == ListAll::always || is_refused(entering)) return all;
    if (!all && !session.reusable()) return all;
  }
  auto plain = list_behind(entering, session, Command::list(), directory, ctx);
  if (plain && plain->understood) server.learn_list_all(ListAll::never);
  return plain;
}

}  // namespace ftpsfs::ftp
