#include "client_identity.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "certificate_info.h"
#include "ftpsfs/base/user_file.h"
#include "openssl.h"
#include "openssl_ptr.h"

namespace ftpsfs::tls {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Secret;
using base::Status;

constexpr std::size_t kMaxFile = 1 << 20;
constexpr int kMaxChain = 16;
constexpr char kDerSequence = '\x30';  // how PKCS#12 begins, and PEM never

struct Identity {
  CertificatePtr certificate;
  KeyPtr key;
  CertificatesPtr chain;
};

// One file that an option names, in memory.
struct Source {
  std::string option;  // "tls_cert=/home/…"
  std::string what;    // "tls_cert= file"
  std::string path;
  base::UniqueFd opened;
  Secret content;

  bool is_pkcs12() const { return content.reveal().starts_with(kDerSequence); }
  BioPtr bio() const {
    return BioPtr(BIO_new_mem_buf(content.reveal().data(), static_cast<int>(content.reveal().size())));
  }
  Status demand_private() const { return base::check_private(opened, path, what); }
};

Result<Source> open_source(std::string_view name, const std::string& path) {
  Source source{.option = fmt::format("{}={}", name, base::printable(path)),
                .what = fmt::format("{}= file", name),
                .path = path,
                .opened = {},
                .content = {}};
  auto opened = base::open_user_file(path, source.what);
  if (!opened) return fail(std::move(opened));
  source.opened = std::move(*opened);
  auto content = base::read_user_file(source.opened, kMaxFile, path, source.what);
  if (!content) return fail(std::move(content));
  source.content = std::move(*content);
  return source;
}

// What OpenSSL is told instead of prompting on the terminal.
struct Passphrase {
  const Secret& secret;
  bool wanted = false;
};

int give_passphrase(char* buffer, int size, int /*for_writing*/, void* argument) {
  auto& passphrase = *static_cast<Passphrase*>(argument);
  passphrase.wanted = true;
  const std::string_view text = passphrase.secret.reveal();
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

std::unexpected<base::Error> passphrase_error(const Source& source, const Secret& passphrase) {
  ERR_clear_error();
  if (passphrase.empty()) {
    return fail(
        Errc::invalid_argument,
        fmt::format("{} is encrypted; name the file with its passphrase: -o tls_key_passphrase_file=FILE",
                    source.option));
  }
  return fail(Errc::invalid_argument,
              fmt::format("the passphrase in tls_key_passphrase_file= does not open {}", source.option));
}

Result<KeyPtr> read_pem_key(const Source& source, const Secret& passphrase) {
  Passphrase given{passphrase};
  const BioPtr bio = source.bio();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_passphrase, &given));
  if (!key && given.wanted) return passphrase_error(source, passphrase);
  const std::string reason = key ? std::string() : take_openssl_error();
  if (!key) {
    return fail(Errc::invalid_argument,
                fmt::format("{} holds no private key in PEM form ({}); name its file with -o "
                            "tls_key=FILE",
                            source.option, reason));
  }
  if (auto ok = source.demand_private(); !ok) return fail(std::move(ok));
  return key;
}

Status read_pem_certificates(const Source& source, Identity& identity) {
  const BioPtr bio = source.bio();
  // An encrypted certificate, which nobody writes, would otherwise be asked for on the terminal.
  const Secret none;
  Passphrase given{none};
  const auto read = [&] { return PEM_read_bio_X509(bio.get(), nullptr, &give_passphrase, &given); };
  identity.certificate.reset(read());
  if (!identity.certificate) {
    return fail(Errc::invalid_argument, fmt::format("{} holds no certificate in PEM or PKCS#12 form: {}",
                                                    source.option, take_openssl_error()));
  }
  identity.chain.reset(sk_X509_new_null());
  while (sk_X509_num(identity.chain.get()) < kMaxChain) {
    CertificatePtr next(read());
    if (!next || sk_X509_push(identity.chain.get(), next.get()) == 0) break;
    (void)next.release();  // the chain's now
  }
  ERR_clear_error();
  return {};
}

Result<Identity> read_pem(const Source& source, const Policy& policy, const Secret& passphrase) {
  Identity identity;
  if (auto ok = read_pem_certificates(source, identity); !ok) return fail(std::move(ok));
  if (policy.client_key.empty()) {
    auto key = read_pem_key(source, passphrase);
    if (!key) return fail(std::move(key));
    identity.key = std::move(*key);
    return identity;
  }
  auto key_source = open_source("tls_key", policy.client_key);
  if (!key_source) return fail(std::move(key_source));
  auto key = read_pem_key(*key_source, passphrase);
  if (!key) return fail(std::move(key));
  identity.key = std::move(*key);
  return identity;
}

// No passphrase and an empty one are two things in PKCS#12; both mean "none" to a user.
bool opens(PKCS12& store, const Secret& passphrase) {
  const std::string_view text = passphrase.reveal();
  if (!text.empty()) return PKCS12_verify_mac(&store, text.data(), static_cast<int>(text.size())) == 1;
  return PKCS12_verify_mac(&store, nullptr, 0) == 1 || PKCS12_verify_mac(&store, "", 0) == 1;
}

Result<Identity> read_pkcs12(const Source& source, const Secret& passphrase) {
  if (auto ok = source.demand_private(); !ok) return fail(std::move(ok));
  const BioPtr bio = source.bio();
  const Pkcs12Ptr store(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!store) {
    return fail(Errc::invalid_argument,
                fmt::format("{} looks like PKCS#12 and is not: {}", source.option, take_openssl_error()));
  }
  if (!opens(*store, passphrase)) return passphrase_error(source, passphrase);
  std::string text(passphrase.reveal());  // which need not end in a NUL
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  const bool parsed = PKCS12_parse(store.get(), text.c_str(), &key, &certificate, &chain) == 1;
  base::wipe(text);
  Identity identity{
      .certificate = CertificatePtr(certificate), .key = KeyPtr(key), .chain = CertificatesPtr(chain)};
  if (!parsed) {
    return fail(
        Errc::invalid_argument,
        fmt::format("{} cannot be read ({}); if it is encrypted in an old way, write it anew with: openssl "
                    "pkcs12 -legacy",
                    source.option, take_openssl_error()));
  }
  if (!identity.key || !identity.certificate) {
    return fail(Errc::invalid_argument,
                fmt::format("{} does not hold both a certificate and its key", source.option));
  }
  return identity;
}

Status check_dates(const Source& source, const X509& certificate) {
  const auto day = [](const ASN1_TIME* time) {
    return fmt::format("{:%Y-%m-%d}", std::chrono::floor<std::chrono::seconds>(to_system_time(*time)));
  };
  const ASN1_TIME* first = X509_get0_notBefore(&certificate);
  const ASN1_TIME* last = X509_get0_notAfter(&certificate);
  if (X509_cmp_current_time(last) < 0) {
    return fail(Errc::invalid_argument,
                fmt::format("the client certificate in {} expired on {}: it has to be renewed", source.option,
                            day(last)));
  }
  if (X509_cmp_current_time(first) > 0) {
    return fail(
        Errc::invalid_argument,
        fmt::format("the client certificate in {} is valid only from {} on; is this machine's clock right?",
                    source.option, day(first)));
  }
  return {};
}

Status install(SSL_CTX& context, const Source& source, const Identity& identity) {
  if (X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
    ERR_clear_error();
    return fail(
        Errc::invalid_argument,
        fmt::format("the private key does not belong to the client certificate in {} (tls_key=, tls_cert=)",
                    source.option));
  }
  if (auto ok = check_dates(source, *identity.certificate); !ok) return ok;
  if (SSL_CTX_use_cert_and_key(&context, identity.certificate.get(), identity.key.get(), identity.chain.get(),
                               1) == 1) {
    return {};
  }
  return fail(Errc::invalid_argument, fmt::format("the client certificate in {} cannot be used: {}",
                                                  source.option, take_openssl_error()));
}

}  // namespace

Status load_client_identity(SSL_CTX& context, const Policy& policy, const Secret& key_passphrase) {
  if (policy.client_cert.empty()) {
    if (policy.client_key.empty()) return {};
    return fail(Errc::invalid_argument,
                "tls_key= needs the certificate that belongs to it: -o tls_cert=FILE");
  }
  auto source = open_source("tls_cert", policy.client_cert);
  if (!source) return fail(std::move(source));
  if (source->is_pkcs12() && !policy.client_key.empty()) {
    return fail(Errc::invalid_argument,
                fmt::format("{} is PKCS#12 and holds its key itself; leave tls_key= out", source->option));
  }
  auto identity =
      source->is_pkcs12() ? read_pkcs12(*source, key_passphrase) : read_pem(*source, policy, key_passphrase);
  if (!identity) return fail(std::move(identity));
  return install(context, *source, *identity);
}

}  // namespace ftpsfs::tls
