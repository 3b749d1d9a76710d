#include "ftpsfs/ftp/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

using base::Errc;
using testing::ElementsAre;

Reply reply_of(int code, std::string line) { return {.code = code, .lines = {std::move(line)}}; }

// All replies in `bytes`, which must be complete and right.
std::vector<Reply> parse_all(std::string_view bytes, std::size_t piece = std::string_view::npos) {
  ReplyParser parser;
  std::vector<Reply> replies;
  while (!bytes.empty()) {
    parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      auto reply = parser.next();
      if (!reply) {
        ADD_FAILURE() << reply.error().describe();
        return replies;
      }
      if (!*reply) break;
      replies.push_back(std::move(**reply));
    }
  }
  EXPECT_FALSE(parser.has_leftover());
  return replies;
}

TEST(ReplyParser, SingleLine) {
  const auto replies = parse_all("220 (vsFTPd 3.0.3)\r\n331 Please specify the password.\r\n");
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].code, 220);
  EXPECT_THAT(replies[0].lines, ElementsAre("(vsFTPd 3.0.3)"));
  EXPECT_EQ(replies[1].text(), "331 Please specify the password.");
}

TEST(ReplyParser, EveryWayToCutTheStream) {
  constexpr std::string_view kStream =
      "220-FileZilla Server 1.7.3\r\n220 Please visit https://filezilla-project.org/\r\n234 Using "
      "authentication type "
      "TLS.\r\n";
  for (std::size_t piece = 1; piece < kStream.size(); ++piece) {
    const auto replies = parse_all(kStream, piece);
    ASSERT_EQ(replies.size(), 2U) << piece;
    EXPECT_THAT(replies[0].lines,
                ElementsAre("FileZilla Server 1.7.3", "Please visit https://filezilla-project.org/"));
    EXPECT_EQ(replies[1].code, 234);
  }
}

struct MultiLine {
  std::string_view bytes;
  std::vector<std::string> lines;
};

class ReplyParserMultiLine : public testing::TestWithParam<MultiLine> {};

TEST_P(ReplyParserMultiLine, IsOneReply) {
  const auto replies = parse_all(GetParam().bytes);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_THAT(replies[0].lines, testing::ElementsAreArray(GetParam().lines));
}

INSTANTIATE_TEST_SUITE_P(
    Servers, ReplyParserMultiLine,
    testing::Values(MultiLine{"211-Features:\r\n AUTH TLS\r\n SIZE\r\n211 End\r\n",
                              {"Features:", " AUTH TLS", " SIZE", "End"}},
                    // ftp-srv repeats the code on every line
                    MultiLine{"211-ABOR\r\n211-ALLO\r\n211 End\r\n", {"ABOR", "211-ALLO", "End"}},
                    // vsftpd's STAT: raw lines of ls, which may begin with other digits
                    MultiLine{"213-Status follows:\r\n-rw-r--r-- 1 0 0 5 Jan 1 2020 a\r\n220 is a "
                              "name\r\n213 End of status\r\n",
                              {"Status follows:", "-rw-r--r-- 1 0 0 5 Jan 1 2020 a", "220 is a name",
                               "End of status"}},
                    // the same code without a blank or '-' ends nothing
                    MultiLine{"213-a\r\n2134 b\r\n213b\r\n\r\n213 c\r\n", {"a", "2134 b", "213b", "", "c"}},
                    MultiLine{"220-a\r\n220\r\n", {"a", ""}}, MultiLine{"220-\r\n220 \r\n", {"", ""}},
                    MultiLine{"220-bare\n b\n220 LF\n", {"bare", " b", "LF"}},
                    // a line that is indented, or has another code, ends nothing
                    MultiLine{"211-a\r\n 211 b\r\n200 c\r\n211 d\r\n", {"a", " 211 b", "200 c", "d"}},
                    MultiLine{"220-\r\n\r\n***\r\n220-x\r\n220 y\r\n", {"", "", "***", "220-x", "y"}},
                    // padding before the reply, an empty line before it
                    MultiLine{"  220 blanks\r\n", {"blanks"}},
                    MultiLine{std::string_view("\0\0"
                                               "220 NULs\r\n",
                                               12),
                              {"NULs"}},
                    MultiLine{"\r\n\n220 after empty lines\r\n", {"after empty lines"}},
                    // a CR alone belongs to the text
                    MultiLine{"220-a\r220 b\r\n220 c\n", {"a\r220 b", "c"}},
                    MultiLine{"220 CR CR LF\r\r\n", {"CR CR LF"}}, MultiLine{"226\r\n", {""}}));

TEST(ReplyParser, NothingUntilTheLineEnds) {
  ReplyParser parser;
  EXPECT_FALSE(parser.has_leftover());
  parser.feed("220 Rea");
  EXPECT_TRUE(parser.has_leftover());
  EXPECT_FALSE(parser.next().value().has_value());
  parser.feed("dy\r\n");
  EXPECT_EQ(parser.next().value().value().text(), "220 Ready");
  EXPECT_FALSE(parser.has_leftover());
}

TEST(ReplyParser, LeftoverAfterTheReplyShows) {
  ReplyParser parser;
  parser.feed("234 Proceed with negotiation.\r\n230 injected\r\n");
  ASSERT_TRUE(parser.next().value().has_value());
  EXPECT_TRUE(parser.has_leftover());
  ASSERT_TRUE(parser.next().value().has_value());
  EXPECT_FALSE(parser.has_leftover());
  parser.feed("211-half\r\n");
  ASSERT_FALSE(parser.next().value().has_value());
  EXPECT_TRUE(parser.has_leftover());
}

TEST(ReplyParser, RefusesWhatIsNoReply) {
  for (const std::string_view line : {"hello", "99 x", "600 x", "020 x", "2200 x", "220x", "220\tx", "-12 x",
                                      "631 protected", "HTTP/1.1 400 Bad Request"}) {
    ReplyParser parser;
    parser.feed(line);
    parser.feed("\r\n");
    const auto reply = parser.next();
    ASSERT_FALSE(reply.has_value()) << line;
    EXPECT_EQ(reply.error().code, Errc::protocol_error) << line;
  }
}

TEST(ReplyParser, BoundsALine) {
  ReplyParser parser;
  parser.feed("220 " + std::string(ReplyParser::kLongestLine - 6, 'a') + "\r\n");
  EXPECT_TRUE(parser.next().value().has_value());
  parser.feed(std::string(ReplyParser::kLongestLine + 1, '2'));
  EXPECT_EQ(parser.next().error().code, Errc::protocol_error);
}

TEST(ReplyParser, BoundsTheBytesAndTheLinesOfAReply) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{10'000}}) {
    ReplyParser parser;
    parser.feed("211-\r\n");
    const std::string line = std::string(length, 'x') + "\r\n";
    std::size_t fed = 0;
    for (;;) {
      parser.feed(line);
      const auto reply = parser.next();
      if (!reply) {
        EXPECT_EQ(reply.error().code, Errc::protocol_error);
        break;
      }
      ASSERT_LE(++fed, ReplyParser::kMostLines);
      ASSERT_LE(fed * length, ReplyParser::kLongestReply);
    }
  }
}

// ---- a listing as a reply

struct PassedOn {
  std::string lines;
  std::optional<Reply> reply;
};

PassedOn pass_on(std::string_view bytes, std::size_t piece = std::string_view::npos) {
  PassedOn passed;
  ReplyParser parser;
  parser.pass_lines_to([&](std::string_view line) {
    passed.lines += line;
    return base::Status();
  });
  while (!bytes.empty() && !passed.reply) {
    parser.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    passed.reply = parser.next().value();
  }
  return passed;
}

TEST(ReplyParser, PassesOnTheLinesOfAListing) {
  constexpr std::string_view kReply = "213-Status follows:\r\n a\r\nb\r\n 213 c\r\n213 End of status\r\n";
  for (std::size_t piece = 1; piece <= kReply.size(); ++piece) {
    const auto passed = pass_on(kReply, piece);
    EXPECT_EQ(passed.lines, " a\r\nb\r\n 213 c\r\n");
    ASSERT_TRUE(passed.reply);
    EXPECT_THAT(passed.reply->lines, ElementsAre("Status follows:", "End of status"));
  }
}

TEST(ReplyParser, EndsAListingBehindAWholeLineOnly) {
  const auto passed = pass_on("213-Status follows:\r\nname\n213 of a file\r\n213 End of status\r\n");
  EXPECT_EQ(passed.lines, "name\n213 of a file\r\n");
  ASSERT_TRUE(passed.reply);
  EXPECT_EQ(passed.reply->lines.back(), "End of status");
}

TEST(ReplyParser, KeepsARefusalWhoseLinesWouldBePassedOn) {
  const auto passed = pass_on("550-Sorry:\r\nno\r\n550 End\r\n");
  EXPECT_EQ(passed.lines, "");
  ASSERT_TRUE(passed.reply);
  EXPECT_THAT(passed.reply->lines, ElementsAre("Sorry:", "no", "End"));
}

TEST(ReplyParser, DoesNotBoundWhatItPassesOn) {
  const std::string line(1000, 'x');
  std::string bytes = "213-\r\n";
  for (std::size_t i = 0; i <= ReplyParser::kMostLines; ++i) bytes += line + "\r\n";
  const auto passed = pass_on(bytes + "213 End\r\n", 1 << 20);
  EXPECT_EQ(passed.lines.size(), (ReplyParser::kMostLines + 1) * (line.size() + 2));
  EXPECT_TRUE(passed.reply);
}

TEST(ReplyParser, FailsWithWhoeverTakesItsLines) {
  ReplyParser parser;
  parser.pass_lines_to([](std::string_view) -> base::Status { return base::fail(Errc::no_space, "full"); });
  parser.feed("213-\r\nline\r\n");
  EXPECT_EQ(parser.next().error().code, Errc::no_space);
}

TEST(ReplyParser, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 9> kPieces{"220", "211", "-", " ", "\r\n", "\n", "\r", "End", "5"};
  test::RandomBytes random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto bytes = random.text(kPieces, 40);
    ReplyParser parser;
    std::size_t returned = 0;
    for (const char c : bytes) {
      parser.feed({&c, 1});
      const auto reply = parser.next();
      if (!reply) break;
      if (!*reply) continue;
      EXPECT_GE((*reply)->code, 100);
      EXPECT_LE((*reply)->code, 599);
      EXPECT_FALSE((*reply)->lines.empty());
      for (const auto& line : (*reply)->lines) returned += line.size();
    }
    EXPECT_LE(returned, bytes.size());
  }
}

TEST(Reply, Classes) {
  EXPECT_TRUE(reply_of(150, "").preliminary());
  EXPECT_TRUE(reply_of(226, "").completed());
  EXPECT_TRUE(reply_of(350, "").intermediate());
  EXPECT_TRUE(reply_of(421, "").refused());
  EXPECT_TRUE(reply_of(550, "").refused());
  EXPECT_FALSE(reply_of(350, "").refused());
}

TEST(Reply, Text) {
  EXPECT_EQ((Reply{.code = 211, .lines = {"a", " b", "c"}}.text()), "211 a\n b\nc");
  EXPECT_EQ((Reply{.code = 226, .lines = {""}}.text()), "226");
  EXPECT_EQ((Reply{.code = 226, .lines = {}}.text()), "226");
}

struct Port {
  int code;
  std::string_view text;
  std::optional<std::uint16_t> port;
};

class EpsvPort : public testing::TestWithParam<Port> {};

TEST_P(EpsvPort, Parsed) {
  const auto& [code, text, port] = GetParam();
  EXPECT_EQ(parse_epsv_port(reply_of(code, std::string(text))), port) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, EpsvPort,
    testing::Values(Port{229, "Entering Extended Passive Mode (|||21153|)", 21153},
                    Port{229, "Entering Extended Passive Mode (|||21153|).", 21153},
                    Port{229, "Extended Passive mode OK (|||21388|)", 21388},
                    Port{229, "EPSV OK (|||65535|)", 65535}, Port{229, "(!!!1!)", 1},
                    Port{229, "Mode (see RFC) (|||7|)", 7}, Port{229, "(|||0|)", std::nullopt},
                    Port{229, "(|||65536|)", std::nullopt}, Port{229, "(|||-1|)", std::nullopt},
                    Port{229, "(|||000080|)", std::nullopt}, Port{229, "(||||)", std::nullopt},
                    Port{229, "(|||80!)", std::nullopt}, Port{229, "(|!|80|)", std::nullopt},
                    Port{229, "(|1|10.0.0.1|80|)", std::nullopt}, Port{229, "(11180)", std::nullopt},
                    Port{229, "(   80 )", std::nullopt}, Port{229, "|||80|", 80}, Port{229, "(|||80|", 80},
                    Port{229, "Entering Extended Passive Mode |||6446|", 6446},
                    Port{229, "Ok, ~~~6446~ is it", 6446}, Port{229, "|||80", std::nullopt},
                    Port{229, "(|||8 0|)", std::nullopt}, Port{229, "()", std::nullopt},
                    Port{229, "", std::nullopt}, Port{227, "(|||80|)", std::nullopt}));

class PasvPort : public testing::TestWithParam<Port> {};

TEST_P(PasvPort, Parsed) {
  const auto& [code, text, port] = GetParam();
  const auto address = parse_pasv(reply_of(code, std::string(text)));
  EXPECT_EQ(address ? std::optional(address->port) : std::nullopt, port) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PasvPort,
    testing::Values(Port{227, "Entering Passive Mode (127,0,0,1,82,161).", 82 * 256 + 161},
                    Port{227, "Entering Passive Mode (0,0,0,0,0,21)", 21},
                    Port{227, "Entering passive mode. 10,1,2,3,255,255", 65535},
                    Port{227, "Entering Passive Mode, 4 you: =10,1,2,3,0,80", 80},
                    Port{227, "(127,0,0,1,0,0)", std::nullopt}, Port{227, "(127,0,0,1,256,1)", std::nullopt},
                    Port{227, "(256,0,0,1,1,1)", std::nullopt}, Port{227, "(127,0,0,1,1)", std::nullopt},
                    Port{227, "(127,0,0,1,1,2,3)", std::nullopt}, Port{227, "(127,0,0,1,,2)", std::nullopt},
                    Port{227, "(127,0,0,1,-1,2)", std::nullopt},
                    Port{227, "(127,0,0,1,1,0002)", std::nullopt}, Port{227, "(127, 0, 0, 1, 1, 2)", 258},
                    Port{227, "Entering Passive Mode 127,0,0,1,4,5", 1029},
                    Port{227, "Entering Passive Mode, 4 you: (127 , 0,0,1 ,4,5 ).", 1029},
                    Port{227, "=127,0,0,1,4,5", 1029}, Port{227, "(127,0,0,1,1 2,2)", std::nullopt},
                    Port{227, "1, 2, 3", std::nullopt}, Port{227, "", std::nullopt},
                    Port{227, ",", std::nullopt}, Port{229, "(127,0,0,1,1,2)", std::nullopt}));

TEST(PasvAddress, IsParsedToo) {
  const auto address = parse_pasv(reply_of(227, "Entering Passive Mode (192,0,2,1,4,5)."));
  EXPECT_EQ(address, (PassiveAddress{.host = {192, 0, 2, 1}, .port = 1029}));
}

struct Quoted {
  std::string_view text;
  std::optional<std::string> path;
};

class QuotedPath : public testing::TestWithParam<Quoted> {};

TEST_P(QuotedPath, Parsed) {
  EXPECT_EQ(parse_quoted_path(reply_of(257, std::string(GetParam().text))), GetParam().path)
      << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, QuotedPath,
    testing::Values(Quoted{R"("/" is the current directory)", "/"}, Quoted{R"("/a b/c" created)", "/a b/c"},
                    Quoted{R"("/quote""x" is the current directory)", R"(/quote"x)"},
                    Quoted{R"("/quote"x" is your current location)", R"(/quote"x)"},  // Pure-FTPd
                    Quoted{R"("/a""""b")", R"(/a""b)"}, Quoted{R"("")", std::nullopt},
                    Quoted{R"(")", std::nullopt}, Quoted{"/ is the current directory", std::nullopt},
                    Quoted{"", std::nullopt}));

TEST(QuotedPath, NeedsCode257) { EXPECT_EQ(parse_quoted_path(reply_of(250, "\"/\"")), std::nullopt); }

TEST(ParseSize, Table) {
  EXPECT_EQ(parse_size(reply_of(213, "0")), 0U);
  EXPECT_EQ(parse_size(reply_of(213, "18446744073709551615")), UINT64_MAX);
  EXPECT_EQ(parse_size(reply_of(213, " 42 ")), 42U);
  // ftp-srv's answer for an empty file
  for (const char* text :
       {"File status", "", "-1", "+1", "18446744073709551616", "4 2", "0x10", "42 bytes"}) {
    EXPECT_EQ(parse_size(reply_of(213, text)), std::nullopt) << text;
  }
  EXPECT_EQ(parse_size(reply_of(250, "42")), std::nullopt);
  EXPECT_EQ(parse_size(Reply{.code = 213, .lines = {"1", "2"}}), std::nullopt);  // IIS, of a directory
}

TEST(ReplyValues, RandomTextNeverCrashes) {
  constexpr std::array<std::string_view, 12> kPieces{"(", ")",  "|",    "|||",  ",", "255",
                                                     "1", "\"", "\"\"", "80|)", " ", "/"};
  test::RandomBytes random(2);
  for (int round = 0; round < 20000; ++round) {
    const auto text = random.text(kPieces, random.below(16));
    for (const int code : {229, 227}) {
      const auto reply = reply_of(code, text);
      if (const auto port = code == 229 ? parse_epsv_port(reply) : std::nullopt) {
        EXPECT_GT(*port, 0) << text;
      }
      if (const auto address = parse_pasv(reply)) {
        EXPECT_EQ(code, 227);
        EXPECT_GT(address->port, 0) << text;
      }
    }
    const auto path = parse_quoted_path(reply_of(257, text));
    if (path) {
      EXPECT_LE(path->size(), text.size());
    }
    (void)parse_size(reply_of(213, text));
  }
  for (const int code : {229, 227, 257, 213}) {
    const Reply empty{.code = code, .lines = {}};
    EXPECT_FALSE(parse_epsv_port(empty) || parse_pasv(empty) || parse_quoted_path(empty) ||
                 parse_size(empty));
  }
}

}  // namespace
}  // namespace ftpsfs::ftp
