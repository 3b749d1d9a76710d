#include "ftpsfs/ftp/directory.h"

#include <algorithm>
#include <utility>

#include "exact_entries.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/refusal.h"
#include "listing_by_stat.h"
#include "listing_fetch.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using model::DirEntry;
using model::Listing;
using model::RemotePath;

namespace {

enum class Times { vague, exact_as_far_as_they_come_along };

Result<Listing> list_by_list(Session& session, const RemotePath& directory, Times times,
                             const OpContext& ctx) {
  auto by_stat = list_by_stat(session, directory, {.times = times != Times::vague}, ctx);
  if (!by_stat) return fail(std::move(by_stat));
  if (*by_stat) return std::move((*by_stat)->entries);
  // LIST gets no argument: servers take blanks, brackets and dashes in one for anything but a name.
  auto fetched = enter_and_list(session, directory, ctx);
  if (!fetched) return fail(std::move(fetched));
  return std::move(fetched->entries);
}

Result<Listing> list_exactly_by_list(Session& session, const RemotePath& directory, const OpContext& ctx) {
  auto entries = list_by_list(session, directory, Times::exact_as_far_as_they_come_along, ctx);
  if (!entries) return entries;
  if (auto ok = make_exact(session, directory, *entries, ctx); !ok) return fail(std::move(ok));
  return entries;
}

// Some Serv-U versions answer MLSD with nothing, or with something unreadable. Nothing is also what an empty directory
// looks like, so that is checked until the server's MLSD has shown something for once.
bool is_suspicious(const FetchedListing& fetched, ServerKnowledge& server) {
  if (fetched.understood) server.mlsd_works = true;
  return !server.mlsd_works;
}

Result<Listing> compare_with_list(Session& session, const RemotePath& directory, Listing by_mlsd,
                                  const OpContext& ctx) {
  auto by_list = list_exactly_by_list(session, directory, ctx);
  if (!by_list && !session.reusable()) return by_list;
  if (!by_list || by_list->empty()) return by_mlsd;
  base::log("ftp").warn("the server's MLSD shows nothing where LIST does: using LIST from now on");
  session.server().lacks_mlsd = true;
  return by_list;
}

// Nothing when the server has no MLSD.
Result<std::optional<Listing>> list_by_mlsd(Session& session, const RemotePath& directory,
                                            const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  if (server.lacks_mlsd) return std::nullopt;
  auto fetched = fetch_listing(session, Command::mlsd(directory), ListingFormat::mlsd, directory, ctx);
  if (!fetched) {
    if (fetched.error().code != Errc::not_supported) return fail(std::move(fetched));
    server.lacks_mlsd = true;
    return std::nullopt;
  }
  if (!is_suspicious(*fetched, server)) return std::move(fetched->entries);
  return compare_with_list(session, directory, std::move(fetched->entries), ctx);
}

// By STAT, the time of a single file comes with the listing. Nothing where that cannot be had.
Result<std::optional<Listing>> list_for_one(Session& session, const RemotePath& path, const OpContext& ctx) {
  Inquiry time;
  time.questions.push_back(Command::mdtm(path));
  auto listed = list_by_stat(session, path.parent(), {.inquiry = &time}, ctx);
  if (!listed) return fail(std::move(listed));
  if (!*listed) return std::nullopt;
  Listing& entries = (*listed)->entries;
  make_exact(session, path, entries, time.answers.front());
  return std::move(entries);
}

// Other times of a listing can only be understood once the zone is known.
bool knows_times(Session& session) {
  const ServerKnowledge& server = session.server();
  return !server.lacks_mdtm && (session.settings().time_zone || server.zone_offset());
}

}  // namespace

Result<Listing> read_directory_of(Session& session, const RemotePath& path, const OpContext& ctx) {
  if (session.server().lacks_mlsd && knows_times(session)) {
    auto entries = list_for_one(session, path, ctx);
    if (!entries) return fail(std::move(entries));
    if (*entries) return std::move(**entries);
  }
  return read_directory_plainly(session, path.parent(), ctx);
}

Result<Listing> read_directory_plainly(Session& session, const RemotePath& directory, const OpContext& ctx) {
  auto entries = list_by_mlsd(session, directory, ctx);
  if (!entries) return fail(std::move(entries));
  if (*entries) return std::move(**entries);
  return list_exactly_by_list(session, directory, ctx);
}

Result<Listing> read_directory(Session& session, const RemotePath& directory, const OpContext& ctx) {
  auto entries = read_directory_plainly(session, directory, ctx);
  if (entries) return entries;
  return std::unexpected(
      explain_refusal(session, Command::Kind::list, directory, std::move(entries).error(), ctx));
}

Result<std::string> read_link_target(Session& session, const RemotePath& link, const OpContext& ctx) {
  auto entries = list_by_list(session, link.parent(), Times::vague, ctx);
  if (!entries) return fail(std::move(entries));
  const auto found = std::ranges::find(*entries, link.name(), &DirEntry::name);
  if (found == entries->end()) return fail(Errc::not_found, "the link is not in its directory's listing");
  if (!found->attributes.link_target) {
    return fail(Errc::not_supported, "the server does not tell where its symlinks point");
  }
  return *found->attributes.link_target;
}

}  // namespace ftpsfs::ftp
