// Names in other charsets, there and back; the first byte chooses the charset.

#include <array>
#include <memory>
#include <vector>

#include "ftpsfs/ftp/name_codec.h"
#include "fuzz_target.h"

using namespace ftpsfs;

namespace {

using Codecs = std::vector<std::shared_ptr<const ftp::NameCodec>>;

const Codecs& codecs() {
  static const Codecs made = [] {
    Codecs codecs;
    for (const char* charset : {"UTF-8", "ISO-8859-1", "ISO-8859-8", "WINDOWS-1252", "WINDOWS-1255", "CP932",
                                "EUC-JP", "GBK", "GB18030", "BIG5", "EUC-KR", "KOI8-R"}) {
      if (auto codec = ftp::NameCodec::create(charset)) codecs.push_back(std::move(*codec));
    }
    return codecs;
  }();
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& codec = *codecs()[data[0] % codecs().size()];
  const auto bytes = fuzz::text_of(data + 1, size - 1);

  if (model::check_name(bytes)) {
    const auto name = codec.decode(bytes);
    fuzz::require(name.find_first_of(std::string_view("/\0", 2)) == std::string::npos,
                  "a name has no slash and no NUL");
    const auto back = codec.encode(name);
    fuzz::require(back.has_value() && *back == bytes, "a name leads back to its bytes");
  }
  if (const auto encoded = codec.encode(bytes)) {
    fuzz::require(codec.decode(*encoded) == bytes, "bytes lead back to the name they were made of");
  }
  codec.decode_path(bytes);
  if (const auto path = model::RemotePath::parse(bytes)) codec.encode(*path);
  return 0;
}
