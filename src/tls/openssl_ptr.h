#pragma once

// Owners of OpenSSL's objects.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace ftpsfs::tls {

template <auto Release>
struct OpensslRelease {
  template <class T>
  void operator()(T* object) const {
    Release(object);
  }
};

struct CertificatesRelease {
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_pop_free(certificates, X509_free); }
};

using BioPtr = std::unique_ptr<BIO, OpensslRelease<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, OpensslRelease<X509_free>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), CertificatesRelease>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslRelease<EVP_PKEY_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslRelease<GENERAL_NAMES_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslRelease<PKCS12_free>>;

}  // namespace ftpsfs::tls
