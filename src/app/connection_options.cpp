#include "connection_options.h"

#include <array>
#include <string>

#include "ftpsfs/base/rate_limiter.h"
#include "ftpsfs/ftp/quirks.h"
#include "option_values.h"

namespace ftpsfs::app {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr std::uint64_t kLowestPort = 1024;
constexpr std::uint64_t kHighestPort = 65535;

constexpr std::uint64_t kLeastRate = base::RateLimiter::kLeastRate;
static_assert(kLeastRate == 1024, "the message below names it");

Status set_address(std::optional<net::SocketAddress>& field, std::string_view text) {
  auto address = net::SocketAddress::parse(std::string(text));
  if (!address) return fail(std::move(address));
  field = *address;
  return {};
}

}  // namespace

Status set_quirks(Options& options, std::string_view text) {
  ftp::ServerKnowledge ignored;
  if (auto ok = ftp::apply_quirks(text, ignored); !ok) return ok;
  options.quirks = text;
  return {};
}

Status set_tls_data(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<bool>{"private", false}, Word<bool>{"clear", true}};
  return set_word(options.data_channels.clear, text, kWords);
}

Status set_pasv_address(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<bool>{"peer", false}, Word<bool>{"server", true}};
  return set_word(options.data_channels.believe_pasv_address, text, kWords);
}

Status set_active(Options& options, std::string_view /*none*/) {
  options.data_channels.active = true;
  return {};
}

Status set_active_ports(Options& options, std::string_view text) {
  const auto dash = text.find('-');
  const auto last_text = dash == std::string_view::npos ? text : text.substr(dash + 1);
  const auto first = parse_number(text.substr(0, dash), kLowestPort, kHighestPort);
  const auto last = parse_number(last_text, kLowestPort, kHighestPort);
  if (!first || !last || *first > *last) {
    return fail(Errc::invalid_argument, "it takes ports from 1024 to 65535, as in 50000-50100");
  }
  options.data_channels.active_ports = {.first = static_cast<std::uint16_t>(*first),
                                        .last = static_cast<std::uint16_t>(*last)};
  return {};
}

Status set_active_address(Options& options, std::string_view text) {
  return set_address(options.data_channels.active_address, text);
}

Status set_rate_limit(Options& options, std::string_view text) {
  const auto rate = parse_size(text);
  if (!rate) return std::unexpected(rate.error());
  if (*rate < kLeastRate) {
    return fail(Errc::invalid_argument,
                "it takes bytes per second, at least 1K; without it there is no limit");
  }
  options.rate_limit = *rate;
  return {};
}

Status set_bind_address(Options& options, std::string_view text) {
  return set_address(options.bind_address, text);
}

Status check_connection_options(const Options& options) {
  const ftp::DataChannelSettings& data = options.data_channels;
  if (data.active) return {};
  if (data.active_ports.last != 0)
    return fail(Errc::invalid_argument, "active_ports= is of use only with active");
  if (data.active_address) return fail(Errc::invalid_argument, "active_address= is of use only with active");
  return {};
}

}  // namespace ftpsfs::app
