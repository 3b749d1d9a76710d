#include "ftpsfs/probe/report.h"

#include <gmock/gmock.h>

namespace ftpsfs::probe {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

Report small_report(Mark mark) {
  Report report{.source = "ftpes://bob@host", .given_options = "", .given_quirks = ""};
  report.add("connection", "Connection",
             {.id = "address",
              .title = "address",
              .mark = Mark::ok,
              .text = "192.0.2.1:21",
              .took = milliseconds(7)});
  report.add("server", "Server",
             {.id = "features", .title = "FEAT", .mark = mark, .text = "one\ntwo", .value = true});
  return report;
}

TEST(ReportText, IsAlignedAndMarked) {
  EXPECT_EQ(to_text(small_report(Mark::warning), {.utf8 = true}),
            "Probe of ftpes://bob@host\n"
            "\n"
            "Connection\n"
            "  ✓ address  192.0.2.1:21 (7 ms)\n"
            "\n"
            "Server\n"
            "  ! FEAT     one\n"
            "             two\n"
            "\n"
            "Verdict: works, with the warnings above\n"
            "\n"
            "Mount it with:\n"
            "  ftpsfs ftpes://bob@host MOUNTPOINT\n");
}

TEST(ReportText, HasMarksInAscii) {
  for (const auto& [mark, sign] : {std::pair{Mark::ok, "  + FEAT"}, std::pair{Mark::note, "  . FEAT"},
                                   std::pair{Mark::warning, "  ! FEAT"}, std::pair{Mark::failure, "  x FEAT"},
                                   std::pair{Mark::unknown, "  - FEAT"}}) {
    EXPECT_THAT(to_text(small_report(mark), {.utf8 = false}), HasSubstr(sign));
  }
}

TEST(ReportText, HasColoursOnlyWhenAsked) {
  EXPECT_THAT(to_text(small_report(Mark::failure), {.colour = true}), HasSubstr("\x1b[31m✗\x1b[0m FEAT"));
  EXPECT_THAT(to_text(small_report(Mark::failure), {}), Not(HasSubstr("\x1b")));
}

TEST(ReportText, WrapsLongTextsAtBlanks) {
  Report report = small_report(Mark::ok);
  std::string words;
  for (int i = 0; i < 40; ++i) words += "word ";
  report.add("server", "Server", {.id = "x", .title = "x", .mark = Mark::ok, .text = words});
  std::istringstream lines(to_text(report, {}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(ReportText, LeavesAWordWholeThatIsTooLong) {
  Report report = small_report(Mark::ok);
  const std::string word(200, 'x');
  report.add("server", "Server", {.id = "x", .title = "x", .mark = Mark::ok, .text = "a " + word + " b"});
  EXPECT_THAT(to_text(report, {}), HasSubstr(word));
}

TEST(Report, FollowsFromItsFindings) {
  EXPECT_EQ(exit_status(small_report(Mark::ok)), 0);
  EXPECT_EQ(exit_status(small_report(Mark::note)), 0);
  EXPECT_EQ(exit_status(small_report(Mark::unknown)), 0);
  EXPECT_EQ(exit_status(small_report(Mark::warning)), 1);
  EXPECT_EQ(exit_status(small_report(Mark::failure)), 1);
}

TEST(Report, NeedsAnOption) {
  Report report = small_report(Mark::ok);
  report.suggest({"max_sessions", "2", "Few.", false});
  EXPECT_EQ(report.verdict(), Verdict::works);
  report.suggest({"tls_max", "1.2", "Old.", true});
  EXPECT_EQ(report.verdict(), Verdict::works_with_options);
  EXPECT_EQ(exit_status(report), 1);
  EXPECT_THAT(to_text(report, {}), HasSubstr("-o tls_max=1.2 (needed)"));
}

TEST(Report, KeepsTheFirstObstacle) {
  Report report = small_report(Mark::ok);
  report.obstruct("the port is closed");
  report.obstruct("nothing works");
  EXPECT_EQ(report.verdict(), Verdict::does_not_work);
  EXPECT_EQ(report.summary(), "does not work: the port is closed");
  EXPECT_EQ(exit_status(report), 2);
  EXPECT_THAT(to_text(report, {}), Not(HasSubstr("ount it with")));
}

TEST(Report, JoinsQuirksAndGivenOptions) {
  Report report = small_report(Mark::ok);
  report.given_options = "credentials=/home/bob/my file";
  report.given_quirks = "no_mlsd";
  report.suggest({"quirks", "no_epsv", "a", false});
  report.suggest({"quirks", "no_epsv", "b", true});
  report.suggest({"active", "", "c", false});
  EXPECT_EQ(
      report.mount_command(),
      "ftpsfs ftpes://bob@host MOUNTPOINT -o 'credentials=/home/bob/my file,active,quirks=no_mlsd:no_epsv'");
  EXPECT_EQ(report.verdict(), Verdict::works_with_options) << "the second suggestion says that it is needed";
}

TEST(Report, QuotesForTheShell) {
  Report report = small_report(Mark::ok);
  report.source = "host:/it's $HOME";
  EXPECT_EQ(report.mount_command(), R"(ftpsfs 'host:/it'\''s $HOME' MOUNTPOINT)");
}

TEST(ReportJson, HasStableFields) {
  Report report = small_report(Mark::warning);
  report.suggest({"tls_max", "1.2", "Old.", true});
  EXPECT_EQ(to_json(report), R"({
  "format": 1,
  "source": "ftpes://bob@host",
  "verdict": "works_with_options",
  "exit_status": 1,
  "summary": "works with the options below",
  "sections": [
    {
      "id": "connection",
      "title": "Connection",
      "findings": [
        {
          "id": "address",
          "title": "address",
          "mark": "ok",
          "text": "192.0.2.1:21",
          "value": null,
          "milliseconds": 7
        }
      ]
    },
    {
      "id": "server",
      "title": "Server",
      "findings": [
        {
          "id": "features",
          "title": "FEAT",
          "mark": "warning",
          "text": "one\ntwo",
          "value": true,
          "milliseconds": null
        }
      ]
    }
  ],
  "suggestions": [
    {
      "option": "tls_max",
      "value": "1.2",
      "reason": "Old.",
      "needed": true
    }
  ],
  "mount_command": "ftpsfs ftpes://bob@host MOUNTPOINT -o tls_max=1.2"
}
)");
}

TEST(ReportJson, IsUtf8WhateverTheServerSays) {
  Report report = small_report(Mark::ok);
  report.add("server", "Server", {.id = "x", .title = "x", .mark = Mark::ok, .text = "gr\xfc\xdf"});
  EXPECT_THAT(to_json(report), HasSubstr("gr\xef\xbf\xbd\xef\xbf\xbd"));
}

}  // namespace
}  // namespace ftpsfs::probe
