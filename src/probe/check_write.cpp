#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "checks.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/timestamp.h"
#include "scratch.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;
using base::Result;
using base::Status;
using ftp::Command;
using ftp::Reply;
using model::RemotePath;

constexpr std::size_t kLargeSize = 1 << 20;
// 2001-02-03 04:05:06 UTC: no file has it by accident.
constexpr base::SystemTime kOddTime{std::chrono::sys_days(std::chrono::year(2001) / 2 / 3) +
                                    std::chrono::seconds(4 * 3600 + 5 * 60 + 6)};

std::optional<std::uint64_t> size_now(Lab& lab, const RemotePath& path) {
  const auto reply = lab.ask(Command::size(path));
  return reply ? ftp::parse_size(*reply) : std::nullopt;
}

Result<Reply> rename(Lab& lab, const RemotePath& from, const RemotePath& to) {
  auto reply = lab.ask(Command::rnfr(from));
  if (!reply || !reply->intermediate()) return reply;
  return lab.ask(Command::rnto(to));
}

// The checks in a scratch folder, on one file that has another name once it could be renamed.
class Writing {
 public:
  Writing(Lab& lab, Scratch& scratch)
      : lab_(lab), scratch_(scratch), notes_(lab.report(), "write", "Writing") {}

  void check_all() {
    if (!check_store()) return;
    check_append();
    if (check_rename()) check_rename_over();
    check_times();
    check_mode();
    check_link();
    check_names();
    check_hidden();
    check_large();
  }

 private:
  bool check_store() {
    const Stopwatch watch;
    const auto stored = scratch_.store(lab_, scratch_.file("a"), "0123456789");
    if (!stored) {
      notes_.add("stor", "STOR", Mark::failure, because(stored.error()), false);
      return false;
    }
    notes_.add("stor", "STOR", Mark::ok, "a file of 10 bytes is stored", true).took = watch.read();
    const auto size = size_now(lab_, scratch_.file("a"));
    if (size == 10U) {
      notes_.add("size", "SIZE", Mark::ok, "tells the size that was sent", true);
    } else {
      notes_.add("size", "SIZE", size ? Mark::failure : Mark::warning,
                 size ? fmt::format("tells {} bytes where 10 were sent", *size)
                      : std::string("does not answer: ftpsfs confirms uploads by MLST, or by the listing"),
                 false);
    }
    return true;
  }

  void check_append() {
    const auto appended = scratch_.store(lab_, scratch_.file("a"), "abcd", true);
    if (!appended) {
      notes_.add("appe", "APPE", Mark::note,
                 fmt::format("no, so a broken upload begins again: {}", because(appended.error())), false);
      return;
    }
    const auto size = size_now(lab_, scratch_.file("a"));
    const bool added = size.value_or(14) == 14;
    notes_.add("appe", "APPE", added ? Mark::ok : Mark::warning,
               added ? std::string("adds to the end of a file, so that a broken upload goes on")
                     : fmt::format("the file has {} bytes where it should have 14", *size),
               added);
  }

  bool check_rename() {
    const auto reply = rename(lab_, scratch_.file("a"), scratch_.file("b"));
    const bool ok = reply && reply->completed();
    if (ok) name_ = "b";
    notes_.add("rename", "rename", ok ? Mark::ok : Mark::failure, ok ? "RNFR and RNTO" : outcome_of(reply),
               ok);
    return ok;
  }

  // As a program saves: a new file under a temporary name, then over the old one.
  void check_rename_over() {
    const auto temporary = scratch_.file(".b.ftpsfs-tmp");
    if (const auto stored = scratch_.store(lab_, temporary, "new"); !stored) {
      notes_.add("temporary_name", "temporary name", Mark::warning,
                 fmt::format("a file whose name begins with a dot is refused: {}", because(stored.error())),
                 false);
      return;
    }
    const auto reply = rename(lab_, temporary, scratch_.file("b"));
    const bool accepted = reply && reply->completed();
    const auto size = accepted ? size_now(lab_, scratch_.file("b")) : std::nullopt;
    const bool replaced = accepted && size.value_or(3) == 3;
    notes_.add("rename_over", "rename over", replaced ? Mark::ok : Mark::note,
               replaced ? std::string("replaces the file in one step (temporary name, then rename)")
               : accepted
                   ? fmt::format("accepted, but the file has {} bytes instead of 3", *size)
                   : fmt::format("refused, so the old file has to step aside first: {}", outcome_of(reply)),
               replaced);
    if (!replaced && reply) {
      lab_.suggest({"quirks", "no_rename_over", "RNTO does not replace an existing file.", false});
    }
  }

  // Each another day, for nothing else tells which command has set it.
  void check_times() {
    const auto target = scratch_.file(name_);
    const auto day = [](int number) { return kOddTime + number * std::chrono::hours(24); };
    try_time("mfmt", "MFMT", Command::mfmt(day(0), target), target, day(0));
    try_time("mff", "MFF", Command::mff_modify(day(1), target), target, day(1));
    try_time("mdtm_set", "MDTM with a time", Command::mdtm_set(day(2), target), target, day(2));
    try_time("site_utime", "SITE UTIME", Command::site_utime(day(3), target), target, day(3));
    try_time("site_utime_long", "SITE UTIME, long", Command::site_utime_long(day(4), target), target, day(4));
  }

  void try_time(std::string id, std::string title, const Command& command, const RemotePath& target,
                base::SystemTime wanted) {
    const auto reply = lab_.ask(command);
    if (!reply || !reply->completed()) {
      notes_.add(std::move(id), std::move(title), Mark::note, fmt::format("no: {}", outcome_of(reply)),
                 false);
      return;
    }
    const auto now = lab_.ask(Command::mdtm(target));
    const auto time = now && now->completed() ? ftp::parse_timestamp(now->lines.front()) : std::nullopt;
    if (!time) {
      notes_.add(std::move(id), std::move(title), Mark::unknown,
                 fmt::format("accepted; MDTM does not show what it did: {}", outcome_of(now)));
      return;
    }
    if (*time != wanted) {
      notes_.add(id, std::move(title), Mark::warning, "accepted, but MDTM shows another time", false);
      const std::string quirk = id.starts_with("site_utime") ? "no_site_utime" : "no_" + id;
      lab_.suggest({"quirks", quirk, "The command is accepted, but sets another time.", true});
      return;
    }
    notes_.add(std::move(id), std::move(title), Mark::ok, "sets the modification time", true);
  }

  void check_mode() {
    const auto reply = lab_.ask(Command::site_chmod(0640, scratch_.file(name_)));
    const bool ok = reply && reply->completed();
    notes_.add("site_chmod", "SITE CHMOD", ok ? Mark::ok : Mark::note,
               ok ? std::string("sets permissions") : fmt::format("no: {}", outcome_of(reply)), ok);
  }

  void check_link() {
    const auto reply = lab_.ask(Command::site_symlink(scratch_.file(name_), scratch_.file("link")));
    const bool ok = reply && reply->completed();
    notes_.add("site_symlink", "SITE SYMLINK", ok ? Mark::ok : Mark::note,
               ok ? std::string("makes symbolic links") : fmt::format("no: {}", outcome_of(reply)), ok);
  }

  // Stored under a hard name, a file must be found under just this name in the listing.
  void check_names() {
    struct Hard {
      std::string_view id;
      std::string_view title;
      std::string_view name;
    };
    constexpr std::array kNames{Hard{"name_blank", "name with a blank", "two words"},
                                Hard{"name_utf8", "name in UTF-8", "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5"},
                                Hard{"name_glob", "name with [x]", "glob[x]{y}"},
                                Hard{"name_dash", "name with a dash", "-dash"}};
    std::vector<Status> stored;
    for (const Hard& hard : kNames) stored.push_back(scratch_.store(lab_, scratch_.file(hard.name), "abc"));
    const auto seen = names_in_scratch();
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const Hard& hard = kNames[i];
      const bool listed = std::ranges::find(seen, hard.name) != seen.end();
      const bool ok = stored[i] && listed;
      notes_.add(std::string(hard.id), std::string(hard.title), ok ? Mark::ok : Mark::warning,
                 ok          ? fmt::format("'{}' is stored and listed as it is", hard.name)
                 : stored[i] ? fmt::format("'{}' is stored, but not listed under this name", hard.name)
                             : because(stored[i].error()),
                 ok);
    }
  }

  void check_hidden() {
    if (const auto stored = scratch_.store(lab_, scratch_.file(".hidden"), "abc"); !stored) return;
    const auto seen = names_in_scratch();
    const bool listed = std::ranges::find(seen, ".hidden") != seen.end();
    notes_.add("hidden", "hidden files", listed ? Mark::ok : Mark::note,
               listed ? "are listed" : "are not listed, so a mount does not show them", listed);
  }

  void check_large() {
    std::string bytes(kLargeSize, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 31 + i / 251) % 253);
    const auto path = scratch_.file("large");
    const Stopwatch watch;
    const auto stored = scratch_.store(lab_, path, bytes);
    if (!stored) {
      notes_.add("stor_large", "STOR of 1 MB", Mark::failure, because(stored.error()), false);
      return;
    }
    notes_.add("stor_large", "STOR of 1 MB", Mark::ok, "stored", true).took = watch.read();
    if (lab_.facts.large_file) return;
    Notes downloads(lab_.report(), "transfer", "Downloads");
    check_reading(lab_, path, bytes.size(), downloads);
  }

  // As the mount will see them: MLSD, or LIST -a, or LIST.
  std::vector<std::string> names_in_scratch() {
    auto entries = list(Command::mlsd(scratch_.path()), ftp::ListingFormat::mlsd, false);
    if (entries.empty()) entries = list(Command::list_all(), ftp::ListingFormat::list, true);
    if (entries.empty()) entries = list(Command::list(), ftp::ListingFormat::list, true);
    if (!lab_.facts.zone_known) {
      Notes listing(lab_.report(), "listing", "Listings");
      check_zone(lab_, scratch_.path(), list(Command::list(), ftp::ListingFormat::list, true), listing);
    }
    std::vector<std::string> names;
    for (model::DirEntry& entry : entries) names.push_back(std::move(entry.name));
    return names;
  }

  std::vector<model::DirEntry> list(const Command& command, ftp::ListingFormat format, bool in_folder) {
    auto control = lab_.control();
    if (!control) return {};
    if (in_folder) {
      const auto entered = (*control)->exchange(Command::cwd(scratch_.path()), lab_.step());
      if (!entered || !entered->completed()) return {};
    }
    const auto outcome = try_data(lab_, **control, command, {});
    if (in_folder && (*control)->in_step()) {
      (void)(*control)->exchange(Command::cwd(lab_.facts.folder), lab_.step());  // it is to be removed
    }
    ftp::ListingParser parser(format, std::chrono::system_clock::now());
    if (!outcome.complete() || !parser.feed(outcome.data)) return {};
    auto entries = parser.finish();
    return entries ? std::move(*entries) : std::vector<model::DirEntry>();
  }

  Lab& lab_;
  Scratch& scratch_;
  Notes notes_;
  std::string_view name_ = "a";
};

}  // namespace

void check_write(Lab& lab) {
  auto scratch = Scratch::make(lab, lab.facts.folder);
  Notes notes(lab.report(), "write", "Writing");
  if (!scratch) {
    notes.add("scratch", "scratch folder", Mark::failure, because(scratch.error()), false);
    const bool refused = scratch.error().code == Errc::permission_denied;
    if (refused)
      lab.suggest({"ro", "", "Nothing can be changed here, and programs learn it at once.", false});
    return;
  }
  Writing(lab, *scratch).check_all();
  const auto removed = scratch->remove(lab);
  if (removed) {
    notes.add("scratch", "scratch folder", Mark::ok, "made, and removed", true);
  } else {
    notes.add("scratch", "scratch folder", Mark::warning,
              fmt::format("{} is still there, remove it: {}", shown(scratch->path().str()),
                          because(removed.error())),
              false);
  }
}

}  // namespace ftpsfs::probe
