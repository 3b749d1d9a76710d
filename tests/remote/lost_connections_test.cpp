// The control connection is cut at every point of every operation, as SQLite fails every n-th step: each operation
// succeeds on a new connection, and its effect is there exactly once.

#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "ftpsfs/remote/ftp_remote.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

struct Cut {
  const char* name;
  CutPoint point;
};

constexpr Cut kCuts[] = {{"before_execute", CutPoint::before_execute},
                         {"after_preliminary", CutPoint::after_preliminary},
                         {"after_bytes", CutPoint::after_bytes},
                         {"before_final_reply", CutPoint::before_final_reply},
                         {"after_final_reply", CutPoint::after_final_reply}};

constexpr CutStyle kStyles[] = {CutStyle::clean, CutStyle::abrupt, CutStyle::reset};

using Make = Personality (*)();

class LostConnection : public ::testing::TestWithParam<std::tuple<Make, Cut, CutStyle>> {
 protected:
  LostConnection() : served_(std::get<Make>(GetParam())()) {}

  void cut_at(const std::string& verb, std::uint64_t nth = 1) {
    Fault fault = Fault::cut(std::get<Cut>(GetParam()).point, std::get<CutStyle>(GetParam()));
    fault.data_bytes = 50'000;
    served_.server.faults().on_command(verb, nth, fault);
  }

  remote::RemoteFs& fs() { return served_.fs(); }
  bool on_disk(const std::string& name) const {
    return std::filesystem::exists(served_.folder.path() / name);
  }

  ServedStack served_;
};

TEST_P(LostConnection, ReadsGoOnAtTheirOffset) {
  const std::string bytes = patterned_bytes(3'000'000);
  served_.folder.write("file", bytes);
  cut_at("RETR");
  const auto content = read_all(fs(), at("/file"));
  ASSERT_TRUE(content) << content.error().describe();
  EXPECT_TRUE(*content == bytes);
}

TEST_P(LostConnection, StoresArriveWhole) {
  served_.folder.write("file", patterned_bytes(70'000));
  const std::string bytes = patterned_bytes(3'000'000);
  cut_at("STOR");
  const auto stored = fs().store(at("/file"), content_of(bytes), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(served_.folder.read("file") == bytes);
}

TEST_P(LostConnection, ListingsAreComplete) {
  for (int i = 0; i < 300; ++i) served_.folder.write("file" + std::to_string(i), "x");
  cut_at("MLSD");
  cut_at("LIST");
  cut_at("STAT");
  cut_at("CWD");
  const auto entries = fs().list(at("/"), test_context());
  ASSERT_TRUE(entries) << entries.error().describe();
  EXPECT_EQ(entries->size(), 300U);
}

TEST_P(LostConnection, RemovalsHappenOnce) {
  served_.folder.write("file", "x");
  served_.folder.write("other", "x");
  cut_at("DELE");
  const auto removed = fs().remove_file(at("/file"), test_context());
  ASSERT_TRUE(removed) << removed.error().describe();
  EXPECT_FALSE(on_disk("file"));
  EXPECT_TRUE(on_disk("other"));
}

TEST_P(LostConnection, DirectoriesAreMadeAndRemoved) {
  cut_at("MKD");
  const auto made = fs().make_directory(at("/directory"), test_context());
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_TRUE(on_disk("directory"));
  cut_at("RMD");
  const auto removed = fs().remove_directory(at("/directory"), test_context());
  ASSERT_TRUE(removed) << removed.error().describe();
  EXPECT_FALSE(on_disk("directory"));
}

TEST_P(LostConnection, RenamesHappenOnce) {
  for (const char* verb : {"RNFR", "RNTO"}) {
    SCOPED_TRACE(verb);
    served_.folder.write("from", "new");
    served_.folder.write("to", "old");
    cut_at(verb);
    const auto renamed = fs().rename(at("/from"), at("/to"), test_context());
    ASSERT_TRUE(renamed) << renamed.error().describe();
    EXPECT_FALSE(on_disk("from"));
    EXPECT_EQ(served_.folder.read("to"), "new");
  }
}

TEST_P(LostConnection, LoginsAreRepeated) {
  served_.folder.write("file", "x");
  for (const char* verb : {"USER", "PASS", "PROT"}) {
    SCOPED_TRACE(verb);
    served_.server.drop_all_control_connections();
    served_.server.counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                         std::chrono::seconds(10));
    cut_at(verb);
    const auto entries = fs().list(at("/"), test_context());
    EXPECT_TRUE(entries) << entries.error().describe();
  }
}

std::string case_name(const ::testing::TestParamInfo<LostConnection::ParamType>& test) {
  const auto& [make, cut, style] = test.param;
  const char* const style_name = style == CutStyle::clean    ? "clean"
                                 : style == CutStyle::abrupt ? "abrupt"
                                                             : "reset";
  return make().name + "_" + cut.name + "_" + style_name;
}

INSTANTIATE_TEST_SUITE_P(AtEveryPoint, LostConnection,
                         ::testing::Combine(::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla),
                                            ::testing::ValuesIn(kCuts), ::testing::ValuesIn(kStyles)),
                         case_name);

TEST(RestartedServer, IsFoundAgain) {
  ServedStack served(permissive());
  served.folder.write("file", "x");
  ASSERT_TRUE(served.fs().list(at("/"), test_context()));
  served.server.stop();
  const auto while_down = served.fs().list(at("/"), test_context());
  ASSERT_FALSE(while_down);
  EXPECT_EQ(while_down.error().code, base::Errc::unreachable) << while_down.error().describe();
  served.server.start();
  const auto again = served.fs().list(at("/"), test_context());
  EXPECT_TRUE(again) << again.error().describe();
}

}  // namespace
}  // namespace ftpsfs::testing
