#include "ftpsfs/tls/context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "client_identity.h"
#include "key_log.h"
#include "openssl.h"
#include "session_store.h"
#include "stream_hooks.h"
#include "trust.h"

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

constexpr bool kHasPostQuantumGroups = OPENSSL_VERSION_NUMBER >= 0x30500000L;

int native_version(Version version) { return version == Version::tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION; }

int on_new_session(SSL* ssl, SSL_SESSION* session) { return keep_new_session(ssl, session); }

int on_certificate(X509_STORE_CTX* chain, void*) { return check_peer(chain); }

int on_certificate_request(SSL* ssl, void*) { return note_certificate_request(ssl); }

void on_secret(const SSL* ssl, const char* line) {
  static_cast<const KeyLog*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->write_line(line);
}

void configure(SSL_CTX* context, const Policy& policy) {
  SSL_CTX_set_min_proto_version(context, native_version(policy.min_version));
  SSL_CTX_set_max_proto_version(context, native_version(policy.max_version));
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);

  // Sessions are kept by SessionKeeper and SessionStore alone: OpenSSL's own cache would hand them to the wrong
  // connection.
  SSL_CTX_set_session_cache_mode(
      context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_sess_set_new_cb(context, &on_new_session);

  SSL_CTX_set_cert_cb(context, &on_certificate_request, nullptr);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &on_certificate, nullptr);
}

Status set_ciphers(SSL_CTX& context, const Policy& policy) {
  if (!policy.ciphers.empty() && SSL_CTX_set_cipher_list(&context, policy.ciphers.c_str()) != 1) {
    return fail(
        Errc::invalid_argument,
        fmt::format(
            "tls_ciphers={} names no TLS 1.2 cipher that OpenSSL has ({}); 'openssl ciphers -tls1_2 -s' "
            "lists them",
            base::printable(policy.ciphers), take_openssl_error()));
  }
  if (!policy.ciphersuites.empty() && SSL_CTX_set_ciphersuites(&context, policy.ciphersuites.c_str()) != 1) {
    return fail(
        Errc::invalid_argument,
        fmt::format("tls_ciphersuites={} names no TLS 1.3 cipher that OpenSSL has ({}); 'openssl ciphers "
                    "-tls1_3 -s' lists them",
                    base::printable(policy.ciphersuites), take_openssl_error()));
  }
  return {};
}

}  // namespace

void Context::Release::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Context::Context(const Policy& policy)
    : policy_(policy),
      control_sessions_(std::make_unique<SessionStore>(policy_)),
      known_group_(kHasPostQuantumGroups ? 0 : NID_X9_62_prime256v1) {}

Context::~Context() = default;

Result<std::shared_ptr<Context>> Context::create(const Policy& policy, const base::Secret& key_passphrase) {
  std::shared_ptr<Context> context(new Context(policy));
  if (auto ok = context->set_up(key_passphrase); !ok) return fail(std::move(ok));
  return context;
}

Status Context::set_up(const base::Secret& key_passphrase) {
  if (policy_.min_version > policy_.max_version) {
    return fail(Errc::invalid_argument, "tls_min is above tls_max: no TLS version is left");
  }
  native_.reset(SSL_CTX_new(TLS_client_method()));
  if (!native_) return fail(Errc::internal, fmt::format("OpenSSL: {}", take_openssl_error()));
  configure(native_.get(), policy_);
  if (auto ok = set_ciphers(*native_, policy_); !ok) return ok;
  if (auto ok = load_trust(*native_, policy_); !ok) return ok;
  if (auto ok = load_client_identity(*native_, policy_, key_passphrase); !ok) return ok;
  return policy_.keylog_file.empty() ? Status{} : log_keys();
}

Status Context::log_keys() {
  auto log = KeyLog::open(policy_.keylog_file);
  if (!log) return fail(std::move(log));
  key_log_ = std::move(*log);
  SSL_CTX_set_app_data(native_.get(), key_log_.get());
  SSL_CTX_set_keylog_callback(native_.get(), &on_secret);
  return {};
}

void Context::forget_control_session() { control_sessions_->forget(); }

}  // namespace ftpsfs::tls
