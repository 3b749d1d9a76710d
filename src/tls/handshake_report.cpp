#include "handshake_report.h"

#include "certificate_info.h"
#include "openssl.h"

namespace ftpsfs::tls {
namespace {

std::vector<CertificateInfo> describe_chain(const SSL& ssl) {
  std::vector<CertificateInfo> chain;
  const STACK_OF(X509)* sent = SSL_get_peer_cert_chain(&ssl);
  for (int i = 0; sent != nullptr && i < sk_X509_num(sent); ++i)
    chain.push_back(describe(*sk_X509_value(sent, i)));
  X509* own = SSL_get0_peer_certificate(&ssl);
  if (chain.empty() && own != nullptr) chain.push_back(describe(*own));
  return chain;
}

std::string agreed_protocol(const SSL& ssl) {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(&ssl, &name, &length);
  return name == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(name), length);
}

}  // namespace

HandshakeInfo describe_handshake(SSL& ssl) {
  HandshakeInfo info;
  info.version = SSL_get_version(&ssl);
  info.cipher = SSL_get_cipher_name(&ssl);
  const long group = SSL_get_negotiated_group(&ssl);
  const char* group_name = group > 0 ? SSL_group_to_name(&ssl, static_cast<int>(group)) : nullptr;
  if (group_name != nullptr) info.group = group_name;
  info.alpn = agreed_protocol(ssl);
  info.resumed = SSL_session_reused(&ssl) == 1;
  info.chain = describe_chain(ssl);
  info.objection = explain_verification(SSL_get_verify_result(&ssl));
  return info;
}

}  // namespace ftpsfs::tls
