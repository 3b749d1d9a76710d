#include "passive.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <expected>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "reply_words.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::Error;
using base::OpContext;
using base::Result;
using net::SocketAddress;

namespace {

// How long the port of an EPSV may keep silent before PASV is tried, at most half of the time there is.
constexpr std::chrono::seconds kSilencePatience{5};

constexpr int kCannotOpenDataConnection = 425;

using Stream = std::unique_ptr<net::ByteStream>;

// Why the server names no place where it waits for us.
struct Refused {
  Error error;
  bool by_server = false;  // with a 5yz, so that another command may do
  bool once_more = false;  // 425: no port at the moment
};

using Asked = std::expected<SocketAddress, Refused>;

// A 227 has no room for an IPv6 address; what was learnt over IPv4 does not count there.
bool begins_with_pasv(const ControlConnection& control, const DataChannelSettings& settings,
                      const ServerKnowledge& server) {
  return !control.peer().is_ipv6() && (server.lacks_epsv || settings.believe_pasv_address);
}

// Not over IPv6: the connection has to begin at the address that the control connection begins at.
bool believable(const SocketAddress& named, const SocketAddress& peer, const DataChannelSettings& settings) {
  return settings.believe_pasv_address && !peer.is_ipv6() && !named.is_unspecified() &&
         (!named.is_private() || peer.is_private());
}

Result<SocketAddress> address_in(const ControlConnection& control, const DataChannelSettings& settings,
                                 ServerKnowledge& server, const Reply& reply) {
  const SocketAddress& peer = control.peer();
  if (const auto port = parse_epsv_port(reply)) return peer.with_port(*port);
  const auto named = parse_pasv(reply);
  if (!named) return base::fail(Errc::protocol_error, "the server names no passive port", reply.text());
  const auto address = SocketAddress::ipv4(named->host, named->port);
  if (address.same_host(peer) || believable(address, peer, settings)) return address;
  if (server.first_foreign_pasv_address()) {
    base::log("ftp").debug("the server names {} for its data channels; connecting to {} all the same",
                           address.host(), peer.host());
  }
  return peer.with_port(named->port);
}

class PassiveOpener {
 public:
  PassiveOpener(ControlConnection& control, net::Dialer& dialer, const DataChannelSettings& settings,
                ServerKnowledge& server, const Command& data_command, const OpContext& ctx)
      : control_(control),
        dialer_(dialer),
        settings_(settings),
        server_(server),
        data_command_(data_command),
        ctx_(ctx) {}

  Result<Stream> open() {
    if (begins_with_pasv(control_, settings_, server_)) return by_pasv();
    const bool ipv4 = !control_.peer().is_ipv6();
    auto offer = ask_again_where_busy(Command::epsv());
    if (!offer && offer.error().by_server && !server_.lacks_pasv) return by_pasv_instead_of_refused_epsv();
    if (!offer) return std::unexpected(std::move(offer).error().error);
    const bool may_try_pasv = ipv4 && !server_.lacks_pasv && !server_.epsv_works;
    auto stream = reach(Command::epsv(), *offer, may_try_pasv ? impatient_about_ports(ctx_) : ctx_);
    if (stream && ipv4) server_.epsv_works = true;
    if (stream || !may_try_pasv || !did_not_answer(stream.error())) return stream;
    return by_pasv_instead_of_silent_epsv(std::move(stream).error());
  }

 private:
  static bool did_not_answer(const Error& error) {
    return error.code == Errc::timed_out || error.code == Errc::unreachable;
  }

  Result<Stream> by_pasv() {
    auto offer = ask_again_where_busy(Command::pasv());
    if (!offer) return std::unexpected(std::move(offer).error().error);
    return reach(Command::pasv(), *offer, ctx_);
  }

  // Connects to what `command` has brought; where that address is in TIME_WAIT it has another port the next time.
  Result<Stream> reach(const Command& command, const SocketAddress& offer, const OpContext& ctx) {
    auto stream = connect(offer, ctx);
    if (stream || stream.error().code != Errc::busy) return stream;
    auto other = ask(command);
    if (!other) return std::unexpected(std::move(other).error().error);
    return connect(*other, ctx_);
  }

  Result<Stream> by_pasv_instead_of_refused_epsv() {
    auto stream = by_pasv();
    if (stream) server_.lacks_epsv = true;
    return stream;
  }

  Result<Stream> by_pasv_instead_of_silent_epsv(Error silence) {
    auto stream = by_pasv();
    if (stream) {
      base::log("ftp").info("EPSV's ports do not answer, PASV's do: going on with PASV");
      server_.lacks_epsv = true;
    }
    if (stream || stream.error().code == Errc::cancelled || !control_.in_step()) return stream;
    return std::unexpected(std::move(silence));
  }

  Asked ask_again_where_busy(const Command& command) {
    auto offer = ask(command);
    return offer || !offer.error().once_more ? offer : ask(command);
  }

  Asked ask(const Command& command) {
    auto reply = exchange(command);
    if (!reply) return std::unexpected(Refused{.error = std::move(reply).error()});
    if (!reply->completed()) return std::unexpected(refused(command, *reply));
    auto address = address_in(control_, settings_, server_, *reply);
    if (!address) return std::unexpected(Refused{.error = std::move(address).error()});
    return *address;
  }

  // A distributed server wants to know first what the port will be for (PRET); it says so.
  Result<Reply> exchange(const Command& command) {
    if (server_.needs_pret) return exchange_behind_pret(command);
    auto reply = control_.exchange(command, ctx_);
    if (!reply || !asks_for_pret(*reply)) return reply;
    auto behind_pret = exchange_behind_pret(command);
    if (behind_pret) server_.needs_pret = true;
    return behind_pret;
  }

  static bool asks_for_pret(const Reply& reply) {
    const ReplyWords words(reply);
    return reply.refused() && words.has("pret") && !words.has("interpret");
  }

  Result<Reply> exchange_behind_pret(const Command& command) {
    const Command pret = Command::pret(data_command_);
    auto reply = control_.exchange(pret, ctx_);
    if (reply && reply->refused()) return std::unexpected(classify(data_command_, *reply).error);
    return reply ? control_.exchange(command, ctx_) : std::move(reply);
  }

  static Refused refused(const Command& command, const Reply& reply) {
    auto error = classify(command, reply).error;
    const bool session_lost = error.code == Errc::connection_lost;
    return {.error = std::move(error),
            .by_server = reply.code >= 500 && !session_lost,
            .once_more = reply.code == kCannotOpenDataConnection};
  }

  Result<Stream> connect(const SocketAddress& offer, const OpContext& ctx) {
    const auto port = offer.port();
    auto connection = dialer_.dial_beside(offer, control_.local(), port, ctx);
    if (connection) return std::move(connection->stream);
    Error error = std::move(connection).error();
    if (did_not_answer(error) && !control_is_alive(error.code)) {
      return base::fail(Errc::connection_lost,
                        "the server closed the connection before its data channel was open");
    }
    if (did_not_answer(error)) {
      error.message = fmt::format(
          "port {} of {} did not answer ({}): passive ports are probably blocked by a firewall; try "
          "-o active, or have the server's passive ports opened",
          port, offer.host(), error.message);
    }
    return std::unexpected(std::move(error));
  }

  // A server that has gone takes its ports along. Those that refuse at once may be faster than the news of its end.
  bool control_is_alive(Errc failure) {
    if (!control_.still_quiet()) return false;
    if (failure != Errc::unreachable) return true;
    const auto reply = control_.exchange(Command::noop(), ctx_);
    return reply || reply.error().code != Errc::connection_lost;
  }

  ControlConnection& control_;
  net::Dialer& dialer_;
  const DataChannelSettings& settings_;
  ServerKnowledge& server_;
  const Command& data_command_;
  const OpContext& ctx_;
};

}  // namespace

Result<Stream> open_passive(ControlConnection& control, net::Dialer& dialer,
                            const DataChannelSettings& settings, ServerKnowledge& server,
                            const Command& data_command, const OpContext& ctx) {
  return PassiveOpener(control, dialer, settings, server, data_command, ctx).open();
}

Command first_passive_command(const ControlConnection& control, const DataChannelSettings& settings,
                              const ServerKnowledge& server) {
  return begins_with_pasv(control, settings, server) ? Command::pasv() : Command::epsv();
}

Result<SocketAddress> passive_address(const ControlConnection& control, const DataChannelSettings& settings,
                                      ServerKnowledge& server, const Reply& reply) {
  if (!reply.completed()) {
    return std::unexpected(classify(first_passive_command(control, settings, server), reply).error);
  }
  return address_in(control, settings, server, reply);
}

OpContext impatient_about_ports(const OpContext& ctx) {
  if (ctx.deadline == base::SteadyTime::max()) return ctx.capped(kSilencePatience);
  const auto half = (ctx.deadline - std::chrono::steady_clock::now()) / 2;
  return ctx.capped(std::min<base::SteadyDuration>(half, kSilencePatience));
}

}  // namespace ftpsfs::ftp
