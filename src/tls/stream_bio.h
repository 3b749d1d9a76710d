#pragma once

#include <openssl/bio.h>

#include <optional>

#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::tls {

// What OpenSSL reads from and writes to: a ByteStream instead of a socket, so that tests can put faults below TLS.
struct BioLink {
  net::ByteStream* lower = nullptr;
  std::optional<base::Error> error;  // of `lower`, where OpenSSL only says "system call"
  bool ended = false;                // `lower` reached its end
};

// A BIO over `link`, which must outlive it. Null when out of memory.
BIO* make_stream_bio(BioLink& link);

}  // namespace ftpsfs::tls
