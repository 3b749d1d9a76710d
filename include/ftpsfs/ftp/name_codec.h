#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Turns the names of a server that uses another charset into UTF-8, and back. Every name of the server becomes exactly
// one name here, and that name leads back to it, byte for byte:
//
// - A byte that is no character of the charset appears as the private-use character U+F700 + byte (U+F780 to U+F7FF).
// - A name that would not come back the same (because it has such characters of its own, or because the charset has two
//   forms of one character) appears with all its bytes from 0x80 on written so.
//
// Only charsets that contain ASCII as it is, which leaves out UTF-16, UTF-7 and EBCDIC. Thread safe, does not block.
class NameCodec {
 public:
  // `charset`: a name that iconv(3) knows. invalid_argument for others and for those without ASCII.
  static base::Result<std::shared_ptr<const NameCodec>> create(std::string_view charset);
  ~NameCodec();
  NameCodec(const NameCodec&) = delete;
  NameCodec& operator=(const NameCodec&) = delete;

  // A name as the server has it, in UTF-8.
  std::string decode(std::string_view on_server) const;

  // The same for each name between slashes, for link targets.
  std::string decode_path(std::string_view on_server) const;

  // The bytes that the server has to get. name_invalid when `name` is no UTF-8, when the charset lacks one of its
  // characters, or when the server's name would come back as another one.
  base::Result<std::string> encode(std::string_view name) const;

  // All components.
  base::Result<model::RemotePath> encode(const model::RemotePath& path) const;

 private:
  class Iconv;
  explicit NameCodec(std::string charset);

  std::string decode_as_far_as_possible(std::string_view on_server) const;
  base::Result<std::string> encode_once(std::string_view name) const;

  std::string charset_;
  std::unique_ptr<Iconv> to_utf8_;
  std::unique_ptr<Iconv> from_utf8_;
};

}  // namespace ftpsfs::ftp
