#include "tls_material_files.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <sys/stat.h>

#include <stdexcept>

namespace ftpsfs::testing {

namespace {

using CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<X509_CRL_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslDeleter<PKCS12_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, OpensslDeleter<ASN1_TIME_free>>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

BioPtr create(const std::filesystem::path& file) {
  BioPtr bio(BIO_new_file(file.c_str(), "w"));
  require(bio != nullptr && ::chmod(file.c_str(), 0600) == 0, file.c_str());
  return bio;
}

void put_key(BIO* bio, EVP_PKEY* key, const std::string& passphrase) {
  const auto* text = passphrase.empty() ? nullptr : passphrase.c_str();
  const EVP_CIPHER* cipher = passphrase.empty() ? nullptr : EVP_aes_256_cbc();
  require(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, text, static_cast<int>(passphrase.size()), nullptr,
                                        nullptr) == 1,
          "key");
}

void revoke(X509_CRL* list, const X509* certificate, const ASN1_TIME* when) {
  X509_REVOKED* entry = X509_REVOKED_new();
  auto* serial = ASN1_INTEGER_dup(X509_get0_serialNumber(certificate));
  const bool made = X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                    X509_REVOKED_set_revocationDate(entry, TimePtr(ASN1_STRING_dup(when)).get()) == 1;
  ASN1_INTEGER_free(serial);
  require(made && X509_CRL_add0_revoked(list, entry) == 1, "revocation");
}

}  // namespace

void write_key(const TlsMaterial& material, const std::filesystem::path& file,
               const std::string& passphrase) {
  const BioPtr bio = create(file);
  put_key(bio.get(), material.key(), passphrase);
}

void write_identity(const TlsMaterial& material, const std::filesystem::path& file) {
  const BioPtr bio = create(file);
  require(PEM_write_bio_X509(bio.get(), material.certificate()) == 1, "certificate");
  put_key(bio.get(), material.key(), {});
}

void write_pkcs12(const TlsMaterial& material, const std::filesystem::path& file,
                  const std::string& passphrase) {
  const Pkcs12Ptr store(PKCS12_create(passphrase.c_str(), "test", material.key(), material.certificate(),
                                      nullptr, 0, 0, 0, 0, 0));
  const BioPtr bio = create(file);
  require(store != nullptr && i2d_PKCS12_bio(bio.get(), store.get()) == 1, "PKCS#12");
}

void write_revocation_list(const TlsMaterial& issuer, const std::vector<const TlsMaterial*>& revoked,
                           std::chrono::hours lifetime, const std::filesystem::path& file) {
  constexpr std::chrono::hours kDay{24};
  const CrlPtr list(X509_CRL_new());
  const TimePtr first(X509_gmtime_adj(nullptr, -std::chrono::seconds(kDay).count()));
  const TimePtr last(X509_gmtime_adj(nullptr, std::chrono::seconds(lifetime - kDay).count()));
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate()));
  X509_CRL_set1_lastUpdate(list.get(), first.get());
  X509_CRL_set1_nextUpdate(list.get(), last.get());
  for (const TlsMaterial* material : revoked) revoke(list.get(), material->certificate(), first.get());
  X509_CRL_sort(list.get());
  require(X509_CRL_sign(list.get(), issuer.key(), EVP_sha256()) > 0, "signature of the list");
  const BioPtr bio = create(file);
  require(PEM_write_bio_X509_CRL(bio.get(), list.get()) == 1, "revocation list");
}

}  // namespace ftpsfs::testing
