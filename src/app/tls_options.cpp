#include "tls_options.h"

#include <algorithm>
#include <array>

#include "option_values.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Status;

constexpr std::size_t kMostPins = 16;

Status set_tls(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<TlsMode>{"explicit", TlsMode::explicit_tls},
                              Word<TlsMode>{"implicit", TlsMode::implicit_tls},
                              Word<TlsMode>{"none", TlsMode::none}};
  return set_word(options.tls, text, kWords);
}

// A file or folder, as the TLS layer takes it.
template <auto Field>
Status set_file(Options& options, std::string_view text) {
  auto path = parse_path_value(text);
  if (!path) return fail(std::move(path));
  options.tls_policy.*Field = path->native();
  return {};
}

template <auto Field>
Status set_list(Options& options, std::string_view text) {
  if (text.empty())
    return fail(Errc::invalid_argument, "it takes names of ciphers, with colons between them");
  options.tls_policy.*Field = text;
  return {};
}

template <auto Field>
Status set_tls_version(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<tls::Version>{"1.2", tls::Version::tls1_2},
                              Word<tls::Version>{"1.3", tls::Version::tls1_3}};
  return set_word(options.tls_policy.*Field, text, kWords);
}

// The one option that adds: before a renewal both certificates are pinned.
Status add_pin(Options& options, std::string_view text) {
  auto pin = tls::parse_pin(text);
  if (!pin) return fail(std::move(pin));
  auto& pins = options.tls_policy.pins;
  if (pins.size() == kMostPins) return fail(Errc::invalid_argument, "there are more than 16 of them");
  if (std::ranges::find(pins, *pin) == pins.end()) pins.push_back(*pin);
  return {};
}

Status set_verify(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<bool>{"yes", true}, Word<bool>{"no", false}};
  return set_word(options.tls_policy.verify, text, kWords);
}

Status set_server_name(Options& options, std::string_view text) {
  const bool odd =
      std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == '/'; });
  if (text.empty() || text.size() > 253 || odd) {
    return fail(Errc::invalid_argument,
                "it takes the name that the server's certificate is for, as in ftp.example.org");
  }
  options.tls_policy.server_name = text;
  return {};
}

Status set_passphrase_file(Options& options, std::string_view text) {
  auto path = parse_path_value(text);
  if (!path) return fail(std::move(path));
  options.tls_key_passphrase_file = std::move(*path);
  return {};
}

constexpr std::array kTable{
    OptionSpec{"tls", "MODE", "explicit, implicit, or none for clear text", set_tls},
    OptionSpec{"ca_file", "FILE", "trust these certificate authorities (PEM) instead of the system's",
               set_file<&tls::Policy::ca_file>},
    OptionSpec{"ca_path", "FOLDER", "the same from a folder made by 'openssl rehash'",
               set_file<&tls::Policy::ca_path>},
    OptionSpec{"crl_file", "FILE", "revocation list (PEM) that the server's certificate is looked up in",
               set_file<&tls::Policy::crl_file>},
    OptionSpec{"tls_pin", "sha256:HEX",
               "trust exactly the certificate, or (key:sha256:HEX) the key, with this fingerprint", add_pin},
    OptionSpec{"tls_verify", "yes|no", "check the server's certificate (yes)", set_verify},
    OptionSpec{"tls_servername", "NAME", "name to ask for and to verify instead of the source's",
               set_server_name},
    OptionSpec{"tls_min", "1.2|1.3", "oldest TLS version to use (1.2)",
               set_tls_version<&tls::Policy::min_version>},
    OptionSpec{"tls_max", "1.2|1.3", "newest TLS version to use (1.3)",
               set_tls_version<&tls::Policy::max_version>},
    OptionSpec{"tls_ciphers", "A:B:…", "ciphers of TLS 1.2, as OpenSSL names them",
               set_list<&tls::Policy::ciphers>},
    OptionSpec{"tls_ciphersuites", "A:B:…", "ciphers of TLS 1.3", set_list<&tls::Policy::ciphersuites>},
    OptionSpec{"tls_cert", "FILE", "client certificate: PEM, or PKCS#12 with its key",
               set_file<&tls::Policy::client_cert>},
    OptionSpec{"tls_key", "FILE", "its private key (PEM, mode 0600), where tls_cert does not hold it",
               set_file<&tls::Policy::client_key>},
    OptionSpec{"tls_key_passphrase_file", "FILE", "file with the passphrase of that key, mode 0600",
               set_passphrase_file},
    OptionSpec{"keylog", "FILE", "append the secrets of all TLS sessions, to decrypt recorded traffic",
               set_file<&tls::Policy::keylog_file>},
};

}  // namespace

std::span<const OptionSpec> tls_option_table() { return kTable; }

}  // namespace ftpsfs::app
