#include "certificate_info.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "openssl.h"
#include "openssl_ptr.h"

namespace ftpsfs::tls {
namespace {

std::string text_of(const X509_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  // RFC 2253 would escape what is not ASCII; names are shown, and made printable there.
  if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    return {};
  const char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string text_of(const ASN1_STRING* string) {
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  return {bytes, static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_STRING* string) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(string) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(string) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(string), text.data(), text.size()) == nullptr
             ? ""
             : text.data();
}

std::string curve_of(const EVP_PKEY* key) {
  std::array<char, 80> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return "of an unnamed curve";
  const char* nist = EC_curve_nid2nist(OBJ_sn2nid(name.data()));
  return nist != nullptr ? nist : name.data();
}

std::string kind_of(const EVP_PKEY* key) {
  if (key == nullptr) return "of an unknown kind";
  const int id = EVP_PKEY_get_base_id(key);
  if (id == EVP_PKEY_EC) return "EC " + curve_of(key);
  const char* kind = EVP_PKEY_get0_type_name(key);
  const std::string name = kind != nullptr ? kind : OBJ_nid2sn(id);
  return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? name
                                                        : fmt::format("{} {}", name, EVP_PKEY_get_bits(key));
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> result;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) result.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) result.push_back(address_of(name->d.iPAddress));
  }
  return result;
}

base::SystemTime to_system_time(const ASN1_TIME& time) {
  // 64-bit nanoseconds end in 2262.
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(base::SystemTime::max());
  constexpr auto kFirst = std::chrono::ceil<std::chrono::seconds>(base::SystemTime::min());
  std::tm calendar{};
  if (ASN1_TIME_to_tm(&time, &calendar) != 1) return {};
  const std::chrono::sys_seconds seconds{std::chrono::seconds{::timegm(&calendar)}};
  return std::clamp<std::chrono::sys_seconds>(seconds, kFirst, kLast);
}

CertificateInfo describe(X509& certificate) {
  CertificateInfo info;
  info.subject = text_of(X509_get_subject_name(&certificate));
  info.issuer = text_of(X509_get_issuer_name(&certificate));
  info.names = names_of(certificate);
  info.not_before = to_system_time(*X509_get0_notBefore(&certificate));
  info.not_after = to_system_time(*X509_get0_notAfter(&certificate));
  info.key = kind_of(X509_get0_pubkey(&certificate));
  info.fingerprint = fingerprint_of(certificate);
  info.public_key = key_fingerprint_of(certificate);
  info.self_signed = X509_self_signed(&certificate, 0) == 1;
  return info;
}

}  // namespace ftpsfs::tls
