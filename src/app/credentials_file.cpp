#include <fmt/format.h>

#include <algorithm>

#include "ftpsfs/app/credentials.h"
#include "ftpsfs/base/user_file.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

constexpr std::size_t kMaxFile = 64 << 10;

constexpr std::string_view kWhat = "credentials file";

std::string shown(const std::filesystem::path& file) { return base::printable(file.native()); }

// A line is not shown in an error: it may be a password in the wrong place.
Status take_line(std::string_view line, std::size_t number, Credentials& credentials) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.front() == '#') return {};
  const auto equals = line.find('=');
  const std::string_view name = line.substr(0, equals);
  if (equals != std::string_view::npos && name == "username") {
    credentials.user = line.substr(equals + 1);
    return {};
  }
  if (equals != std::string_view::npos && name == "password") {
    credentials.password = base::Secret(std::string(line.substr(equals + 1)));
    return {};
  }
  return fail(Errc::invalid_argument,
              fmt::format("line {} is neither username=NAME nor password=TEXT", number));
}

Result<Credentials> parse(std::string_view text) {
  Credentials credentials;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto status = take_line(line, number, credentials); !status) return fail(std::move(status));
  }
  return credentials;
}

}  // namespace

Result<Credentials> read_credentials_file(const std::filesystem::path& file) {
  const auto opened = base::open_user_file(file, kWhat);
  if (!opened) return std::unexpected(opened.error());
  if (auto status = base::check_private(*opened, file, kWhat); !status) return fail(std::move(status));
  const auto text = base::read_user_file(*opened, kMaxFile, file, kWhat);
  if (!text) return std::unexpected(text.error());
  auto credentials = parse(text->reveal());
  if (!credentials) {
    return fail(Errc::invalid_argument,
                fmt::format("the credentials file {}: {}", shown(file), credentials.error().message));
  }
  return credentials;
}

}  // namespace ftpsfs::app
