#pragma once

#include <string>
#include <vector>

#include "ftpsfs/tls/pin.h"

namespace ftpsfs::tls {

enum class Version { tls1_2, tls1_3 };

// What the user demands of a server's TLS, and what is shown to it. Files are read when a Context is made; empty texts
// ask for nothing.
struct Policy {
  bool verify = true;        // chain and name; ignored when a pin is given
  std::vector<Pin> pins;     // any of them, and that is enough
  std::string ca_file;       // PEM; without it and ca_path the system's trust store
  std::string ca_path;       // a folder of PEM files named by hash (openssl rehash)
  std::string crl_file;      // PEM; the server's own certificate is looked up in it
  std::string server_name;   // sent as SNI and verified instead of the host's name
  std::string ciphers;       // TLS 1.2, OpenSSL's list; "@SECLEVEL=0" lowers its demands on keys and hashes
  std::string ciphersuites;  // TLS 1.3
  Version min_version = Version::tls1_2;
  Version max_version = Version::tls1_3;

  // PEM, which may hold chain and key as well, or PKCS#12 with all of them.
  std::string client_cert;
  // PEM; without it the key is in client_cert. Whatever holds the key must be private.
  std::string client_key;

  std::string keylog_file;  // for Wireshark: the secrets of every session are appended (SSLKEYLOGFILE format)
};

}  // namespace ftpsfs::tls
