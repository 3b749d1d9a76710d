#include "list_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "calendar.h"
#include "ftpsfs/ftp/listing.h"
#include "listing_dialects.h"
#include "listing_words.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::DirEntry;

namespace {

// "total 12", and what `ls` prints instead in other locales.
bool is_total(std::string_view line) {
  constexpr std::array<std::string_view, 11> kTotals{"total",  "insgesamt", "totale", "totaal",
                                                     "razem",  "celkem",    "totalt", "итого",
                                                     "总用量", "合計",      "합계"};
  const auto words = split_words(line);
  return words.count == 2 && is_digit(words.text[1].front()) &&
         std::ranges::any_of(kTotals, [&](auto total) { return equal_nocase(words.text[0], total); });
}

ListReader::Read entry_of(DirEntry entry, std::uint32_t version = 0) {
  return {.kind = ListReader::Kind::entry, .entry = std::move(entry), .version = version};
}

// 3 May for 5 March; nothing when the day is no month.
std::optional<base::SystemTime> with_month_and_day_swapped(base::SystemTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  if (static_cast<unsigned>(date.day()) > 12) return std::nullopt;
  const auto swapped = valid_day(static_cast<unsigned>(static_cast<int>(date.year())),
                                 static_cast<unsigned>(date.day()), static_cast<unsigned>(date.month()));
  return swapped ? std::optional(*swapped + (time - midnight)) : std::nullopt;
}

}  // namespace

ListReader::Read ListReader::read(std::string_view line) {
  using ReadDialect = std::optional<Read> (ListReader::*)(std::string_view);
  constexpr std::array<std::pair<Dialect, ReadDialect>, 4> kDialects{{
      {Dialect::unix_long, &ListReader::read_unix},
      {Dialect::dos, &ListReader::read_dos},
      {Dialect::eplf, &ListReader::read_eplf},
      {Dialect::vms, &ListReader::read_vms},
  }};
  for (const auto& [dialect, read_dialect] : kDialects) {
    if (!may_be(dialect)) continue;
    if (auto read = (this->*read_dialect)(line)) {
      if (read->kind == Kind::entry) dialect_ = dialect;
      return std::move(*read);
    }
  }
  return {.kind = Kind::unreadable};
}

std::optional<ListReader::Read> ListReader::read_unix(std::string_view line) {
  if (auto entry = parse_unix_line(line, now_)) return entry_of(std::move(*entry));
  return is_total(line) ? std::optional(Read{}) : std::nullopt;
}

std::optional<ListReader::Read> ListReader::read_dos(std::string_view line) {
  auto parsed = parse_dos_line(line);
  if (!parsed) return std::nullopt;
  month_came_first_ |= parsed->order == DosLine::Order::month_first;
  day_came_first_ |= parsed->order == DosLine::Order::day_first;
  return entry_of(std::move(parsed->entry));
}

std::optional<ListReader::Read> ListReader::read_eplf(std::string_view line) {
  auto entry = parse_eplf_line(line);
  return entry ? std::optional(entry_of(std::move(*entry))) : std::nullopt;
}

std::optional<ListReader::Read> ListReader::read_vms(std::string_view line) {
  auto first_half = take_wrapped();
  auto parsed = parse_vms_line(line);
  if (!parsed && !first_half.empty()) {
    parsed = parse_vms_line(first_half + " " + std::string(line));
    if (parsed) first_half.clear();
  }
  Read read{.unreadable = std::move(first_half)};
  if (parsed) {
    read.kind = Kind::entry;
    read.entry = std::move(parsed->entry);
    read.version = parsed->version;
  } else if (is_wrapped_vms_name(line)) {
    wrapped_ = line;
  } else if (!is_vms_frame(line)) {
    if (read.unreadable.empty()) return std::nullopt;
    read.kind = Kind::unreadable;
  }
  return read;
}

void ListReader::settle_dates(std::vector<DirEntry>& entries) const {
  if (!day_came_first_ || month_came_first_) return;
  for (DirEntry& entry : entries) {
    if (!entry.attributes.modified) continue;
    if (const auto swapped = with_month_and_day_swapped(*entry.attributes.modified)) {
      entry.attributes.modified = swapped;
    }
  }
}

}  // namespace ftpsfs::ftp
