#include "ftpsfs/app/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "host_name.h"
#include "percent.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

constexpr std::uint16_t kFtpPort = 21;
constexpr std::uint16_t kImplicitTlsPort = 990;

struct Scheme {
  std::string_view name;
  TlsMode tls;
  std::string_view option;  // the value of tls= that says the same
};
constexpr std::array kSchemes{Scheme{"ftpes", TlsMode::explicit_tls, "explicit"},
                              Scheme{"ftps", TlsMode::implicit_tls, "implicit"},
                              Scheme{"ftp", TlsMode::none, "none"}};

const Scheme& scheme_of(TlsMode tls) {
  return *std::ranges::find_if(kSchemes, [&](const Scheme& scheme) { return scheme.tls == tls; });
}

std::uint16_t default_port(TlsMode tls) { return tls == TlsMode::implicit_tls ? kImplicitTlsPort : kFtpPort; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Status check_user(std::string_view user) {
  if (std::ranges::none_of(user, is_control)) return {};
  return fail(Errc::invalid_argument, "the user name contains a control character");
}

// Cuts "[user@]" off the front of `text`, which is a source up to its path.
Result<std::string_view> take_user(std::string_view& text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::string_view();
  const std::string_view user = text.substr(0, at);
  text.remove_prefix(at + 1);
  if (user.find(':') != std::string_view::npos) {
    return fail(Errc::invalid_argument,
                "a password in the source can be read by everybody (ps, /proc, /etc/fstab); put it into a "
                "file that only "
                "you can read and name that with -o credentials=FILE, or leave it out and be asked");
  }
  if (user.empty()) return fail(Errc::invalid_argument, "there is no user name before the '@'");
  return user;
}

// Cuts the host off the front.
Result<std::string> take_host(std::string_view& text) {
  if (!text.starts_with('[')) {
    const std::string_view host = text.substr(0, text.find(':'));
    if (std::ranges::count(text, ':') > 1) {
      return fail(Errc::invalid_argument, "an IPv6 address stands in brackets, as in [2001:db8::1]");
    }
    text.remove_prefix(host.size());
    if (auto status = check_host_name(host); !status) return fail(std::move(status));
    return std::string(host);
  }
  const auto end = text.find(']');
  if (end == std::string_view::npos)
    return fail(Errc::invalid_argument, "there is no ']' after the IPv6 address");
  const std::string_view address = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  if (auto status = check_ipv6_address(address); !status) return fail(std::move(status));
  return std::string(address);
}

Result<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error == std::errc{} && end == digits.data() + digits.size() && port != 0) return port;
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is not a port: after the ':' comes a number from 1 to 65535, or a "
                          "path that begins with '/'",
                          base::printable(digits, 60)));
}

Result<std::optional<model::RemotePath>> parse_path(std::string_view text) {
  if (text.empty()) return std::optional<model::RemotePath>();
  auto path = model::RemotePath::parse(text);
  if (!path) return fail(Errc::invalid_argument, "the path in the source: " + path.error().message);
  return std::optional(std::move(*path));
}

// What stands between scheme and path: "[user@]host[:port]". A lone ':' at the end is the separator of "host:/path".
Status parse_authority(std::string_view text, Source& source) {
  const auto user = take_user(text);
  if (!user) return fail(Result<std::string_view>(user));
  source.user = *user;
  auto host = take_host(text);
  if (!host) return fail(std::move(host));
  source.host = std::move(*host);
  source.port = default_port(source.tls);
  if (text.empty() || text == ":") return {};
  if (!text.starts_with(':')) return fail(Errc::invalid_argument, "after ']' comes ':' or '/'");
  auto port = parse_port(text.substr(1));
  if (!port) return fail(std::move(port));
  source.port = *port;
  return {};
}

Result<TlsMode> choose_tls(const Scheme& scheme, std::optional<TlsMode> wanted) {
  if (scheme.tls == TlsMode::none && wanted != TlsMode::none) {
    return fail(Errc::invalid_argument,
                "ftp:// sends passwords and files unencrypted; use ftpes:// (TLS on port 21) or ftps:// (TLS "
                "on port 990), "
                "or say that you want clear text with -o tls=none");
  }
  if (wanted && *wanted != scheme.tls) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:// means tls={}, but tls={} was given; the scheme for that is {}://",
                            scheme.name, scheme.option, scheme_of(*wanted).option, scheme_of(*wanted).name));
  }
  return scheme.tls;
}

Result<Source> parse_url(std::string_view scheme_name, std::string_view rest, std::optional<TlsMode> wanted) {
  const auto* const scheme = std::ranges::find(kSchemes, scheme_name, &Scheme::name);
  if (scheme == kSchemes.end()) {
    return fail(Errc::invalid_argument,
                fmt::format("{}:// is not a scheme of ftpsfs; use ftpes:// (TLS on port 21) or "
                            "ftps:// (TLS on port 990)",
                            base::printable(scheme_name, 60)));
  }
  const auto tls = choose_tls(*scheme, wanted);
  if (!tls) return fail(Result<TlsMode>(tls));
  Source source{.tls = *tls, .user = {}, .host = {}, .port = 0, .path = {}};
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (auto status = parse_authority(authority, source); !status) return fail(std::move(status));
  auto user = percent_decoded(source.user);
  if (!user) return fail(std::move(user));
  source.user = std::move(*user);
  const auto text = percent_decoded(rest.substr(authority.size()));
  if (!text) return fail(Result<std::string>(text));
  auto path = parse_path(*text);
  if (!path) return fail(std::move(path));
  source.path = std::move(*path);
  return source;
}

Result<Source> parse_plain(std::string_view text, TlsMode tls) {
  Source source{.tls = tls, .user = {}, .host = {}, .port = 0, .path = {}};
  const std::string_view authority = text.substr(0, text.find('/'));
  if (auto status = parse_authority(authority, source); !status) return fail(std::move(status));
  auto path = parse_path(text.substr(authority.size()));
  if (!path) return fail(std::move(path));
  source.path = std::move(*path);
  return source;
}

}  // namespace

Result<Source> parse_source(std::string_view text, std::optional<TlsMode> tls) {
  if (std::ranges::any_of(text, is_control))
    return fail(Errc::invalid_argument, "the source contains a control character");
  const auto separator = text.find("://");
  auto source = separator == std::string_view::npos
                    ? parse_plain(text, tls.value_or(TlsMode::explicit_tls))
                    : parse_url(text.substr(0, separator), text.substr(separator + 3), tls);
  if (!source) return source;
  if (auto status = check_user(source->user); !status) return fail(std::move(status));
  return source;
}

std::string Source::display() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}{}{}{}{}", scheme_of(tls).name, user, user.empty() ? "" : "@",
                     is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "",
                     port == default_port(tls) ? "" : fmt::format(":{}", port),
                     path ? path->str() : std::string());
}

}  // namespace ftpsfs::app
