#include "ftpsfs/tls/stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "failure.h"
#include "handshake_report.h"
#include "openssl.h"
#include "peer_check.h"
#include "session_store.h"
#include "stream_bio.h"
#include "stream_hooks.h"

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using net::IoState;
using net::IoStep;

namespace {

struct SslRelease {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

bool is_numeric_address(const std::string& host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// vsftpd 3.0.3 and Pure-FTPd 1.0.50 know only P-256: a ClientHello whose key share is for another group costs a
// HelloRetryRequest. The first group of the list is the one OpenSSL makes a key share for.
void lead_with_group(SSL* ssl, int group) {
  if (group == 0) return;
  std::vector<int> groups{group};
  for (const int other : {NID_X25519, NID_X9_62_prime256v1, NID_secp384r1, NID_X448, NID_secp521r1}) {
    if (other != group) groups.push_back(other);
  }
  // A group that this OpenSSL cannot name leaves the default list in place.
  if (SSL_set1_groups(ssl, groups.data(), static_cast<int>(groups.size())) != 1) ERR_clear_error();
}

void expect_name(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl);
  if (is_numeric_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(expected, name.c_str(), name.size());
    // SSL_set_tlsext_host_name without its macro's C cast; OpenSSL copies the name.
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  }
}

base::SystemTime now() { return std::chrono::system_clock::now(); }

}  // namespace

class Stream::Impl {
 public:
  Impl(std::shared_ptr<Context> context, std::unique_ptr<net::ByteStream> lower, std::string host,
       std::optional<Fingerprint> required)
      : context_(std::move(context)),
        lower_(std::move(lower)),
        name_(context_->policy().server_name.empty() ? host : context_->policy().server_name),
        check_(context_->policy(), std::move(host), required),
        link_{.lower = lower_.get(), .error = {}, .ended = false} {}

  Status set_up(int group) {
    ssl_.reset(SSL_new(context_->native()));
    BIO* bio = ssl_ ? make_stream_bio(link_) : nullptr;
    if (bio == nullptr) return fail(Errc::internal, fmt::format("OpenSSL: {}", take_openssl_error()));
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_connect_state(ssl_.get());
    expect_name(ssl_.get(), name_);
    lead_with_group(ssl_.get(), group);
    return {};
  }

  void feed(SessionKeeper& keeper) { keeper_ = &keeper; }

  void resume_control() { resume(context_->control_sessions().duplicate(name_, now())); }

  void resume(const SessionPtr& session) {
    if (session) session_offered_ = SSL_set_session(ssl_.get(), session.get()) == 1;
  }

  Result<IoStep> try_handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      shaken_ = true;
      note_handshake();
      return IoStep{IoState::done};
    }
    auto step = explain(result);
    const bool ended = step && step->state == IoState::end_of_stream;
    // It may be the session that the server minds; the caller's next try shall do without.
    if ((!step || ended) && session_offered_ && keeper_ != nullptr) context_->forget_control_session();
    // A peer that hangs up in the handshake has refused it, and some say why on the control connection.
    if (ended) {
      return fail(Errc::connection_lost, "the peer closed the connection during the TLS handshake");
    }
    return step;
  }

  Result<IoStep> try_read(std::span<std::byte> out) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &count);
    if (result != 1) return explain(result);
    return IoStep{IoState::done, count};
  }

  Result<IoStep> try_write(std::span<const std::byte> data) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &count);
    if (result == 1) return IoStep{IoState::done, count};
    auto step = explain(result);
    if (!step && link_.error) take_parting_alert(step.error());
    return step;
  }

  Result<IoStep> try_close_notify() {
    if (failed_ || (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return IoStep{};
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    // 0: ours is out and the peer's is not here yet, which is all that ending our direction takes.
    if (result >= 0) return IoStep{};
    auto step = explain(result);
    if (!step || step->state != IoState::end_of_stream) return step;
    return IoStep{};
  }

  Result<IoStep> try_finish_writing() {
    auto step = try_close_notify();
    if (!step || step->state != IoState::done) return step;
    return lower_->try_finish_writing();
  }

  void reset() {
    // Without this, SSL_free would mark the session as bad; with it, an abandoned transfer is nobody else's business.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    lower_->reset();
  }

  int descriptor() const { return lower_->descriptor(); }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  bool closed_by_peer() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string description() const {
    return fmt::format("{} {}, {}", SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()),
                       resumed() ? "resumed" : "full handshake");
  }

  HandshakeInfo info() const {
    HandshakeInfo info = describe_handshake(*ssl_);
    info.session_offered = session_offered_;
    info.client_certificate_asked = certificate_asked_;
    return info;
  }

  void note_certificate_request() { certificate_asked_ = true; }

  void keep_session(SSL_SESSION& session) {
    if (keeper_ != nullptr) keep_copies(session);
  }

  PeerCheck& check() { return check_; }

 private:
  // Copies, because `session` is the one in use: what becomes of this connection would decide about it.
  void keep_copies(SSL_SESSION& session) {
    SessionPtr copy(SSL_SESSION_dup(&session));
    if (!copy) return;
    SSL_SESSION_up_ref(copy.get());
    context_->control_sessions().remember(name_, SessionPtr(copy.get()));
    keeper_->remember(std::move(copy));
  }

  void note_handshake() {
    const int group = static_cast<int>(SSL_get_negotiated_group(ssl_.get()));
    if (group > 0 && (group & TLSEXT_nid_unknown) == 0) context_->remember_group(group);
    if (keeper_ == nullptr) return;
    keeper_->set_group(context_->known_group());
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate != nullptr) keeper_->set_certificate(fingerprint_of(*certificate));
    // A resumed TLS 1.2 handshake may bring no new ticket; then the session in use is the newest.
    if (!keeper_->has_session() && SSL_version(ssl_.get()) < TLS1_3_VERSION) {
      keep_copies(*SSL_get0_session(ssl_.get()));
    }
  }

  Result<IoStep> explain(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ: return IoStep{IoState::want_read};
      case SSL_ERROR_WANT_WRITE: return IoStep{IoState::want_write};
      case SSL_ERROR_ZERO_RETURN: return IoStep{IoState::end_of_stream};
      default: break;
    }
    failed_ = true;
    auto error = reason_of_failure();
    ERR_clear_error();  // or this thread's next failure would be explained by it
    if (error) return std::unexpected(std::move(*error));
    return IoStep{IoState::end_of_stream};
  }

  // Nothing where `lower_` has simply ended.
  std::optional<base::Error> reason_of_failure() const {
    if (link_.error) return link_.error;
    if (check_.refusal()) return check_.refusal();
    if (link_.ended) return std::nullopt;
    return explain_failure(scene());
  }

  // A peer that hangs up while we write has said why before: under TLS 1.3 it judges our certificate after our end of
  // the handshake.
  void take_parting_alert(base::Error& error) {
    ERR_clear_error();
    std::byte ignored{};
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), &ignored, 1, &count);
    const bool failed = result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL;
    if (failed && is_alert(ERR_peek_error())) error = explain_failure(scene());
    ERR_clear_error();
  }

  FailureScene scene() const {
    return {.handshake_done = shaken_,
            .certificate_asked = certificate_asked_,
            .certificate_shown = !context_->policy().client_cert.empty()};
  }

  std::shared_ptr<Context> context_;
  std::unique_ptr<net::ByteStream> lower_;
  const std::string name_;  // what SNI says and the certificate must be for
  PeerCheck check_;
  BioLink link_;
  std::unique_ptr<SSL, SslRelease> ssl_;
  SessionKeeper* keeper_ = nullptr;
  bool session_offered_ = false;
  bool certificate_asked_ = false;
  bool shaken_ = false;  // SSL_is_init_finished forgets it after a fatal error
  bool failed_ = false;  // OpenSSL forbids SSL_shutdown after a fatal error
};

int keep_new_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Stream::Impl*>(SSL_get_app_data(ssl))->keep_session(*session);
  return 0;
}

int check_peer(X509_STORE_CTX* chain) {
  const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(chain, index));
  return static_cast<Stream::Impl*>(SSL_get_app_data(ssl))->check().verify(*chain);
}

int note_certificate_request(SSL* ssl) {
  static_cast<Stream::Impl*>(SSL_get_app_data(ssl))->note_certificate_request();
  return 1;
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::~Stream() = default;

Result<std::unique_ptr<Stream>> Stream::for_control(std::shared_ptr<Context> context,
                                                    std::unique_ptr<net::ByteStream> lower,
                                                    const std::string& host, SessionKeeper& keeper,
                                                    Resume resume) {
  const int group = context->known_group();
  auto impl = std::make_unique<Impl>(std::move(context), std::move(lower), host, std::nullopt);
  if (auto ok = impl->set_up(group); !ok) return fail(std::move(ok));
  impl->feed(keeper);
  if (resume == Resume::offer) impl->resume_control();
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

Result<std::unique_ptr<Stream>> Stream::for_data(std::shared_ptr<Context> context,
                                                 std::unique_ptr<net::ByteStream> lower,
                                                 const std::string& host, const SessionKeeper& control,
                                                 Resume resume) {
  auto impl = std::make_unique<Impl>(std::move(context), std::move(lower), host, control.certificate());
  if (auto ok = impl->set_up(control.group()); !ok) return fail(std::move(ok));
  if (resume == Resume::offer) impl->resume(control.duplicate());
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

Result<IoStep> Stream::try_handshake() { return impl_->try_handshake(); }
Result<IoStep> Stream::try_read(std::span<std::byte> out) { return impl_->try_read(out); }
Result<IoStep> Stream::try_write(std::span<const std::byte> data) { return impl_->try_write(data); }
Result<IoStep> Stream::try_close_notify() { return impl_->try_close_notify(); }
Result<IoStep> Stream::try_finish_writing() { return impl_->try_finish_writing(); }
void Stream::reset() { impl_->reset(); }
int Stream::descriptor() const { return impl_->descriptor(); }
bool Stream::resumed() const { return impl_->resumed(); }
bool Stream::closed_by_peer() const { return impl_->closed_by_peer(); }
HandshakeInfo Stream::info() const { return impl_->info(); }
std::string Stream::description() const { return impl_->description(); }

}  // namespace ftpsfs::tls
