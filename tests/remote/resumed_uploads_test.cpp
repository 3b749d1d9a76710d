// Uploads whose connection is lost in the middle, and what the server has of them then.

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "store_fixture.h"

namespace ftpsfs::testing {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

class ResumedUpload : public StoreTest, public ::testing::WithParamInterface<Personality (*)()> {
 protected:
  static constexpr std::size_t kSize = 6'000'000;
  static constexpr std::uint64_t kCutAt = 4'000'000;

  ResumedUpload() : StoreTest(GetParam()()) {}

  FaultHandle cut(const std::string& verb, std::uint64_t after = kCutAt) {
    Fault fault = Fault::cut(CutPoint::after_bytes);
    fault.data_bytes = after;
    return served.server.faults().on_command(verb, 1, fault);
  }

  void expect_stored_whole() {
    const auto stored = store("file", bytes, new_file());
    EXPECT_TRUE(stored) << stored.error().describe();
    EXPECT_TRUE(content("file") == bytes);
    EXPECT_THAT(on_disk(), ElementsAre("file"));
  }

  // Stores while `meddle` changes the temporary file, at the reply to the first `verb` behind the cut.
  void expect_stored_whole_although(const std::string& verb,
                                    const std::function<void(const std::filesystem::path&)>& meddle) {
    cut("STOR");
    auto held = served.server.faults().on_command(verb, 1, Fault{.hold_reply = true});
    std::jthread meddler([&] {
      EXPECT_TRUE(held.wait_reached(20s));
      for (const auto& name : on_disk()) meddle(served.folder.path() / name);
      held.release();
    });
    expect_stored_whole();
  }

  const std::string bytes = patterned_bytes(kSize);
};

INSTANTIATE_TEST_SUITE_P(Servers, ResumedUpload,
                         ::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla, &proftpd,
                                           &pureftpd, &pyftpdlib),
                         [](const auto& test) { return test.param().name; });

TEST_P(ResumedUpload, GoesOnWhereTheServerHasIt) {
  cut("STOR");
  expect_stored_whole();
  EXPECT_EQ(count("STOR"), 1U);
  EXPECT_EQ(count("APPE"), 1U);
  EXPECT_LT(served.server.snapshot().bytes_received, kSize + 500'000);
}

TEST_P(ResumedUpload, BeginsAgainWhereTooLittleIsThere) {
  cut("STOR", 200'000);
  expect_stored_whole();
  EXPECT_EQ(count("APPE"), 0U);
}

TEST_P(ResumedUpload, BeginsAgainWhereItMayNotGoOnAndRemembersThat) {
  for (const auto* refusal :
       {"502 Command not implemented.", "451 x: Append/Restart not permitted, try again"}) {
    SCOPED_TRACE(refusal);
    served.stack.knowledge.lacks_appe = false;
    const auto appends = served.server.faults().on_command("APPE", 0, Fault::reply_with(refusal));
    for (int time = 1; time <= 2; ++time) {
      cut("STOR");
      expect_stored_whole();
    }
    EXPECT_EQ(appends.fired(), 1U);
    served.server.faults().clear();
  }
}

TEST_P(ResumedUpload, BeginsAgainAfterASecondLoss) {
  cut("STOR");
  cut("APPE", 1'500'000);
  expect_stored_whole();
  EXPECT_EQ(count("STOR"), 2U);
  EXPECT_EQ(count("APPE"), 1U);
}

// As after a crash of the server's machine.
TEST_P(ResumedUpload, BeginsAgainWhereTheServerHasOtherBytes) {
  const bool has_mlst = !GetParam()().missing_verbs.contains("MLST");
  expect_stored_whole_although(has_mlst ? "MLST" : "SIZE", [](const std::filesystem::path& path) {
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out).seekp(kCutAt - 5'000) << "zeros";
  });
  EXPECT_EQ(count("APPE"), 0U);
  EXPECT_EQ(count("STOR"), 2U);
}

// As by the last buffer of a process that is slow to notice that its connection is lost.
TEST_P(ResumedUpload, BeginsAgainWhereTheFileGrowsLate) {
  expect_stored_whole_although("RETR", [&](const std::filesystem::path& path) {
    std::ofstream(path, std::ios::binary | std::ios::app)
        << bytes.substr(std::filesystem::file_size(path), 10'000);
  });
  EXPECT_EQ(count("APPE"), 1U);
  EXPECT_EQ(count("STOR"), 2U);
}

}  // namespace
}  // namespace ftpsfs::testing
