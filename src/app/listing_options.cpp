#include "listing_options.h"

#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "option_values.h"

namespace ftpsfs::app {

using base::fail;
using base::Status;

namespace {

bool is_utf8(std::string_view charset) {
  std::string plain;
  for (const char c : charset) {
    if (c != '-') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain == "utf8";
}

}  // namespace

Status set_charset(Options& options, std::string_view text) {
  auto codec = ftp::NameCodec::create(text);
  if (!codec) return fail(std::move(codec));
  options.presentation.names = std::move(*codec);
  options.server_speaks_utf8 = is_utf8(text);
  return {};
}

Status set_time_zone(Options& options, std::string_view text) {
  auto zone = ftp::TimeZone::parse(text);
  if (!zone) return fail(std::move(zone));
  options.time_zone = std::move(*zone);
  return {};
}

Status set_symlinks(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<remote::Symlinks>{"show", remote::Symlinks::show},
                              Word<remote::Symlinks>{"hide", remote::Symlinks::hide},
                              Word<remote::Symlinks>{"follow", remote::Symlinks::follow}};
  return set_word(options.presentation.symlinks, text, kWords);
}

Status set_unsafe_symlinks(Options& options, std::string_view /*none*/) {
  options.presentation.unsafe_symlinks = true;
  return {};
}

}  // namespace ftpsfs::app
