#include "ftpsfs/ftp/name_codec.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "ftpsfs/base/mutex.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::Result;
using model::RemotePath;

namespace {

constexpr std::size_t kLongestCharacter = 16;  // bytes of input; more is no character in any charset

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// U+F780 to U+F7FF in UTF-8: EF 9E 80 to EF 9F BF.
std::string escaped(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return {'\xef', static_cast<char>(0x9e + (value >> 6U & 1U)), static_cast<char>(0x80 | (value & 0x3fU))};
}

// The byte that the three bytes at the beginning of `text` stand for.
std::optional<char> unescaped(std::string_view text) {
  if (text.size() < 3 || text[0] != '\xef' || (text[1] != '\x9e' && text[1] != '\x9f')) return std::nullopt;
  const auto last = static_cast<unsigned char>(text[2]);
  if (last < 0x80 || last > 0xbf) return std::nullopt;
  const unsigned high = text[1] == '\x9f' ? 0xc0U : 0x80U;
  return static_cast<char>(high | (last & 0x3fU));
}

std::string with_all_bytes_escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x80) {
      text += c;
    } else {
      text += escaped(c);
    }
  }
  return text;
}

// Bytes of the UTF-8 character that begins with `lead`, as far as the lead tells.
std::size_t length_of_character(char lead) {
  const auto value = static_cast<unsigned char>(lead);
  if (value < 0xc0) return 1;
  if (value < 0xe0) return 2;
  return value < 0xf0 ? 3 : 4;
}

}  // namespace

// One direction. iconv's state belongs to one conversion at a time.
class NameCodec::Iconv {
 public:
  Iconv(const std::string& to, const std::string& from) : handle_(::iconv_open(to.c_str(), from.c_str())) {}
  ~Iconv() {
    if (valid()) ::iconv_close(handle_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;

  bool valid() const { return handle_ != reinterpret_cast<iconv_t>(-1); }  // NOLINT: POSIX says so

  // All of `input`, or nothing. What is only similar to the input does not count.
  std::optional<std::string> convert(std::string_view input) FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    std::string copy(input);
    std::string output(input.size() * 4 + kLongestCharacter, '\0');
    char* in = copy.data();
    char* out = output.data();
    std::size_t in_left = copy.size();
    std::size_t out_left = output.size();
    if (::iconv(handle_, &in, &in_left, &out, &out_left) != 0 || in_left != 0) return std::nullopt;
    if (::iconv(handle_, nullptr, nullptr, &out, &out_left) != 0) return std::nullopt;
    output.resize(output.size() - out_left);
    return output;
  }

 private:
  base::Mutex mutex_;
  const iconv_t handle_;  // its state is the mutex's
};

NameCodec::NameCodec(std::string charset)
    : charset_(std::move(charset)),
      to_utf8_(std::make_unique<Iconv>("UTF-8", charset_)),
      from_utf8_(std::make_unique<Iconv>(charset_, "UTF-8")) {}

NameCodec::~NameCodec() = default;

Result<std::shared_ptr<const NameCodec>> NameCodec::create(std::string_view charset) {
  // A suffix such as //TRANSLIT would replace what cannot be converted.
  const bool plain =
      !charset.empty() && charset.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
  std::shared_ptr<const NameCodec> codec(new NameCodec(std::string(plain ? charset : "-")));
  if (!plain || !codec->to_utf8_->valid() || !codec->from_utf8_->valid()) {
    return fail(Errc::invalid_argument,
                fmt::format("'{}' is no charset that this machine knows; 'iconv -l' lists them",
                            base::printable(charset)));
  }
  for (char c = 1; c > 0 && c < 127; ++c) {
    const std::string_view one(&c, 1);
    if (codec->to_utf8_->convert(one) == one && codec->from_utf8_->convert(one) == one) continue;
    return fail(Errc::invalid_argument,
                fmt::format("names in the charset '{}' cannot be carried by FTP: it does not contain ASCII",
                            base::printable(charset)));
  }
  return codec;
}

std::string NameCodec::decode_as_far_as_possible(std::string_view on_server) const {
  if (auto whole = to_utf8_->convert(on_server)) return std::move(*whole);
  std::string text;
  while (!on_server.empty()) {
    std::size_t length = 1;
    auto character = to_utf8_->convert(on_server.substr(0, length));
    while (!character && length < std::min(kLongestCharacter, on_server.size())) {
      character = to_utf8_->convert(on_server.substr(0, ++length));
    }
    if (!character) length = 1;
    text += character ? *character : escaped(on_server.front());
    on_server.remove_prefix(length);
  }
  return text;
}

std::string NameCodec::decode(std::string_view on_server) const {
  if (is_ascii(on_server)) return std::string(on_server);
  auto text = decode_as_far_as_possible(on_server);
  const auto back = encode_once(text);
  return back && *back == on_server ? text : with_all_bytes_escaped(on_server);
}

std::string NameCodec::decode_path(std::string_view on_server) const {
  std::string path;
  for (;;) {
    const auto name = on_server.substr(0, on_server.find('/'));
    path += decode(name);
    if (name.size() == on_server.size()) return path;
    path += '/';
    on_server.remove_prefix(name.size() + 1);
  }
}

Result<std::string> NameCodec::encode_once(std::string_view name) const {
  std::string bytes;
  while (!name.empty()) {
    if (const auto byte = unescaped(name)) {
      bytes += *byte;
      name.remove_prefix(3);
      continue;
    }
    const auto character = name.substr(0, length_of_character(name.front()));
    const auto converted = from_utf8_->convert(character);
    if (!converted) {
      return fail(Errc::name_invalid,
                  fmt::format("'{}' is not in the charset {} that the option charset names",
                              base::printable(character), charset_));
    }
    bytes += *converted;
    name.remove_prefix(character.size());
  }
  return bytes;
}

Result<std::string> NameCodec::encode(std::string_view name) const {
  if (is_ascii(name)) return std::string(name);
  auto bytes = encode_once(name);
  if (!bytes || decode(*bytes) == name) return bytes;
  return fail(Errc::name_invalid,
              fmt::format("the name '{}' would come back as another one in the charset {}",
                          base::printable(name), charset_));
}

Result<RemotePath> NameCodec::encode(const RemotePath& path) const {
  if (path.is_root() || is_ascii(path.str())) return path;
  auto parent = encode(path.parent());
  if (!parent) return parent;
  auto name = encode(path.name());
  if (!name) return fail(std::move(name));
  return parent->child(*name);
}

}  // namespace ftpsfs::ftp
