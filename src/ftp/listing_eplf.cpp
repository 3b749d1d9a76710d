#include <algorithm>

#include "listing_dialects.h"
#include "text.h"

namespace ftpsfs::ftp {

using model::DirEntry;
using model::FileType;

namespace {

constexpr std::size_t kLongestUniqueId = 255;  // bytes

std::optional<base::SystemTime> from_epoch(std::string_view digits) {
  constexpr std::uint64_t kLatest = 9'000'000'000;  // the year 2255, within what base::SystemTime can hold
  const auto seconds = parse_number<std::uint64_t>(digits);
  if (!seconds || *seconds > kLatest) return std::nullopt;
  return base::SystemTime(std::chrono::seconds(*seconds));
}

struct Facts {
  model::Attributes attributes;
  bool may_be_entered = false;
  bool may_be_retrieved = false;
};

void learn_fact(Facts& facts, std::string_view fact) {
  auto& attributes = facts.attributes;
  const auto value = fact.substr(1);
  switch (fact.front()) {
    case '/': facts.may_be_entered = true; break;
    case 'r': facts.may_be_retrieved = true; break;
    case 's': attributes.size = parse_number<std::uint64_t>(value); break;
    case 'm': attributes.modified = from_epoch(value); break;
    case 'i':
      if (value.size() <= kLongestUniqueId) attributes.unique_id = value;
      break;
    case 'u':
      if (value.starts_with('p')) {
        if (const auto mode = parse_number<std::uint32_t>(value.substr(1), 8))
          attributes.mode = *mode & 07777U;
      }
      break;
    default: break;
  }
}

}  // namespace

std::optional<DirEntry> parse_eplf_line(std::string_view line) {
  const auto tab = line.find('\t');
  if (!line.starts_with('+') || tab == std::string_view::npos || tab + 1 == line.size()) return std::nullopt;
  Facts facts;
  for (auto rest = line.substr(1, tab - 1); !rest.empty();) {
    const auto fact = rest.substr(0, rest.find(','));
    if (!fact.empty()) learn_fact(facts, fact);
    rest.remove_prefix(std::min(fact.size() + 1, rest.size()));
  }
  facts.attributes.type = FileType::other;
  if (facts.may_be_retrieved) facts.attributes.type = FileType::file;
  if (facts.may_be_entered) facts.attributes.type = FileType::directory;
  return DirEntry{std::string(line.substr(tab + 1)), std::move(facts.attributes)};
}

}  // namespace ftpsfs::ftp
