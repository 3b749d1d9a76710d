#include "tls_material.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace ftpsfs::testing {

namespace {

constexpr long kOneDay = 24L * 3600;
constexpr long kTenYears = 3650L * kOneDay;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

EvpKeyPtr make_key(KeyKind kind) {
  EvpKeyPtr key(kind == KeyKind::rsa2048 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                                         : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr, "key generation");
  return key;
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  require(extension != nullptr, "extension");
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  require(added == 1, "adding an extension");
}

void set_random_serial(X509* certificate) {
  std::uint32_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1U) == 1, "serial");
}

void set_names(X509* certificate) {
  const std::string common_name = "localhost";
  X509_NAME* name = X509_get_subject_name(certificate);
  require(
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1,
      "subject");
  require(X509_set_issuer_name(certificate, name) == 1, "issuer");
}

X509Ptr make_certificate(EVP_PKEY* key) {
  X509Ptr certificate(X509_new());
  require(certificate != nullptr, "allocation");
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_random_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kOneDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kTenYears);
  set_names(certificate.get());
  require(X509_set_pubkey(certificate.get(), key) == 1, "public key");
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
  return certificate;
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  std::array<char, 4096> text{};
  const int size = BIO_read(bio.get(), text.data(), static_cast<int>(text.size()));
  require(size > 0, "PEM text");
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string sha256_hex(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1, "digest");
  constexpr const char* digits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4U];
    hex += digits[digest[i] & 15U];
  }
  return hex;
}

}  // namespace

TlsMaterial::TlsMaterial(KeyKind kind)
    : key_(make_key(kind)),
      certificate_(make_certificate(key_.get())),
      certificate_pem_(to_pem(certificate_.get())),
      fingerprint_(sha256_hex(certificate_.get())) {}

void TlsMaterial::write_certificate(const std::filesystem::path& file) const {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << certificate_pem_;
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace ftpsfs::testing
