#include "tls_material.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <span>
#include <stdexcept>

namespace ftpsfs::testing {

namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

EvpKeyPtr make_key(const CertificateSpec& spec) {
  if (spec.key_of) {
    EVP_PKEY_up_ref(spec.key_of->key());
    return EvpKeyPtr(spec.key_of->key());
  }
  EvpKeyPtr key(spec.kind == KeyKind::rsa2048 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                                              : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr, "key generation");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
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

void set_subject(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text, -1, -1,
                                     0) == 1,
          "subject");
}

void set_period(X509* certificate, const CertificateSpec& spec) {
  X509_gmtime_adj(X509_getm_notBefore(certificate), std::chrono::seconds(spec.starts).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), std::chrono::seconds(spec.ends).count());
}

X509Ptr make_certificate(const CertificateSpec& spec, EVP_PKEY* key) {
  X509Ptr made(X509_new());
  X509* certificate = made.get();
  require(certificate != nullptr, "allocation");
  X509* issuer = spec.issuer ? spec.issuer->certificate() : certificate;
  X509_set_version(certificate, X509_VERSION_3);
  set_random_serial(certificate);
  set_period(certificate, spec);
  set_subject(certificate, spec.common_name);
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "issuer");
  require(X509_set_pubkey(certificate, key) == 1, "public key");
  add_extension(certificate, issuer, NID_basic_constraints, spec.issuer ? "CA:FALSE" : "critical,CA:TRUE");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (spec.issuer) add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (!spec.names.empty()) add_extension(certificate, issuer, NID_subject_alt_name, spec.names.c_str());
  EVP_PKEY* signer = spec.issuer ? spec.issuer->key() : key;
  require(X509_sign(certificate, signer, EVP_sha256()) > 0, "signature");
  return made;
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  std::array<char, 4096> text{};
  const int size = BIO_read(bio.get(), text.data(), static_cast<int>(text.size()));
  require(size > 0, "PEM text");
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string hex_of(std::span<const unsigned char> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += digits[byte >> 4U];
    hex += digits[byte & 15U];
  }
  return hex;
}

std::string sha256_hex(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require(X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1, "digest");
  return hex_of(std::span(digest).first(size));
}

std::string sha256_hex_of_key(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  require(length > 0, "public key");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int digested =
      EVP_Digest(der, static_cast<std::size_t>(length), digest.data(), &size, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  require(digested == 1, "digest");
  return hex_of(std::span(digest).first(size));
}

}  // namespace

TlsMaterial::TlsMaterial(KeyKind kind) : TlsMaterial(CertificateSpec{.kind = kind}) {}

TlsMaterial::TlsMaterial(const CertificateSpec& spec)
    : key_(make_key(spec)),
      certificate_(make_certificate(spec, key_.get())),
      certificate_pem_(to_pem(certificate_.get())),
      fingerprint_(sha256_hex(certificate_.get())),
      key_fingerprint_(sha256_hex_of_key(key_.get())) {}

void TlsMaterial::write_certificate(const std::filesystem::path& file) const {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << certificate_pem_;
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace ftpsfs::testing
