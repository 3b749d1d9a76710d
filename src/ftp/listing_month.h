#pragma once

#include <optional>
#include <string_view>

namespace ftpsfs::ftp {

// The month, 1 to 12, that a word names: English, or one of the languages that `ls` was seen to print on servers with
// another locale (German, French, Spanish, Italian, Dutch, Portuguese, Danish, Norwegian, Swedish, Polish, Czech and
// Russian, in UTF-8 and where it differs in Latin-1). A full stop at the end does not count.
std::optional<unsigned> parse_month_name(std::string_view word);

// "4月", "4월": a number with the month sign of Chinese, Japanese or Korean, in whatever charset. The same form is used
// for days and years.
std::optional<unsigned> parse_number_with_sign(std::string_view word);

}  // namespace ftpsfs::ftp
