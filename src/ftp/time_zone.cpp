#include "ftpsfs/ftp/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::Result;
using std::chrono::seconds;

namespace {

constexpr seconds kFarthest = std::chrono::hours(24);  // no zone was ever as far from UTC

std::unexpected<base::Error> damaged() {
  return fail(Errc::invalid_argument, "the time zone's file is damaged");
}

// Big-endian numbers out of a bounded text.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool has(std::size_t count) const { return rest_.size() >= count; }
  std::string_view take(std::size_t count) {
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::int64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8U | static_cast<unsigned char>(c);
    if (bytes == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
  }

 private:
  std::string_view rest_;
};

struct Header {
  std::size_t ut_indicators = 0;
  std::size_t standard_indicators = 0;
  std::size_t leap_seconds = 0;
  std::size_t transitions = 0;
  std::size_t types = 0;
  std::size_t name_bytes = 0;

  std::size_t body(std::size_t time_size) const {
    return transitions * (time_size + 1) + types * 6 + name_bytes + leap_seconds * (time_size + 4) +
           standard_indicators + ut_indicators;
  }
};

std::optional<Header> read_header(Reader& reader, char& version) {
  constexpr std::size_t kSize = 44;
  constexpr std::int64_t kMost = 100'000;  // of anything; real files have hundreds
  if (!reader.has(kSize) || reader.take(4) != "TZif") return std::nullopt;
  version = reader.take(1).front();
  reader.take(15);
  Header header;
  for (auto* const field : {&header.ut_indicators, &header.standard_indicators, &header.leap_seconds,
                            &header.transitions, &header.types, &header.name_bytes}) {
    const auto count = reader.number(4);
    if (count < 0 || count > kMost) return std::nullopt;
    *field = static_cast<std::size_t>(count);
  }
  return header;
}

Result<std::string> read_zone_file(const std::string& path) {
  constexpr std::size_t kLargest = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kLargest + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (bytes.empty() || bytes.size() > kLargest) {
    return fail(Errc::invalid_argument,
                fmt::format("no such time zone ({} cannot be read); use a name such as Europe/Berlin, "
                            "an offset such as +02:00, UTC or local",
                            base::printable(path)));
  }
  return bytes;
}

bool is_zone_name(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
  return !text.empty() && text.size() <= 64 && text.front() != '/' &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

}  // namespace

std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text) {
  if (text.size() < 2 || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const bool west = text.front() == '-';
  text.remove_prefix(1);
  auto hours_text = text;
  std::string_view minutes_text = "0";
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    hours_text = text.substr(0, colon);
    minutes_text = text.substr(colon + 1);
  } else if (text.size() == 4) {
    hours_text = text.substr(0, 2);
    minutes_text = text.substr(2);
  }
  if (hours_text.size() > 2 || minutes_text.size() > 2) return std::nullopt;
  const auto hours = parse_number<unsigned>(hours_text);
  const auto minutes = parse_number<unsigned>(minutes_text);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return west ? -offset : offset;
}

Result<TimeZone> TimeZone::parse(std::string_view text) {
  TimeZone zone;
  if (equal_nocase(text, "UTC") || equal_nocase(text, "GMT") || equal_nocase(text, "Z")) return zone;
  if (const auto offset = parse_utc_offset(text)) {
    zone.first_offset_ = *offset;
    return zone;
  }
  const bool local = equal_nocase(text, "local");
  if (!local && !is_zone_name(text)) {
    return fail(Errc::invalid_argument,
                "it takes a name such as Europe/Berlin, an offset such as +02:00, UTC or local");
  }
  auto bytes = read_zone_file(local ? "/etc/localtime" : "/usr/share/zoneinfo/" + std::string(text));
  if (!bytes) return fail(std::move(bytes));
  return from_tzif(*bytes);
}

Result<TimeZone> TimeZone::from_tzif(std::string_view bytes) {
  Reader reader(bytes);
  char version = 0;
  auto header = read_header(reader, version);
  if (!header) return damaged();
  std::size_t time_size = 4;
  if (version >= '2') {  // the same again, with 64-bit times
    if (!reader.has(header->body(time_size))) return damaged();
    reader.take(header->body(time_size));
    time_size = 8;
    header = read_header(reader, version);
  }
  if (!header || header->types == 0 || !reader.has(header->body(time_size))) return damaged();

  TimeZone zone;
  zone.transitions_.resize(header->transitions);
  for (auto& transition : zone.transitions_) transition.when = reader.number(time_size);
  const auto type_of = reader.take(header->transitions);
  std::vector<seconds> offsets(header->types);
  for (auto& offset : offsets) {
    offset = seconds(reader.number(4));
    reader.take(2);
    if (std::chrono::abs(offset) > kFarthest) return damaged();
  }
  zone.first_offset_ = offsets.front();
  for (std::size_t i = 0; i < zone.transitions_.size(); ++i) {
    const auto type = static_cast<unsigned char>(type_of[i]);
    if (type >= offsets.size()) return damaged();
    zone.transitions_[i].offset = offsets[type];
  }
  if (!std::ranges::is_sorted(zone.transitions_, {}, &Transition::when)) return damaged();
  return zone;
}

seconds TimeZone::offset_at(base::SystemTime utc) const {
  const auto when = std::chrono::floor<seconds>(utc).time_since_epoch().count();
  const auto next = std::ranges::upper_bound(transitions_, when, {}, &Transition::when);
  return next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
}

base::SystemTime TimeZone::to_utc(base::SystemTime wall) const {
  // The first guess is wrong only within a day of a transition.
  const auto guess = offset_at(wall);
  return wall - offset_at(wall - guess);
}

std::optional<std::chrono::minutes> zone_offset_between(base::SystemTime listed, base::SystemTime exact) {
  using std::chrono::minutes;
  const auto difference = std::chrono::floor<minutes>(listed) - std::chrono::floor<minutes>(exact);
  const bool plausible =
      std::chrono::abs(difference) <= std::chrono::hours(14) && difference.count() % 15 == 0;
  return plausible ? std::optional(difference) : std::nullopt;
}

}  // namespace ftpsfs::ftp
