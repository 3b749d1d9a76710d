// How many round trips the operations of a mount take on a session that is warm.

#include <gmock/gmock.h>

#include "ftpsfs/remote/ftp_remote.h"
#include "support/ftp_stack.h"
#include "support/turn_counting_dialer.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;

const std::string kContent = "content";

class RoundTrips : public ::testing::TestWithParam<Personality (*)()> {
 protected:
  RoundTrips() : served_(GetParam()()) {
    served_.folder.write("file", "content");
    EXPECT_TRUE(remote_.stat(at("/file"), test_context()));
  }

  void SetUp() override { wait_until_ready(); }

  // A data channel stands, and the pool's thread has nothing more to do.
  void wait_until_ready() {
    ASSERT_TRUE(served_.server.counters().wait_until(
        [](const auto& seen) {
          return seen.data_connections == seen.command_count("EPSV") && seen.transfers_now == 0;
        },
        std::chrono::seconds(20)));
    auto lease = pool_.acquire(pool::Purpose::command, test_context());
    ASSERT_TRUE(lease);
    auto& channel = lease->session().ready_channel();
    channel.advance();
    while (!channel.is_open()) {
      auto interests = channel.interests();
      ASSERT_TRUE(net::wait(interests, test_context(), "getting a data channel ready"));
      channel.advance();
    }
  }

  template <class Operation>
  int round_trips(Operation&& operation) {
    const int before = dialer_.round_trips();
    operation();
    return dialer_.round_trips() - before;
  }

  model::FileVersion version() {
    return model::FileVersion::of(remote_.refresh_file(at("/file"), test_context()).value());
  }

  ServedStack served_;
  TurnCountingDialer dialer_;
  pool::SessionPool pool_{[this](const base::OpContext& ctx) {
                            return ftp::Session::open(served_.stack.settings, dialer_,
                                                      served_.stack.knowledge, ctx);
                          },
                          {},
                          base::steady_clock()};
  remote::FtpRemote remote_{pool_, {}};
};

TEST_P(RoundTrips, OneForTheStatusOfAFile) {
  EXPECT_EQ(round_trips([&] { EXPECT_TRUE(remote_.refresh_file(at("/file"), test_context())); }), 1);
}

TEST_P(RoundTrips, TwoForTheFirstBytesOfAFileThatMustNotHaveChanged) {
  const auto expected = version();
  wait_until_ready();
  std::unique_ptr<remote::ByteSource> source;
  EXPECT_EQ(round_trips([&] {
              source = remote_.open_read(at("/file"), 0, expected, test_context()).value();
              std::byte first{};
              EXPECT_EQ(source->read({&first, 1}, test_context()), 1U);
            }),
            2);
}

TEST_P(RoundTrips, TwoToOpenAFileAndToReadItsFirstBytes) {
  remote::OpenedFile opened;
  EXPECT_EQ(round_trips([&] {
              opened = remote_.open_file(at("/file"), test_context()).value();
              ASSERT_NE(opened.source, nullptr);
              std::byte first{};
              EXPECT_EQ(opened.source->read({&first, 1}, test_context()), 1U);
            }),
            2);
  EXPECT_TRUE(version().may_equal(model::FileVersion::of(opened.attributes)));
}

TEST_P(RoundTrips, OneToOpenAFileWhereNoDataChannelIsReady) {
  served_.stack.knowledge.no_ready_data = true;
  const auto source =
      remote_.open_read(at("/file"), 0, std::nullopt, test_context());  // takes the one that is
  ASSERT_TRUE(source);
  remote::OpenedFile opened;
  (void)remote_.refresh_file(at("/file"), test_context());  // a session of its own
  EXPECT_EQ(round_trips([&] { opened = remote_.open_file(at("/file"), test_context()).value(); }), 1);
  EXPECT_EQ(opened.source, nullptr);
}

TEST_P(RoundTrips, ThreeForTheBytesBehindAnOffset) {
  const auto expected = version();
  wait_until_ready();
  std::unique_ptr<remote::ByteSource> source;
  EXPECT_EQ(round_trips([&] {
              source = remote_.open_read(at("/file"), 3, expected, test_context()).value();
              std::byte first{};
              EXPECT_EQ(source->read({&first, 1}, test_context()), 1U);
            }),
            3)
      << "REST goes with the question for the version";
}

TEST_P(RoundTrips, ThreeForAListingOrTwoByStatAndMdtm) {
  const bool by_stat = served_.stack.knowledge.is_vsftpd;
  const int files =
      by_stat ? 30 : 1000;  // where questions leave while the listing comes, turns are no round trips
  for (int i = 0; i < files; ++i) served_.folder.write("file" + std::to_string(i), "");
  ASSERT_TRUE(remote_.list(at("/"), test_context()));  // from here on the server's time zone is known
  wait_until_ready();
  served_.stack.knowledge.no_ready_data =
      true;  // the one that is there is used, and no other opened behind it
  EXPECT_LE(round_trips([&] { EXPECT_EQ(std::ssize(*remote_.list(at("/"), test_context())), files + 1); }),
            by_stat ? 2 : 3);
}

TEST_P(RoundTrips, OneBehindTheBytesOfAnUploadWhereCommandsMayFollowThemAndOneMoreElsewhere) {
  served_.stack.knowledge.no_ready_data = true;  // none is opened behind this upload
  int before = 0;
  const auto content = content_of(kContent);
  const remote::UploadContent counted{
      .size = content.size, .read_at = [&](std::uint64_t offset, std::span<std::byte> out, const auto& ctx) {
        before = dialer_.round_trips();
        return content.read_at(offset, out, ctx);
      }};
  ASSERT_TRUE(remote_.store(at("/new"), counted, {.creates = true}, test_context()));
  EXPECT_EQ(dialer_.round_trips() - before, served_.stack.knowledge.is_vsftpd ? 1 : 2);
}

TEST_P(RoundTrips, FromADownloadToTheNextDataChannel) {
  const auto expected = version();
  wait_until_ready();
  auto source = remote_.open_read(at("/file"), 0, expected, test_context()).value();
  std::array<std::byte, 7> content{};
  EXPECT_EQ(source->read(content, test_context()), content.size());
  EXPECT_LE(round_trips([&] {
              source.reset();
              wait_until_ready();
            }),
            served_.stack.knowledge.is_vsftpd ? 2 : 3)
      << "EPSV goes out before the final reply is here";
  EXPECT_TRUE(remote_.refresh_file(at("/file"), test_context()));
}

TEST_P(RoundTrips, AChangedFileIsStaleAllTheSame) {
  const auto expected = version();
  served_.folder.write("file", "other and longer");
  const auto source = remote_.open_read(at("/file"), 0, expected, test_context());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Errc::stale);
  EXPECT_TRUE(remote_.refresh_file(at("/file"), test_context())) << "the session goes on";
  served_.folder.write("file", "");
  EXPECT_EQ(remote_.open_read(at("/file"), 0, expected, test_context()).error().code, Errc::stale);
}

TEST_P(RoundTrips, OneForANameThatIsStillFree) {
  (void)remote_.refresh_absent(at("/new"), test_context());  // the server is known from here on
  EXPECT_EQ(round_trips([&] {
              EXPECT_EQ(remote_.refresh_absent(at("/new"), test_context()).error().code, Errc::not_found);
            }),
            1);
}

TEST_P(RoundTrips, WhatHasTakenAFreeNameIsSeen) {
  (void)remote_.refresh_absent(at("/new"), test_context());
  served_.folder.write("new", "four");
  EXPECT_EQ(remote_.refresh_absent(at("/new"), test_context()).value().size, 4U);
  std::filesystem::create_directory(served_.folder.path() / "folder");
  EXPECT_EQ(remote_.refresh_absent(at("/folder"), test_context()).value().type, model::FileType::directory);
}

INSTANTIATE_TEST_SUITE_P(Servers, RoundTrips,
                         ::testing::Values(permissive, proftpd, pureftpd, pyftpdlib, strict_vsftpd));

}  // namespace
}  // namespace ftpsfs::testing
