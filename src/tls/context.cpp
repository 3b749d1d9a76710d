#include "ftpsfs/tls/context.h"

#include <openssl/ssl.h>

#include <fmt/format.h>

#include "openssl.h"
#include "stream_hooks.h"

namespace ftpsfs::tls {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

int native_version(Version version) { return version == Version::tls1_2 ? TLS1_2_VERSION : TLS1_3_VERSION; }

int on_new_session(SSL* ssl, SSL_SESSION* session) { return keep_new_session(ssl, session); }

int on_certificate(X509_STORE_CTX* chain, void*) { return check_peer(chain); }

int on_certificate_request(SSL* ssl, void*) { return note_certificate_request(ssl); }

}  // namespace

void Context::Release::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Context::~Context() = default;

Result<std::shared_ptr<Context>> Context::create(const Policy& policy) {
  std::shared_ptr<Context> context(new Context(policy));
  if (auto ok = context->set_up(); !ok) return fail(std::move(ok));
  return context;
}

Status Context::set_up() {
  if (policy_.min_version > policy_.max_version) {
    return fail(Errc::invalid_argument, "tls_min is above tls_max: no TLS version is left");
  }
  native_.reset(SSL_CTX_new(TLS_client_method()));
  if (!native_) return fail(Errc::internal, fmt::format("OpenSSL: {}", take_openssl_error()));
  SSL_CTX* ssl_ctx = native_.get();

  SSL_CTX_set_min_proto_version(ssl_ctx, native_version(policy_.min_version));
  SSL_CTX_set_max_proto_version(ssl_ctx, native_version(policy_.max_version));
  SSL_CTX_set_options(ssl_ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(ssl_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);

  // Sessions are kept by SessionKeeper alone: OpenSSL's own cache would hand them to the wrong connection.
  SSL_CTX_set_session_cache_mode(
      ssl_ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_sess_set_new_cb(ssl_ctx, &on_new_session);

  SSL_CTX_set_cert_cb(ssl_ctx, &on_certificate_request, nullptr);
  SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(ssl_ctx, &on_certificate, nullptr);
  if (policy_.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(ssl_ctx);
  } else if (SSL_CTX_load_verify_file(ssl_ctx, policy_.ca_file.c_str()) != 1) {
    return fail(Errc::invalid_argument, fmt::format("ca_file={} holds no readable PEM certificates: {}",
                                                    policy_.ca_file, take_openssl_error()));
  }
  return {};
}

}  // namespace ftpsfs::tls
