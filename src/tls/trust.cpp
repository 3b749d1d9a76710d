#include "trust.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "openssl.h"

namespace ftpsfs::tls {
namespace {

using base::Errc;
using base::fail;
using base::printable;
using base::Status;

Status load_ca_file(SSL_CTX& context, const std::string& file) {
  if (SSL_CTX_load_verify_file(&context, file.c_str()) == 1) return {};
  return fail(Errc::invalid_argument, fmt::format("ca_file={} holds no readable PEM certificates: {}",
                                                  printable(file), take_openssl_error()));
}

// OpenSSL looks into the folder only when it needs an issuer, and is silent about one that is not there.
Status load_ca_path(SSL_CTX& context, const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return fail(Errc::invalid_argument, fmt::format("ca_path={} is not a folder", printable(folder)));
  }
  if (SSL_CTX_load_verify_dir(&context, folder.c_str()) == 1) return {};
  return fail(Errc::invalid_argument, fmt::format("ca_path={}: {}", printable(folder), take_openssl_error()));
}

Status load_crl_file(SSL_CTX& context, const Policy& policy) {
  if (!policy.pins.empty() || !policy.verify) {
    return fail(Errc::invalid_argument,
                "crl_file= has no effect with tls_pin= or tls_verify=no, which trust a certificate without "
                "its issuer; leave one of them out");
  }
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (lookup == nullptr || X509_load_crl_file(lookup, policy.crl_file.c_str(), X509_FILETYPE_PEM) <= 0) {
    return fail(Errc::invalid_argument, fmt::format("crl_file={} holds no readable PEM revocation list: {}",
                                                    printable(policy.crl_file), take_openssl_error()));
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

}  // namespace

Status load_trust(SSL_CTX& context, const Policy& policy) {
  if (policy.ca_file.empty() && policy.ca_path.empty()) SSL_CTX_set_default_verify_paths(&context);
  if (!policy.ca_file.empty()) {
    if (auto ok = load_ca_file(context, policy.ca_file); !ok) return ok;
  }
  if (!policy.ca_path.empty()) {
    if (auto ok = load_ca_path(context, policy.ca_path); !ok) return ok;
  }
  return policy.crl_file.empty() ? Status{} : load_crl_file(context, policy);
}

}  // namespace ftpsfs::tls
