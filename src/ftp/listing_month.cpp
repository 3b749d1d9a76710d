#include "listing_month.h"

#include <algorithm>
#include <array>
#include <span>

#include "text.h"

namespace ftpsfs::ftp {

namespace {

struct MonthNames {
  unsigned month;
  std::string_view names;  // between blanks
};

// No word stands for two months. French "jui" does, and is left out.
constexpr std::array kMonths{
    MonthNames{1, " jan january januar janv janvier ene enero gen gennaio januari sty led янв "},
    MonthNames{2,
               " feb february februar fév fev févr févr f\xe9v f\xe9vr février febrero febbraio lut úno "
               "\xfano фев "},
    MonthNames{3, " mar march mär märz m\xe4r mrz mars mrt maart marzo março bře мар "},
    MonthNames{4, " apr april avr avril abr abril aprile kwi dub апр "},
    MonthNames{5, " may mai maj mei mag mayo maggio maio kvě kv\xec май мая "},
    MonthNames{6, " jun june juni juin junio giu giugno junho cze čen čer июн "},
    MonthNames{7, " jul july juli juil juillet julio lug luglio julho lip čec čvc июл "},
    MonthNames{8, " aug august août aout aoû ao\xfbt ao\xfb ago agosto augustus augusti sie srp авг "},
    MonthNames{9, " sep sept september septembre set septiembre settembre setembro wrz zář сен "},
    MonthNames{10, " oct october okt oktober octobre octubre ott ottobre out outubro paź říj окт "},
    MonthNames{11, " nov november novembre noviembre novembro lis ноя "},
    MonthNames{12,
               " dec december dez dezember déc d\xe9"
               "c décembre dic diciembre dicembre dezembro des desember gru pro дек "},
};

}  // namespace

std::optional<unsigned> parse_month_name(std::string_view word) {
  constexpr std::size_t kLongestName = 16;  // bytes
  if (word.ends_with('.')) word.remove_suffix(1);
  if (word.size() < 3 || word.size() > kLongestName) return std::nullopt;
  const std::string sought = " " + to_lower(word) + " ";
  const auto* const found = std::ranges::find_if(kMonths, [&sought](const MonthNames& month) {
    return month.names.find(sought) != std::string_view::npos;
  });
  return found == kMonths.end() ? std::nullopt : std::optional(found->month);
}

std::optional<unsigned> parse_number_with_sign(std::string_view word) {
  constexpr std::size_t kLongestSign = 3;  // bytes: one character in UTF-8, GBK, EUC or Shift JIS
  const auto sign = word.find_first_not_of("0123456789");
  if (sign == std::string_view::npos || word.size() - sign > kLongestSign) return std::nullopt;
  if (static_cast<unsigned char>(word[sign]) < 0x80) return std::nullopt;
  return parse_number<unsigned>(word.substr(0, sign));
}

}  // namespace ftpsfs::ftp
