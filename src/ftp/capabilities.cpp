#include "ftpsfs/ftp/capabilities.h"

#include <cstddef>

#include "text.h"

namespace ftpsfs::ftp {
namespace {

// Some servers write "211-FEATURE" instead of " FEATURE".
std::string_view feature_of(std::string_view line, int code) {
  const bool repeats_code =
      line.size() > 3 && parse_number<unsigned>(line.substr(0, 3)) == static_cast<unsigned>(code);
  if (repeats_code && (line[3] == '-' || line[3] == ' ')) line.remove_prefix(4);
  return trim(line);
}

// Whether `values`, separated by ';', ',' or blanks, has `wanted`.
bool has_value(std::string_view values, std::string_view wanted) {
  while (!values.empty()) {
    const auto end = values.find_first_of(";, \t");
    if (equal_nocase(values.substr(0, end), wanted)) return true;
    if (end == std::string_view::npos) return false;
    values.remove_prefix(end + 1);
  }
  return false;
}

void learn(Capabilities& known, std::string_view feature) {
  const auto space = feature.find_first_of(" \t");
  const auto name = feature.substr(0, space);
  const auto values = space == std::string_view::npos ? std::string_view() : feature.substr(space + 1);
  const auto is = [name](std::string_view wanted) { return equal_nocase(name, wanted); };
  if (is("MLST") || is("MLSD")) known.mlst = true;
  if (is("MLST") && (has_value(values, "sizd") || has_value(values, "sizd*"))) known.sizd_fact = true;
  if (is("MFMT")) known.mfmt = true;
  if (is("REST") && has_value(values, "STREAM")) known.rest_stream = true;
  if (is("SIZE")) known.size = true;
  if (is("MDTM")) known.mdtm = true;
  if (is("UTF8")) known.utf8 = true;
  if (is("EPSV")) known.epsv = true;
  if (is("CLNT")) known.clnt = true;
  if (is("SITE") && has_value(values, "UTIME")) known.site_utime = true;
}

}  // namespace

Capabilities Capabilities::from_feat(const Reply& reply) {
  Capabilities known;
  if (!reply.completed()) return known;
  // The first and the last line are free text (RFC 2389 3.2).
  for (std::size_t i = 1; i + 1 < reply.lines.size(); ++i)
    learn(known, feature_of(reply.lines[i], reply.code));
  return known;
}

}  // namespace ftpsfs::ftp
