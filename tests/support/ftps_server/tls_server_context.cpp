#include "tls_server_context.h"

#include <array>
#include <cstring>
#include <stdexcept>

namespace ftpsfs::testing {

namespace {

constexpr std::string_view kSessionContext = "ftpsfs-test-server";

// RFC 8446 section 4.1.3: a ServerHello with this random is a HelloRetryRequest.
constexpr std::array<unsigned char, 32> kRetryRandom{
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
constexpr std::size_t kRandomOffset = 6;  // message type 1, length 3, version 2

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test server TLS: ") + what);
}

TlsPeer& peer_of(const SSL* ssl) { return *static_cast<TlsPeer*>(SSL_get_app_data(ssl)); }

int native_version(TlsVersion version) {
  return version == TlsVersion::tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

std::string owner_in(SSL_SESSION* session) {
  void* data = nullptr;
  std::size_t size = 0;
  if (session == nullptr || SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 || data == nullptr)
    return {};
  return {static_cast<const char*>(data), size};
}

void remember_owner(SSL* ssl) {
  auto& peer = peer_of(ssl);
  if (peer.resumed_owner.empty() && SSL_session_reused(ssl) == 1) {
    peer.resumed_owner = owner_in(SSL_get_session(ssl));
  }
}

// Runs before the ticket is made, so it is the last moment at which a resumed session still names its old
// owner.
int on_make_ticket(SSL* ssl, void* /*unused*/) {
  remember_owner(ssl);
  // vsftpd refuses a session of a data channel on the next one.
  const std::string owner = peer_of(ssl).owner + (peer_of(ssl).of_data ? " (data)" : "");
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), owner.data(), owner.size());
}

SSL_TICKET_RETURN on_open_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char* /*name*/,
                                 std::size_t /*name_size*/, SSL_TICKET_STATUS status, void* /*unused*/) {
  const bool usable = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  auto& peer = peer_of(ssl);
  peer.aborting = usable && peer.abort_resumption;
  if (peer.aborting) return SSL_TICKET_RETURN_IGNORE;
  const bool foreign = usable && peer.only_own_tickets && owner_in(session) != peer.owner;
  if (!usable || foreign || peer.refuse_resumption) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

// Not SSL_TICKET_RETURN_ABORT: under TLS 1.3, OpenSSL 3.0 forgets to free the session then.
int on_choose_certificate(SSL* ssl, void* /*unused*/) { return peer_of(ssl).aborting ? 0 : 1; }

void on_message(int sent, int /*version*/, int type, const void* data, std::size_t size, SSL* /*ssl*/,
                void* counters) {
  if (sent != 1 || type != SSL3_RT_HANDSHAKE || size < kRandomOffset + kRetryRandom.size()) return;
  const auto* bytes = static_cast<const unsigned char*>(data);
  if (bytes[0] != SSL3_MT_SERVER_HELLO) return;
  if (std::memcmp(bytes + kRandomOffset, kRetryRandom.data(), kRetryRandom.size()) != 0) return;
  static_cast<Counters*>(counters)->add(&CounterSnapshot::hello_retry_requests);
}

// The first of the server's protocols that the client offers; without one, the handshake goes on without ALPN.
int on_select_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                       const unsigned char* in, unsigned int in_size, void* /*unused*/) {
  const std::string_view offered(reinterpret_cast<const char*>(in), in_size);
  for (const std::string_view known : {kFilezillaProtocol, kFilezillaDataProtocol, std::string_view("ftp")}) {
    for (std::size_t at = 0; at < offered.size(); at += std::size_t{1} + in[at]) {
      if (offered.substr(at + 1, in[at]) != known) continue;
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int on_client_certificate(int accepted, X509_STORE_CTX* chain) {
  if (accepted != 1 || X509_STORE_CTX_get_error_depth(chain) != 0) return accepted;
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, index));
  static_cast<Counters*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))
      ->add(&CounterSnapshot::client_certificates);
  return accepted;
}

void ask_for_client_certificates(SSL_CTX* context, const TlsPolicy& policy, Counters& counters) {
  if (policy.client_certificate == ClientCertificate::ignored) return;
  const bool required = policy.client_certificate == ClientCertificate::required;
  SSL_CTX_set_app_data(context, &counters);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     on_client_certificate);
  X509* authority = policy.client_authority->certificate();
  require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1, "client authority");
  require(SSL_CTX_add_client_CA(context, authority) == 1, "client authority");
}

bool same_master_secret(SSL_SESSION* a, SSL_SESSION* b) {
  std::array<unsigned char, SSL_MAX_MASTER_KEY_LENGTH> key_a{};
  std::array<unsigned char, SSL_MAX_MASTER_KEY_LENGTH> key_b{};
  const auto size_a = SSL_SESSION_get_master_key(a, key_a.data(), key_a.size());
  const auto size_b = SSL_SESSION_get_master_key(b, key_b.data(), key_b.size());
  return size_a > 0 && size_a == size_b && key_a == key_b;
}

}  // namespace

std::string_view selected_protocol(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

TlsServerContext::TlsServerContext(const TlsMaterial& material, const TlsPolicy& policy, Counters& counters)
    : context_(SSL_CTX_new(TLS_server_method())),
      data_certificate_(policy.data_certificate),
      control_tickets_(policy.control_tickets),
      data_tickets_(policy.data_tickets),
      ticket_per_passive_(policy.ticket_per_passive),
      own_ticket_keys_(policy.own_ticket_keys),
      aborts_resumed_control_(policy.aborts_resumed_control) {
  SSL_CTX* context = context_.get();
  require(context != nullptr, "context");
  require(SSL_CTX_set_min_proto_version(context, native_version(policy.min_version)) == 1, "lowest version");
  require(SSL_CTX_set_max_proto_version(context, native_version(policy.max_version)) == 1, "highest version");
  if (!policy.groups.empty())
    require(SSL_CTX_set1_groups_list(context, policy.groups.c_str()) == 1, "groups");
  require(SSL_CTX_use_certificate(context, material.certificate()) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context, material.key()) == 1, "key");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  if (!policy.stateless_tickets) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_set_timeout(context, policy.session_lifetime.count());
  require(
      SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                     static_cast<unsigned int>(kSessionContext.size())) == 1,
      "session context");
  require(SSL_CTX_set_session_ticket_cb(context, on_make_ticket, on_open_ticket, nullptr) == 1,
          "ticket callbacks");
  SSL_CTX_set_cert_cb(context, on_choose_certificate, nullptr);
  if (policy.selects_alpn) SSL_CTX_set_alpn_select_cb(context, on_select_protocol, nullptr);
  ask_for_client_certificates(context, policy, counters);
  SSL_CTX_set_msg_callback(context, on_message);
  SSL_CTX_set_msg_callback_arg(context, &counters);
}

SslPtr TlsServerContext::make(int fd, TlsPeer& peer, unsigned tickets) const {
  SslPtr ssl(SSL_new(context_.get()));
  require(ssl != nullptr, "connection");
  peer.only_own_tickets = own_ticket_keys_;
  SSL_set_app_data(ssl.get(), &peer);
  require(SSL_set_num_tickets(ssl.get(), tickets) == 1, "tickets");
  require(SSL_set_fd(ssl.get(), fd) == 1, "descriptor");
  SSL_set_accept_state(ssl.get());
  return ssl;
}

SslPtr TlsServerContext::make_control(int fd, TlsPeer& peer) const {
  peer.abort_resumption = aborts_resumed_control_;
  return make(fd, peer, control_tickets_);
}

SslPtr TlsServerContext::make_data(int fd, TlsPeer& peer) const {
  peer.of_data = true;
  SslPtr ssl = make(fd, peer, data_tickets_);
  if (data_certificate_) {
    require(SSL_use_certificate(ssl.get(), data_certificate_->certificate()) == 1, "data certificate");
    require(SSL_use_PrivateKey(ssl.get(), data_certificate_->key()) == 1, "data key");
  }
  return ssl;
}

void TlsServerContext::note_resumption(SSL* ssl) { remember_owner(ssl); }

bool TlsServerContext::descends(SSL* data, SSL* control) {
  if (SSL_version(data) == TLS1_3_VERSION) return peer_of(data).resumed_owner == peer_of(control).owner;
  return same_master_secret(SSL_get_session(data), SSL_get_session(control));
}

}  // namespace ftpsfs::testing
