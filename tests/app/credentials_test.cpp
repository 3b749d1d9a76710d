#include "ftpsfs/app/credentials.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace ftpsfs::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CredentialsFile : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view text, mode_t mode = 0600) const {
    const auto file = folder_.path() / "credentials";
    std::ofstream(file, std::ios::binary) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

  ftpsfs::testing::TemporaryFolder folder_;
};

struct Content {
  const char* text;
  const char* user;
  const char* password;
};

class GoodCredentials : public CredentialsFile, public ::testing::WithParamInterface<Content> {};

TEST_P(GoodCredentials, AreRead) {
  const auto credentials = read_credentials_file(write(GetParam().text));
  ASSERT_TRUE(credentials) << credentials.error().describe();
  EXPECT_EQ(credentials->user, GetParam().user);
  EXPECT_EQ(credentials->password.reveal(), GetParam().password);
}

const Content kContents[] = {
    {"username=bob\npassword=geheim\n", "bob", "geheim"},
    {"username=bob\r\npassword=geheim\r\n", "bob", "geheim"},
    {"username=bob\npassword=geheim", "bob", "geheim"},
    {"# a comment\n\nusername=bob\n#password=no\npassword= a # b,c=d\\\"' \n", "bob", " a # b,c=d\\\"' "},
    {"password=only\n", "", "only"},
    {"username=only\n", "only", ""},
    {"", "", ""},
};
INSTANTIATE_TEST_SUITE_P(All, GoodCredentials, ::testing::ValuesIn(kContents));

TEST_F(CredentialsFile, OthersMayNotUse) {
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0777U}) {
    const auto credentials = read_credentials_file(write("password=x\n", mode));
    ASSERT_FALSE(credentials) << mode;
    EXPECT_THAT(credentials.error().message,
                HasSubstr("chmod 600 " + (folder_.path() / "credentials").string()));
  }
}

TEST_F(CredentialsFile, OwnersMayOnlyRead) {
  EXPECT_TRUE(read_credentials_file(write("password=x\n", 0400)));
}

TEST_F(CredentialsFile, BelongsToUsOrRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto file = write("password=x\n");
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  const auto credentials = read_credentials_file(file);
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().message, HasSubstr("neither to you nor to root"));
}

TEST_F(CredentialsFile, IsARegularFile) {
  const auto directory = read_credentials_file(folder_.path());
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, HasSubstr("not a regular file"));
  const auto fifo = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(read_credentials_file(fifo));
}

TEST_F(CredentialsFile, MustExist) {
  const auto credentials = read_credentials_file(folder_.path() / "absent");
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, base::Errc::not_found);
}

TEST_F(CredentialsFile, ErrorsNameTheLineAndNotItsText) {
  const auto credentials = read_credentials_file(write("username=bob\ngeheim\n"));
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().message, HasSubstr("line 2"));
  EXPECT_THAT(credentials.error().message, Not(HasSubstr("geheim")));
}

TEST_F(CredentialsFile, HasABound) {
  EXPECT_FALSE(read_credentials_file(write("password=" + std::string(70'000, 'x'))));
}

int pipe_with(std::string_view text) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return -1;
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return ends[0];
}

TEST(PasswordFd, IsReadToTheNewlineOrEndAndClosed) {
  for (const char* text : {"geheim", "geheim\n", "geheim\r\n", "geheim\nmore"}) {
    const int fd = pipe_with(text);
    const auto password = read_password_from_fd(fd);
    ASSERT_TRUE(password) << password.error().describe();
    EXPECT_EQ(password->reveal(), "geheim");
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
  }
}

TEST(PasswordFd, RefusesNothingTooMuchAndWhatIsNotOpen) {
  EXPECT_FALSE(read_password_from_fd(pipe_with("")));
  EXPECT_FALSE(read_password_from_fd(pipe_with(std::string(2000, 'x'))));
  EXPECT_FALSE(read_password_from_fd(9999));
}

base::Result<base::Secret> never_ask(const std::string& /*prompt*/) {
  return base::fail(base::Errc::not_supported, "asked");
}

Source source_of(const char* text) { return parse_source(text, {}).value(); }

TEST(FindCredentials, TakesTheUserFromOptionThenSource) {
  Options options;
  options.password_fd = pipe_with("p");
  auto credentials = find_credentials(options, source_of("alice@host"), never_ask);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "alice");
  options.user = "bob";
  options.password_fd = pipe_with("p");
  credentials = find_credentials(options, source_of("alice@host"), never_ask);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "bob");
}

TEST(FindCredentials, AsksWhenThereIsNothingElse) {
  std::string asked;
  const auto credentials = find_credentials(Options{}, source_of("alice@host"),
                                            [&](const std::string& prompt) -> base::Result<base::Secret> {
                                              asked = prompt;
                                              return base::Secret(std::string("typed"));
                                            });
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->password.reveal(), "typed");
  EXPECT_EQ(asked, "Password of alice at host: ");
}

TEST(FindCredentials, AsksNoPasswordOfAnonymous) {
  const auto credentials = find_credentials(Options{}, source_of("anonymous@host"), never_ask);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->password.reveal(), "anonymous@");
}

TEST(FindCredentials, SaysHowToNameAUser) {
  const auto credentials = find_credentials(Options{}, source_of("host"), never_ask);
  ASSERT_FALSE(credentials);
  EXPECT_THAT(credentials.error().message, HasSubstr("user=NAME"));
}

TEST(FindCredentials, RefusesWhatCannotBeSent) {
  Options options;
  options.user = "bob\r\nDELE x";
  EXPECT_FALSE(find_credentials(
      options, source_of("host"),
      [](const std::string&) -> base::Result<base::Secret> { return base::Secret(std::string("p")); }));
  options.user = "bob";
  options.password_fd = pipe_with(std::string_view("a\0b", 3));
  EXPECT_FALSE(find_credentials(options, source_of("host"), never_ask));
}

TEST_F(CredentialsFile, GivesBoth) {
  Options options;
  options.credentials_file = write("username=bob\npassword=geheim\n");
  const auto credentials = find_credentials(options, source_of("host"), never_ask);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->user, "bob");
  EXPECT_EQ(credentials->password.reveal(), "geheim");
}

TEST_F(CredentialsFile, IsForItsOwnUserOnly) {
  Options options;
  options.credentials_file = write("username=bob\npassword=geheim\n");
  EXPECT_FALSE(find_credentials(options, source_of("alice@host"), never_ask));
}

}  // namespace
}  // namespace ftpsfs::app
