#include "ftpsfs/control/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "command_watch.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/net/blocking.h"
#include "listening_socket.h"
#include "protocol.h"
#include "unix_socket.h"

namespace ftpsfs::control {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

namespace {

constexpr std::chrono::seconds kPauseAfterFailure{1};

Status check_peer(const LineChannel& client, std::uint32_t owner) {
  const auto user = peer_user(client.socket());
  if (!user) return fail(Result<std::uint32_t>(user));
  if (*user == 0 || *user == owner) return {};
  return fail(Errc::permission_denied, "only the mount's own user and root may ask");
}

}  // namespace

class Server::Impl {
 public:
  Impl(std::unique_ptr<ListeningSocket> socket, Handlers handlers, std::chrono::milliseconds silence)
      : socket_(std::move(socket)), handlers_(std::move(handlers)), silence_(silence) {
    for (auto& thread : threads_) thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

 private:
  void run(const std::stop_token& stop);
  void wait_for_client(const std::stop_token& stop) const;
  void serve(LineChannel client, const std::stop_token& stop) const;
  Result<std::string> carry_out(LineChannel& client, const std::stop_token& stop) const;
  Result<std::string> run_command(const Handler& handler, LineChannel& client,
                                  const std::stop_token& stop) const;

  const std::uint32_t owner_ = ::geteuid();
  const std::unique_ptr<ListeningSocket> socket_;
  const Handlers handlers_;
  const std::chrono::milliseconds silence_;
  std::array<std::jthread, kMostClients> threads_;  // each serves one client at a time
};

// All threads wait at the same socket, and whoever finds the client first has it.
void Server::Impl::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (base::UniqueFd client = socket_->try_accept()) {
      serve(LineChannel(std::move(client)), stop);
    } else {
      wait_for_client(stop);
    }
  }
}

void Server::Impl::wait_for_client(const std::stop_token& stop) const {
  const bool nobody = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
  if (nobody) {
    net::Interest interest{.descriptor = socket_->descriptor(), .read = true};
    [[maybe_unused]] const auto ready = net::wait({&interest, 1}, {.stop = stop}, "waiting for a client");
    return;
  }
  base::log("control").warn("no client can be served at the moment: {}", std::strerror(errno));
  [[maybe_unused]] const auto timed_out =
      net::wait({}, OpContext::with_timeout(kPauseAfterFailure, stop), "waiting for better times");
}

void Server::Impl::serve(LineChannel client, const std::stop_token& stop) const {
  const auto result = carry_out(client, stop);
  std::string answer = answer_line(result);
  if (answer.size() >= kMostAnswer) {
    answer =
        answer_line(fail(Errc::internal, fmt::format("the answer is longer than {} bytes", kMostAnswer)));
  }
  const auto sent =
      client.write_line(std::move(answer), OpContext::with_timeout(silence_, stop), "answering");
  if (!sent) base::log("control").debug("a client has no answer: {}", sent.error().describe());
}

Result<std::string> Server::Impl::carry_out(LineChannel& client, const std::stop_token& stop) const {
  if (auto allowed = check_peer(client, owner_); !allowed) return fail(std::move(allowed));
  const auto line =
      client.read_line(kMostRequest, OpContext::with_timeout(silence_, stop), "waiting for a request");
  if (!line) return line;
  const auto command = parse_request(*line);
  if (!command) return command;
  const auto handler = handlers_.find(*command);
  if (handler == handlers_.end()) {
    return fail(Errc::not_supported,
                fmt::format("this mount has no command '{}'", base::printable(*command, 64)));
  }
  return run_command(handler->second, client, stop);
}

Result<std::string> Server::Impl::run_command(const Handler& handler, LineChannel& client,
                                              const std::stop_token& stop) const {
  CommandWatch watch(client, stop);
  return handler({.stop = watch.token()}, [&](std::string_view json) {
    const auto sent = client.write_line(progress_line(json), OpContext::with_timeout(silence_, watch.token()),
                                        "telling progress");
    if (!sent) watch.stop();
  });
}

Result<std::unique_ptr<Server>> Server::open(const std::filesystem::path& socket, Handlers handlers,
                                             std::chrono::milliseconds silence) {
  auto listening = ListeningSocket::open(socket);
  if (!listening) return fail(std::move(listening));
  return std::unique_ptr<Server>(
      new Server(std::make_unique<Impl>(std::move(*listening), std::move(handlers), silence)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

}  // namespace ftpsfs::control
