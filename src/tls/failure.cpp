#include "failure.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "openssl.h"

namespace ftpsfs::tls {
namespace {

using base::Errc;
using base::Error;

// Alerts by which a server says that it minds our certificate. Under TLS 1.3 they come after our end of the handshake.
constexpr std::array kCertificateAlerts{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
                                        SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
                                        SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
                                        SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
                                        SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
                                        SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
                                        SSL_R_TLSV1_ALERT_UNKNOWN_CA,
                                        SSL_R_TLSV1_ALERT_ACCESS_DENIED};

bool minds_certificate(int reason, const FailureScene& scene) {
  if (!scene.certificate_asked) return false;
  // A TLS 1.2 server that misses one says no more than this.
  if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE) return !scene.handshake_done;
  return std::ranges::find(kCertificateAlerts, reason) != kCertificateAlerts.end();
}

std::string_view certificate_remedy(const FailureScene& scene) {
  return scene.certificate_shown ? "the server does not accept the client certificate in tls_cert="
                                 : "the server wants a client certificate: -o tls_cert=FILE";
}

std::optional<std::string_view> remedy(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
      return "the peer answered the TLS handshake with something that is not TLS";
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return "the server has no TLS version from tls_min= to tls_max= (ftpsfs knows 1.2 and 1.3)";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "the server finds nothing in common with what ftpsfs offers; if it is old, -o "
             "tls_ciphers=ALL:@SECLEVEL=0 offers more";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
      return "the server does not answer to the name that ftpsfs asked for: -o tls_servername=NAME";
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return "the server's keys are shorter or its hashes older than OpenSSL takes; -o "
             "tls_ciphers=DEFAULT:@SECLEVEL=0 lowers that";
    default: return std::nullopt;
  }
}

}  // namespace

Error explain_failure(const FailureScene& scene) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const std::string words = take_openssl_error();
  if (minds_certificate(reason, scene)) {
    return {Errc::tls_refused, fmt::format("{} ({})", certificate_remedy(scene), words), {}};
  }
  const Errc code = scene.handshake_done ? Errc::connection_lost : Errc::tls_refused;
  const auto sentence = scene.handshake_done ? std::nullopt : remedy(reason);
  if (reason == SSL_R_WRONG_VERSION_NUMBER && sentence) return {code, std::string(*sentence), {}};
  return {
      code, sentence ? fmt::format("{} ({})", *sentence, words) : fmt::format("TLS failed: {}", words), {}};
}

}  // namespace ftpsfs::tls
