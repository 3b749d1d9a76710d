#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "ftpsfs/ftp/listing.h"
#include "ftpsfs/model/remote_path.h"
#include "fuzz_target.h"

namespace ftpsfs::fuzz {

// Parses a listing in pieces whose size the first byte chooses, and checks what ListingParser promises.
inline int check_listing(ftp::ListingFormat format, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 128;
  auto text = text_of(data + 1, size - 1);
  ftp::ListingParser parser(format, base::SystemTime(std::chrono::seconds(1'718'452'800)), 10'000);
  while (!text.empty()) {
    if (!parser.feed(text.substr(0, piece))) return 0;
    text.remove_prefix(std::min(piece, text.size()));
  }
  const auto entries = parser.finish();
  if (!entries) return 0;
  std::set<std::string> names;
  for (const auto& entry : *entries) {
    require(model::check_name(entry.name).has_value(), "names are usable");
    require(names.insert(entry.name).second, "names are different");
    require(entry.attributes.mode.value_or(0) <= 07777, "modes are permission bits");
    const auto& target = entry.attributes.link_target;
    require(!target || (!target->empty() && target->find('\0') == std::string::npos),
            "link targets are usable");
    require(!target || entry.attributes.type == model::FileType::symlink, "only links have targets");
  }
  const auto& report = parser.first_unreadable_line();
  require(report.size() <= ftp::ListingParser::kLongestReport, "reports are short");
  require(std::ranges::none_of(report, [](char c) { return static_cast<unsigned char>(c) < 0x20; }),
          "reports are printable");
  return 0;
}

}  // namespace ftpsfs::fuzz
