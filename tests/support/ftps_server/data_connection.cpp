#include "data_connection.h"

#include <sys/socket.h>

#include "loopback.h"

namespace ftpsfs::testing {

DataConnection::DataConnection(const SessionEnvironment& environment, const Wakeup& wakeup, std::string owner)
    : environment_(environment), wakeup_(wakeup), owner_(std::move(owner)) {}

std::optional<std::uint16_t> DataConnection::listen() {
  close();
  const bool ipv6 = environment_.ipv6;
  UniqueFd fd(::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const LoopbackAddress address(ipv6, 0);
  if (!fd.valid() || ::bind(fd.get(), address.native(), address.size()) != 0 || ::listen(fd.get(), 1) != 0) {
    return std::nullopt;
  }
  listener_ = std::move(fd);
  const std::uint16_t port = local_port(listener_.get());
  return port == 0 ? std::nullopt : std::optional(port);
}

void DataConnection::expect_active(std::uint16_t port) {
  close();
  active_port_ = port;
}

IoStatus DataConnection::connect_active() {
  const LoopbackAddress address(environment_.ipv6, active_port_);
  active_port_ = 0;
  UniqueFd fd(::socket(environment_.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() || ::connect(fd.get(), address.native(), address.size()) != 0) return IoStatus::failed;
  environment_.counters.add(&CounterSnapshot::data_connections);
  stream_.emplace(std::move(fd), wakeup_, environment_.io_limit);
  return IoStatus::ok;
}

void DataConnection::close() {
  listener_.reset();
  stream_.reset();
  watch_stream_ = false;
  concluded_ = false;
  active_port_ = 0;
  peer_.refuse_resumption = false;
}

bool DataConnection::try_accept() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd.valid()) return false;
  environment_.counters.add(&CounterSnapshot::data_connections);
  listener_.reset();
  stream_.emplace(std::move(fd), wakeup_, environment_.io_limit);
  watch_stream_ = true;
  return true;
}

void DataConnection::start_tls() {
  peer_ = TlsPeer{owner_, peer_.refuse_resumption, {}};
  stream_->start_tls(environment_.tls.make_data(stream_->fd(), peer_));
}

pollfd DataConnection::watched() const {
  if (listener_.valid()) return {listener_.get(), POLLIN, 0};
  if (!stream_ || !watch_stream_) return {-1, 0, 0};
  return {stream_->fd(), stream_->ssl() != nullptr ? stream_->wanted() : short{POLLIN}, 0};
}

void DataConnection::on_ready(const std::function<bool()>& command_has_arrived) {
  if (listener_.valid()) {
    if (!try_accept() || clear_ || environment_.personality.data_tls_start != DataTlsStart::at_accept) return;
    start_tls();
  }
  if (stream_->ssl() != nullptr) {
    step_early_handshake();
  } else {
    look_for_early_hello(command_has_arrived);
  }
}

void DataConnection::step_early_handshake() {
  const IoStatus status = stream_->step_handshake();
  if (status == IoStatus::would_block) return;
  watch_stream_ = false;
  conclude_handshake(status);
}

void DataConnection::look_for_early_hello(const std::function<bool()>& command_has_arrived) {
  watch_stream_ = false;
  char byte = 0;
  if (::recv(stream_->fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) return;
  // A client that sends the command first has it in our socket before the hello can be seen here.
  if (command_has_arrived()) return;
  environment_.counters.add(&CounterSnapshot::client_hello_before_command);
  if (environment_.personality.early_hello == EarlyHello::reset) stream_->reset();
}

bool DataConnection::connected() const {
  pollfd waiting{listener_.get(), POLLIN, 0};
  return stream_.has_value() || (listener_.valid() && ::poll(&waiting, 1, 0) > 0);
}

IoStatus DataConnection::await_connection() {
  if (active_port_ != 0) return connect_active();
  while (!stream_) {
    const Ready ready = wakeup_.wait(listener_.get(), POLLIN, environment_.io_limit);
    if (ready != Ready::ready) return ready == Ready::cancelled ? IoStatus::cancelled : IoStatus::timed_out;
    try_accept();
  }
  return IoStatus::ok;
}

IoStatus DataConnection::finish_handshake() {
  if (stream_->is_open() && stream_->ssl() == nullptr) start_tls();
  const IoStatus status = stream_->finish_handshake();
  conclude_handshake(status);
  return status;
}

void DataConnection::conclude_handshake(IoStatus status) {
  if (concluded_) return;
  concluded_ = true;
  auto& counters = environment_.counters;
  if (status != IoStatus::ok) {
    counters.add(&CounterSnapshot::data_handshakes_failed);
    return;
  }
  TlsServerContext::note_resumption(stream_->ssl());
  const bool resumed = SSL_session_reused(stream_->ssl()) == 1;
  counters.add(resumed ? &CounterSnapshot::data_handshakes_resumed : &CounterSnapshot::data_handshakes_full);
}

bool DataConnection::resumption_acceptable(SSL* control, bool refused_by_fault) const {
  const Resumption demand = environment_.personality.resumption;
  const bool resumed = SSL_session_reused(stream_->ssl()) == 1;
  const bool own = resumed && TlsServerContext::descends(stream_->ssl(), control);
  if (resumed && !own) environment_.counters.add(&CounterSnapshot::data_resumed_foreign);
  const bool acceptable = demand == Resumption::optional || demand == Resumption::never ||
                          (own && !refused_by_fault) ||
                          (demand == Resumption::any_session && resumed && !refused_by_fault);
  if (!acceptable) environment_.counters.add(&CounterSnapshot::resumption_refused);
  return acceptable;
}

}  // namespace ftpsfs::testing
