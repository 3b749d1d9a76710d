#include "ftpsfs/ftp/directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/refusal.h"
#include "ftpsfs/ftp/timestamp.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::DirEntry;
using model::FileType;
using model::RemotePath;

namespace {

using Entries = std::vector<DirEntry>;

constexpr std::size_t kReadSize = 64 << 10;

struct Listing {
  Entries entries;
  std::uint64_t bytes = 0;
};

bool mentions(const Reply& reply, std::string_view words) {
  return reply.text().find(words) != std::string::npos;
}

Status check_final_reply(const Reply& reply) {
  // vsftpd: "226 Transfer done (but failed to open directory)."
  if (mentions(reply, "failed to open directory")) {
    return fail(Errc::permission_denied, "the server may not read this directory", reply.text());
  }
  if (mentions(reply, "truncated")) {
    base::log("ftp").warn("the server cut a listing short (\"{}\"): not all files are visible",
                          base::printable(reply.text()));
  }
  return {};
}

Result<Listing> fetch(Session& session, Command command, ListingFormat format, const OpContext& ctx) {
  auto transfer = session.transfer(std::move(command), ctx);
  if (!transfer) return fail(std::move(transfer));
  ListingParser parser(format, std::chrono::system_clock::now());
  Listing listing;
  std::vector<std::byte> buffer(kReadSize);
  for (;;) {
    auto count = (*transfer)->read(buffer, ctx.with_time_limit(session.settings().data_timeout));
    if (!count) return fail(std::move(count));
    if (*count == 0) break;
    listing.bytes += *count;
    auto ok =
        parser.feed({reinterpret_cast<const char*>(buffer.data()), *count});  // NOLINT: bytes are characters
    if (!ok) return fail(std::move(ok));
  }
  auto reply = (*transfer)->finish_download(ctx.with_time_limit(session.settings().data_timeout));
  if (!reply) return fail(std::move(reply));
  if (auto ok = check_final_reply(*reply); !ok) return fail(std::move(ok));
  auto entries = parser.finish();
  if (!entries) return fail(std::move(entries));
  if (parser.skipped_lines() > 0) {
    base::log("ftp").debug("{} lines of a listing were no entries or have impossible names",
                           parser.skipped_lines());
  }
  listing.entries = std::move(*entries);
  return listing;
}

// LIST without -a hides dot files on vsftpd and ProFTPD; others take "-a" for a name and fail, or show nothing.
Result<Listing> fetch_unix_listing(Session& session, const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  if (server.list_all != ListAll::never) {
    auto all = fetch(session, Command::list_all(), ListingFormat::list, ctx);
    if (server.list_all == ListAll::always || (all && all->bytes > 0)) return all;
    if (!all && !session.reusable()) return all;
    if (!all) server.learn_list_all(ListAll::never);
  }
  auto plain = fetch(session, Command::list(), ListingFormat::list, ctx);
  if (plain && plain->bytes > 0) server.learn_list_all(ListAll::never);
  return plain;
}

bool has_inexact_time(const DirEntry& entry) {
  return entry.attributes.type == FileType::file &&
         entry.attributes.precision != model::TimePrecision::second;
}

// Listings may be in the server's local time. One exact time shows by how much: a multiple of 15 minutes.
std::chrono::minutes zone_offset(base::SystemTime listed, base::SystemTime exact) {
  using std::chrono::minutes;
  const auto difference = std::chrono::floor<minutes>(listed) - std::chrono::floor<minutes>(exact);
  const bool plausible =
      std::chrono::abs(difference) <= std::chrono::hours(14) && difference.count() % 15 == 0;
  return plausible ? difference : minutes(0);
}

void shift_inexact_times(Entries& entries, std::chrono::minutes offset) {
  for (DirEntry& entry : entries) {
    auto& attributes = entry.attributes;
    if (attributes.precision == model::TimePrecision::minute && attributes.modified)
      *attributes.modified -= offset;
  }
}

Status make_times_exact(Session& session, const RemotePath& directory, Entries& entries,
                        const OpContext& ctx) {
  std::vector<Command> questions;
  std::vector<DirEntry*> asked;
  for (DirEntry& entry : entries) {
    if (!has_inexact_time(entry)) continue;
    auto path = directory.child(entry.name);
    if (!path) continue;
    questions.push_back(Command::mdtm(*path));
    asked.push_back(&entry);
  }
  if (questions.empty()) return {};
  auto answers = session.ask(questions, ctx);
  if (!answers) return fail(std::move(answers));

  std::optional<std::chrono::minutes> offset;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const Reply& answer = (*answers)[i];
    const auto exact = answer.completed() ? parse_timestamp(answer.lines.front()) : std::nullopt;
    if (!exact) continue;
    auto& attributes = asked[i]->attributes;
    if (!offset && attributes.precision == model::TimePrecision::minute && attributes.modified) {
      offset = zone_offset(*attributes.modified, *exact);
    }
    attributes.modified = exact;
    attributes.precision = model::TimePrecision::second;
  }
  shift_inexact_times(entries, offset.value_or(std::chrono::minutes(0)));
  return {};
}

Result<Entries> list_unix(Session& session, const RemotePath& directory, const OpContext& ctx) {
  // LIST gets no argument: servers take blanks, brackets and dashes in one for anything but a name.
  auto entered = session.perform(Command::cwd(directory), ctx);
  if (!entered) return fail(std::move(entered));
  auto listing = fetch_unix_listing(session, ctx);
  if (!listing) return fail(std::move(listing));
  return std::move(listing->entries);
}

Result<Entries> list_any(Session& session, const RemotePath& directory, const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  if (!server.lacks_mlsd) {
    auto listing = fetch(session, Command::mlsd(directory), ListingFormat::mlsd, ctx);
    if (listing) return std::move(listing->entries);
    if (listing.error().code != Errc::not_supported) return fail(std::move(listing));
    server.lacks_mlsd = true;
  }
  auto entries = list_unix(session, directory, ctx);
  if (!entries) return entries;
  if (auto ok = make_times_exact(session, directory, *entries, ctx); !ok) return fail(std::move(ok));
  return entries;
}

}  // namespace

Result<Entries> read_directory(Session& session, const RemotePath& directory, const OpContext& ctx) {
  auto entries = list_any(session, directory, ctx);
  if (entries) return entries;
  return std::unexpected(
      explain_refusal(session, Command::Kind::list, directory, std::move(entries).error(), ctx));
}

Result<std::string> read_link_target(Session& session, const RemotePath& link, const OpContext& ctx) {
  auto entries = list_unix(session, link.parent(), ctx);
  if (!entries) return fail(std::move(entries));
  const auto found = std::ranges::find(*entries, link.name(), &DirEntry::name);
  if (found == entries->end()) return fail(Errc::not_found, "the link is not in its directory's listing");
  if (!found->attributes.link_target) {
    return fail(Errc::not_supported, "the server does not tell where its symlinks point");
  }
  return *found->attributes.link_target;
}

}  // namespace ftpsfs::ftp
