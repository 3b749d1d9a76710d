#include "ftpsfs/ftp/name_codec.h"

#include <gtest/gtest.h>

#include <map>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

using base::Errc;
using model::RemotePath;

std::shared_ptr<const NameCodec> codec_for(std::string_view charset) {
  auto codec = NameCodec::create(charset);
  EXPECT_TRUE(codec) << charset;
  return codec.value_or(nullptr);
}

TEST(NameCodec, ConvertsBothWays) {
  struct Case {
    const char* charset;
    std::string_view on_server;
    std::string_view here;
  };
  for (const auto& [charset, on_server, here] :
       {Case{"ISO-8859-1", "M\xfcller", "Müller"}, Case{"WINDOWS-1252", "10 \x80", "10 €"},
        Case{"KOI8-R", "\xc6\xc1\xca\xcc", "файл"}, Case{"CP866", "\xe4\xa0\xa9\xab", "файл"},
        Case{"EUC-JP", "\xc6\xfc\xcb\xdc", "日本"}, Case{"CP932", "\x93\xfa\x96\x7b", "日本"},
        Case{"GBK", "\xd6\xd0\xce\xc4", "中文"}, Case{"UTF-8", "ü", "ü"},
        Case{"ISO-8859-1", "plain", "plain"}}) {
    const auto codec = codec_for(charset);
    EXPECT_EQ(codec->decode(on_server), here) << charset;
    EXPECT_EQ(codec->encode(here).value_or("refused"), on_server) << charset;
  }
}

TEST(NameCodec, BytesThatAreNoCharacterStayReachable) {
  const auto codec = codec_for("UTF-8");
  const std::string name = codec->decode("caf\xe9-ü");
  EXPECT_EQ(name, "caf\xef\x9f\xa9-ü");  // U+F7E9
  EXPECT_EQ(codec->encode(name).value_or("refused"), "caf\xe9-ü");
}

TEST(NameCodec, NamesWithEscapesOfTheirOwnStayApart) {
  const auto codec = codec_for("UTF-8");
  const std::string own = "caf\xef\x9f\xa9";  // the server has U+F7E9 itself
  EXPECT_NE(codec->decode(own), codec->decode("caf\xe9"));
  EXPECT_EQ(codec->encode(codec->decode(own)).value_or("refused"), own);
}

TEST(NameCodec, EveryByteStringComesBack) {
  test::RandomBytes random(17);
  for (const char* charset : {"UTF-8", "ISO-8859-1", "ISO-8859-8", "WINDOWS-1252", "CP932", "EUC-JP", "GBK",
                              "GB18030", "BIG5", "EUC-KR", "KOI8-R"}) {
    const auto codec = codec_for(charset);
    std::map<std::string, std::string> seen;
    for (int round = 0; round < 1500; ++round) {
      std::string bytes;
      for (std::size_t left = 1 + random.below(8); left > 0; --left) {
        bytes += static_cast<char>(random.below(4) == 0 ? 'A' + random.below(26) : 1 + random.below(255));
      }
      std::erase(bytes, '/');
      if (bytes.empty()) continue;
      const auto name = codec->decode(bytes);
      EXPECT_EQ(name.find('/'), std::string::npos);
      EXPECT_EQ(name.find('\0'), std::string::npos);
      const auto back = codec->encode(name);
      ASSERT_TRUE(back.has_value()) << charset << ": " << base::printable(bytes) << ": "
                                    << back.error().describe();
      EXPECT_EQ(*back, bytes) << charset;
      EXPECT_EQ(seen.emplace(name, bytes).first->second, bytes) << charset;
    }
  }
}

TEST(NameCodec, WhatTheCharsetLacksIsRefused) {
  const auto codec = codec_for("ISO-8859-1");
  for (const std::string_view name :
       {"10 €", "日本", "\xff", "a\xc3", "\xef\x9f\xa9" /* would come back as é */}) {
    const auto encoded = codec->encode(name);
    ASSERT_FALSE(encoded.has_value()) << base::printable(name);
    EXPECT_EQ(encoded.error().code, Errc::name_invalid);
  }
}

TEST(NameCodec, PathsAndTargetsGoNameByName) {
  const auto codec = codec_for("ISO-8859-1");
  const auto path = RemotePath::parse("/Müller/é/plain").value();
  EXPECT_EQ(codec->encode(path)->str(), "/M\xfcller/\xe9/plain");
  EXPECT_EQ(codec->encode(RemotePath())->str(), "/");
  EXPECT_EQ(codec->encode(RemotePath::parse("/ok/€").value()).error().code, Errc::name_invalid);
  EXPECT_EQ(codec->decode_path("../M\xfcller/x"), "../Müller/x");
  EXPECT_EQ(codec->decode_path("/"), "/");
  EXPECT_EQ(codec->decode_path(""), "");
}

TEST(NameCodec, CharsetsThatCannotCarryPathsAreRefused) {
  for (const char* charset : {"", "no-such-charset", "UTF-16", "UTF-16LE", "UTF-7", "UTF-32", "IBM037",
                              "ISO-2022-JP", "ISO-8859-1//TRANSLIT"}) {
    const auto codec = NameCodec::create(charset);
    ASSERT_FALSE(codec.has_value()) << charset;
    EXPECT_EQ(codec.error().code, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
