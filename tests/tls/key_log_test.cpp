#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <sstream>
#include <thread>

#include "tls_fixture.h"

namespace ftpsfs::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class KeyLogging : public ::testing::Test {
 protected:
  KeyLogging() : served_(std::make_shared<const TlsMaterial>()) {}

  std::filesystem::path file() const { return folder_.path() / "keys"; }

  tls::Policy policy(tls::Version only) const {
    tls::Policy policy = trusting(served_.server, only);
    policy.keylog_file = file();
    return policy;
  }

  std::vector<std::string> lines() const {
    std::istringstream text(folder_.read("keys"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  std::string refusal() const {
    const auto context = tls::Context::create(policy(tls::Version::tls1_3));
    return context ? "none" : context.error().message;
  }

  CertifiedServer served_;
  TemporaryFolder folder_;
};

TEST_F(KeyLogging, WritesWhatWiresharkReads) {
  ASSERT_TRUE(served_.log_in(policy(tls::Version::tls1_2)));
  EXPECT_THAT(lines(), Each(MatchesRegex("CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}")));
  const auto of_one = lines().size();
  EXPECT_EQ(of_one, 1U);
  ASSERT_TRUE(served_.log_in(policy(tls::Version::tls1_3)));
  EXPECT_GT(lines().size(), of_one) << "it is continued";
  EXPECT_THAT(folder_.read("keys"), HasSubstr("CLIENT_TRAFFIC_SECRET_0 "));
  EXPECT_THAT(folder_.read("keys"), HasSubstr("SERVER_TRAFFIC_SECRET_0 "));
}

TEST_F(KeyLogging, MakesAFileForItsOwnerAlone) {
  ASSERT_EQ(refusal(), "none");
  struct stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(KeyLogging, RefusesAFileThatOthersCanRead) {
  folder_.write("keys", "");
  ASSERT_EQ(::chmod(file().c_str(), 0644), 0);
  EXPECT_THAT(refusal(), HasSubstr("others can use keylog="));
}

TEST_F(KeyLogging, RefusesASymbolicLink) {
  folder_.write("target", "");
  std::filesystem::create_symlink("target", file());
  EXPECT_THAT(refusal(), HasSubstr("symbolic link"));
}

TEST_F(KeyLogging, RefusesWhatIsNoFileOfOurs) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_NE(refusal(), "none");
  std::filesystem::remove(file());
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  folder_.write("keys", "");
  ASSERT_EQ(::chmod(file().c_str(), 0600), 0);
  ASSERT_EQ(::chown(file().c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal(), HasSubstr("belongs to somebody else"));
}

TEST_F(KeyLogging, KeepsTheLinesOfManyConnectionsApart) {
  auto settings = login_to(served_.server.port(), policy(tls::Version::tls1_3));
  FtpStack stack(std::move(settings));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_TRUE(stack.open_session()); });
  }
  const auto all = lines();
  EXPECT_THAT(all, Each(MatchesRegex("[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+")));
  std::set<std::string> connections;
  for (const std::string& line : all) connections.insert(line.substr(line.find(' ') + 1, 64));
  EXPECT_EQ(connections.size(), 8U);
}

}  // namespace
}  // namespace ftpsfs::testing
