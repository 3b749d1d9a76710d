#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "checks.h"
#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/ftp/time_zone.h"
#include "ftpsfs/ftp/timestamp.h"
#include "listing_dialect.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using ftp::Command;
using ftp::ControlConnection;
using ftp::ListingFormat;
using model::DirEntry;
using model::FileType;
using std::chrono::minutes;

constexpr std::size_t kSampleLines = 3;
constexpr std::size_t kSampleWidth = 160;

struct Parsed {
  std::vector<DirEntry> entries;
  std::size_t unreadable = 0;
  bool whole = true;
};

// The part of the listing that was kept, without its last line where that is cut.
Parsed parse(const DataOutcome& outcome, ListingFormat format) {
  std::string_view text = outcome.data;
  const bool whole = text.size() == outcome.bytes;
  if (!whole) text = text.substr(0, text.rfind('\n') + 1);
  ftp::ListingParser parser(format, std::chrono::system_clock::now());
  if (!parser.feed(text)) return {};
  auto entries = parser.finish();
  return {entries ? std::move(*entries) : std::vector<DirEntry>(), parser.skipped_lines(), whole};
}

std::string count_of(const Parsed& parsed) {
  return fmt::format("{}{} {}", parsed.whole ? "" : "more than ", parsed.entries.size(),
                     parsed.entries.size() == 1 ? "entry" : "entries");
}

bool mentions_truncation(const DataOutcome& outcome) {
  return outcome.reply && outcome.reply->text().find("truncated") != std::string::npos;
}

void warn_of_truncation(const DataOutcome& outcome, Notes& notes) {
  if (!mentions_truncation(outcome)) return;
  notes.add("truncated", "truncated", Mark::warning,
            fmt::format("the server lists only a part of a large folder: {}", quoted(*outcome.reply)), true);
}

// Before each listing, since a connection that replaced a lost one stands in the login directory again.
Result<ControlConnection*> enter(Lab& lab) {
  auto control = lab.control();
  if (!control) return control;
  auto reply = (*control)->exchange(Command::cwd(lab.facts.folder), lab.step());
  if (!reply) return fail(std::move(reply));
  if (!reply->completed()) return fail(Errc::not_found, "the server refuses CWD", reply->text());
  return control;
}

bool find_folder(Lab& lab, Notes& notes) {
  if (lab.settings().folder) {
    lab.facts.folder = *lab.settings().folder;
  } else {
    const auto reply = lab.ask(Command::pwd());
    const auto text = reply ? ftp::parse_quoted_path(*reply) : std::nullopt;
    const auto path = text ? model::RemotePath::parse(*text) : Result<model::RemotePath>(model::RemotePath());
    if (path) lab.facts.folder = *path;
  }
  const auto entered = enter(lab);
  const auto name = shown(lab.facts.folder.str());
  if (entered) {
    notes.add("folder", "folder", Mark::ok, name, name);
    return true;
  }
  notes.add("folder", "folder", Mark::failure, fmt::format("{}: {}", name, because(entered.error())), name);
  lab.obstruct(fmt::format("the folder {} cannot be entered: {}", name, because(entered.error())));
  return false;
}

std::optional<Parsed> check_mlsd(Lab& lab, Notes& notes) {
  auto control = lab.control();
  if (!control) {
    notes.add("mlsd", "MLSD", Mark::unknown, because(control.error()));
    return std::nullopt;
  }
  const auto outcome = try_data(lab, **control, Command::mlsd(lab.facts.folder), {});
  if (!outcome.complete()) {
    const bool refused = outcome.reply && outcome.reply->refused();
    notes.add("mlsd", "MLSD", refused ? Mark::note : Mark::warning,
              fmt::format("not available, LIST serves instead: {}", reason_of(outcome)), false);
    if (!refused) {
      lab.suggest({"quirks", "no_mlsd", "MLSD breaks the connection.", true});
    }
    return std::nullopt;
  }
  auto parsed = parse(outcome, ListingFormat::mlsd);
  const auto sample = sample_lines(outcome.data, 1);
  const bool readable = parsed.unreadable == 0;
  std::string text = count_of(parsed);
  if (!sample.empty()) text += fmt::format("; facts: {}", shown(fact_names(sample.front())));
  if (!readable) text += fmt::format("; {} unreadable lines", parsed.unreadable);
  notes.add("mlsd", "MLSD", readable ? Mark::ok : Mark::warning, text, true);
  warn_of_truncation(outcome, notes);
  return parsed;
}

std::optional<DataOutcome> list(Lab& lab, Notes& notes, const Command& command, std::string id,
                                std::string title) {
  auto control = enter(lab);
  if (!control) {
    notes.add(std::move(id), std::move(title), Mark::unknown, because(control.error()));
    return std::nullopt;
  }
  return try_data(lab, **control, command, {});
}

std::string sample_text(const std::string& data) {
  std::string text;
  for (const std::string& line : sample_lines(data, kSampleLines)) text += "\n" + shown(line, kSampleWidth);
  return text;
}

Parsed check_list(Lab& lab, Notes& notes, std::uint64_t& bytes) {
  const auto outcome = list(lab, notes, Command::list(), "list", "LIST");
  if (!outcome) return {};
  bytes = outcome->bytes;
  if (!outcome->complete()) {
    notes.add("list", "LIST", Mark::failure, reason_of(*outcome), std::string());
    return {};
  }
  auto parsed = parse(*outcome, ListingFormat::list);
  const auto dialect = listing_dialect(outcome->data);
  std::string text = fmt::format("{}, {}", dialect, count_of(parsed));
  if (parsed.unreadable > 0) text += fmt::format(", {} lines that ftpsfs cannot read", parsed.unreadable);
  notes.add("list", "LIST", parsed.unreadable > 0 ? Mark::warning : Mark::ok,
            text + sample_text(outcome->data), dialect);
  warn_of_truncation(*outcome, notes);
  return parsed;
}

void check_list_all(Lab& lab, Notes& notes, std::uint64_t plain_bytes) {
  const auto outcome = list(lab, notes, Command::list_all(), "list_all", "LIST -a");
  if (!outcome) return;
  if (!outcome->complete()) {
    notes.add("list_all", "LIST -a", Mark::note, fmt::format("taken for a name: {}", reason_of(*outcome)),
              false);
  } else if (outcome->bytes == 0 && plain_bytes > 0) {
    notes.add("list_all", "LIST -a", Mark::note, "shows nothing: taken for a name", false);
  } else if (outcome->bytes > plain_bytes) {
    notes.add("list_all", "LIST -a", Mark::ok, "shows more than LIST: hidden files become visible", true);
  } else {
    notes.add("list_all", "LIST -a", Mark::ok, "shows the same as LIST", true);
  }
}

std::string zone_name(minutes offset) {
  if (offset.count() == 0) return "UTC";
  const auto absolute = std::chrono::abs(offset).count();
  return fmt::format("UTC{}{}:{:02}", offset.count() < 0 ? '-' : '+', absolute / 60, absolute % 60);
}

bool has_minutes(const DirEntry& entry) {
  const auto& attributes = entry.attributes;
  return attributes.type == FileType::file && attributes.modified &&
         attributes.precision == model::TimePrecision::minute;
}

void compare_entries(Lab& lab, Notes& notes, const std::optional<Parsed>& mlsd, const Parsed& plain) {
  if (mlsd && mlsd->entries.empty() && !plain.entries.empty()) {
    notes.add("mlsd_empty", "MLSD", Mark::warning, "shows nothing where LIST shows files", false);
    lab.suggest({"quirks", "no_mlsd", "MLSD shows nothing where LIST shows files.", true});
  }
}

}  // namespace

void check_zone(Lab& lab, const model::RemotePath& folder, const std::vector<DirEntry>& entries,
                Notes& notes) {
  const auto found = std::ranges::find_if(entries, has_minutes);
  if (found == entries.end()) return;
  const auto path = folder.child(found->name);
  if (!path) return;
  const auto reply = lab.ask(Command::mdtm(*path));
  const auto exact = reply && reply->completed() ? ftp::parse_timestamp(reply->lines.front()) : std::nullopt;
  lab.facts.zone_known = true;
  if (!exact) {
    notes.add("zone", "zone of LIST", Mark::note,
              fmt::format("cannot be found out, since MDTM does not answer: {}",
                          reply ? quoted(*reply) : because(reply.error())));
    return;
  }
  if (const auto offset = ftp::zone_offset_between(*found->attributes.modified, *exact)) {
    notes.add("zone", "zone of LIST", offset->count() == 0 ? Mark::ok : Mark::note, zone_name(*offset),
              std::int64_t{offset->count()});
    return;
  }
  const auto difference = std::chrono::round<minutes>(*found->attributes.modified - *exact);
  notes.add("zone", "zone of LIST", Mark::warning,
            fmt::format("LIST and MDTM differ by {} minutes, which is no time zone", difference.count()),
            std::int64_t{difference.count()});
}

void check_listing(Lab& lab) {
  Notes notes(lab.report(), "listing", "Listings");
  if (!find_folder(lab, notes)) return;
  const auto mlsd = check_mlsd(lab, notes);
  std::uint64_t bytes = 0;
  const auto plain = check_list(lab, notes, bytes);
  check_list_all(lab, notes, bytes);
  compare_entries(lab, notes, mlsd, plain);
  check_zone(lab, lab.facts.folder, plain.entries, notes);
  if (!lab.facts.zone_known && !lab.settings().write) {
    notes.add("zone", "zone of LIST", Mark::unknown,
              "no file here is young enough to tell; --write makes one");
  }
  lab.facts.entries = mlsd && !mlsd->entries.empty() ? mlsd->entries : plain.entries;
}

}  // namespace ftpsfs::probe
