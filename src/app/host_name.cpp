#include "host_name.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kMaxHostName = 253;  // RFC 1035 2.3.4

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The underscore is not allowed but lived.
bool may_be_in_name(char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; }

}  // namespace

base::Status check_host_name(std::string_view host) {
  if (host.empty()) return fail(Errc::invalid_argument, "the source names no host");
  if (host.size() > kMaxHostName)
    return fail(Errc::invalid_argument, "the host name is longer than 253 characters");
  if (host.front() == '-') return fail(Errc::invalid_argument, "a host name does not begin with '-'");
  if (std::ranges::all_of(host, may_be_in_name)) return {};
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is not a host name: it may have letters, digits, '.' and '-' (a "
                          "name with others has a form that begins with xn--)",
                          base::printable(host, 100)));
}

base::Status check_ipv6_address(std::string_view address) {
  const auto percent = address.find('%');
  const std::string number(address.substr(0, percent));
  const std::string_view zone = percent == std::string_view::npos ? "0" : address.substr(percent + 1);
  in6_addr parsed{};
  const bool zone_ok = !zone.empty() && std::ranges::all_of(zone, may_be_in_name);
  if (zone_ok && inet_pton(AF_INET6, number.c_str(), &parsed) == 1) return {};
  return fail(Errc::invalid_argument,
              fmt::format("'{}' is not an IPv6 address", base::printable(address, 100)));
}

}  // namespace ftpsfs::app
