#include "server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "loopback.h"

namespace ftpsfs::testing {

namespace {

constexpr int kBacklog = 128;
constexpr std::chrono::milliseconds kAcceptRetry{5};
constexpr std::chrono::hours kForEver{1};

void require(bool ok, const char* what) {
  if (!ok) throw std::system_error(errno, std::generic_category(), what);
}

UniqueFd listen_on(std::uint16_t& port, bool ipv6) {
  UniqueFd fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  require(fd.valid(), "socket");
  const int one = 1;
  require(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0, "SO_REUSEADDR");
  const LoopbackAddress address(ipv6, port);
  require(::bind(fd.get(), address.native(), address.size()) == 0, "bind");
  require(::listen(fd.get(), kBacklog) == 0, "listen");
  port = local_port(fd.get());
  require(port != 0, "getsockname");
  return fd;
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)), resolver_(options_.root.string()), port_(options_.port) {
  if (!options_.material) options_.material = std::make_shared<TlsMaterial>();
}

Server::~Server() { stop(); }

void Server::start() {
  if (acceptor_.joinable()) return;
  tls_ = std::make_unique<TlsServerContext>(*options_.material, options_.personality.tls, counters_);
  environment_ = std::make_unique<SessionEnvironment>(
      SessionEnvironment{options_.personality, options_.account, resolver_, *tls_, faults_, counters_,
                         options_.implicit_tls, options_.io_limit, options_.ipv6});
  wakeup_ = std::make_unique<Wakeup>();
  std::uint16_t port = port_;
  listener_ = listen_on(port, options_.ipv6);
  port_ = port;
  acceptor_ = std::thread([this] { accept_loop(); });
}

void Server::stop() {
  if (!acceptor_.joinable()) return;
  wakeup_->cancel();
  acceptor_.join();
  listener_.reset();
  drop_all_control_connections(CutStyle::abrupt);
  // No one else removes from the list now that the acceptor has gone.
  for (auto& client : clients_) client.thread.join();
  const std::lock_guard lock(clients_mutex_);
  clients_.clear();
}

void Server::set_personality(Personality personality) { options_.personality = std::move(personality); }

void Server::accept_loop() {
  for (;;) {
    const Ready ready = wakeup_->wait(listener_.get(), POLLIN, kForEver);
    if (ready == Ready::cancelled) return;
    if (ready == Ready::timed_out) continue;
    reap_finished();
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.valid()) {
      admit(std::move(socket));
    } else {
      // Out of descriptors: the connection stays in the queue, and poll() would come back at once.
      (void)wakeup_->wait(-1, 0, kAcceptRetry);
    }
  }
}

void Server::admit(UniqueFd socket) {
  const auto alive = counters_.add_control_connection();
  try {
    auto session = std::make_unique<ControlSession>(*environment_, std::move(socket), ++connections_, alive);
    auto* running = session.get();
    const std::lock_guard lock(clients_mutex_);
    clients_.push_back({std::move(session), std::thread([running] { running->run(); })});
  } catch (const std::system_error&) {
    counters_.subtract(&CounterSnapshot::control_alive);
  }
}

void Server::reap_finished() {
  std::list<Client> finished;
  {
    const std::lock_guard lock(clients_mutex_);
    for (auto client = clients_.begin(); client != clients_.end();) {
      const auto next = std::next(client);
      if (client->session->finished()) finished.splice(finished.end(), clients_, client);
      client = next;
    }
  }
  for (auto& client : finished) client.thread.join();
}

template <typename Action>
std::size_t Server::for_each_session(Action action) {
  const std::lock_guard lock(clients_mutex_);
  std::size_t count = 0;
  for (auto& client : clients_) {
    if (!client.session->finished() && action(*client.session)) ++count;
  }
  return count;
}

std::size_t Server::drop_all_control_connections(CutStyle style) {
  return for_each_session([&](ControlSession& session) {
    session.drop(style);
    return true;
  });
}

std::size_t Server::drop_idle_connections(CutStyle style) {
  return for_each_session([&](ControlSession& session) { return session.drop_if_idle(style); });
}

std::size_t Server::send_to_idle_connections(const std::string& text) {
  return for_each_session([&](ControlSession& session) { return session.send_if_idle(text + "\r\n"); });
}

}  // namespace ftpsfs::testing
