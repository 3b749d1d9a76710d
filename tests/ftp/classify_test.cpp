#include "ftpsfs/ftp/classify.h"

#include <gtest/gtest.h>

#include <array>

#include "ftp/random_bytes.h"

namespace ftpsfs::ftp {
namespace {

using base::Errc;
using model::RemotePath;

RemotePath path(std::string_view text) { return RemotePath::parse(text).value(); }

Reply reply_of(int code, std::string_view text) { return {.code = code, .lines = {std::string(text)}}; }

Command command(std::string_view verb, std::string_view where = "/dir/x") {
  const auto p = path(where);
  const base::SystemTime epoch;
  if (verb == "AUTH") return Command::auth_tls();
  if (verb == "PROT") return Command::prot_p();
  if (verb == "USER") return Command::user("u").value();
  if (verb == "PASS") return Command::pass(base::Secret("hunter2")).value();
  if (verb == "TYPE") return Command::type_image();
  if (verb == "EPSV") return Command::epsv();
  if (verb == "PASV") return Command::pasv();
  if (verb == "LIST") return Command::list();
  if (verb == "CWD") return Command::cwd(p);
  if (verb == "MLSD") return Command::mlsd(p);
  if (verb == "MLST") return Command::mlst(p);
  if (verb == "SIZE") return Command::size(p);
  if (verb == "MDTM") return Command::mdtm(p);
  if (verb == "RETR") return Command::retr(p);
  if (verb == "STOR") return Command::stor(p);
  if (verb == "DELE") return Command::dele(p);
  if (verb == "MKD") return Command::mkd(p);
  if (verb == "RMD") return Command::rmd(p);
  if (verb == "RNFR") return Command::rnfr(p);
  if (verb == "RNTO") return Command::rnto(p);
  if (verb == "MFMT") return Command::mfmt(epoch, p);
  if (verb == "CHMOD") return Command::site_chmod(0644, p);
  ADD_FAILURE() << "no such command: " << verb;
  return Command::noop();
}

struct Case {
  std::string_view verb;
  int code;
  std::string_view text;
  Errc expected;
  bool ambiguous = false;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.verb << ": " << c.code << ' ' << c.text; }

class Classify : public testing::TestWithParam<Case> {};

TEST_P(Classify, AsExpected) {
  const auto& c = GetParam();
  const auto result = classify(command(c.verb), reply_of(c.code, c.text));
  EXPECT_EQ(base::to_string(result.error.code), base::to_string(c.expected));
  EXPECT_EQ(result.ambiguous, c.ambiguous);
}

constexpr bool kAmbiguous = true;

INSTANTIATE_TEST_SUITE_P(
    Vsftpd, Classify,
    testing::Values(Case{"RETR", 550, "Failed to open file.", Errc::not_found, kAmbiguous},
                    Case{"RETR", 550, "Permission denied.", Errc::permission_denied},
                    Case{"STOR", 553, "Could not create file.", Errc::permission_denied, kAmbiguous},
                    Case{"STOR", 550, "Permission denied.", Errc::permission_denied},
                    Case{"DELE", 550, "Delete operation failed.", Errc::not_found, kAmbiguous},
                    Case{"MKD", 550, "Create directory operation failed.", Errc::permission_denied,
                         kAmbiguous},
                    Case{"RMD", 550, "Remove directory operation failed.", Errc::not_empty, kAmbiguous},
                    Case{"RNFR", 550, "RNFR command failed.", Errc::not_found, kAmbiguous},
                    Case{"RNTO", 550, "Rename failed.", Errc::permission_denied, kAmbiguous},
                    Case{"SIZE", 550, "Could not get file size.", Errc::not_found, kAmbiguous},
                    Case{"MDTM", 550, "Could not get file modification time.", Errc::not_found, kAmbiguous},
                    Case{"CWD", 550, "Failed to change directory.", Errc::not_found, kAmbiguous},
                    Case{"CHMOD", 550, "SITE CHMOD command failed.", Errc::permission_denied, kAmbiguous},
                    Case{"MLSD", 500, "Unknown command.", Errc::not_supported},
                    Case{"RETR", 426, "Failure writing network stream.", Errc::connection_lost},
                    Case{"RETR", 522, "SSL connection failed: session reuse required", Errc::tls_not_resumed},
                    Case{"LIST", 522, "Data connections must be encrypted.", Errc::tls_refused},
                    Case{"PASS", 530, "Login incorrect.", Errc::login_refused},
                    Case{"USER", 530, "Non-anonymous sessions must use encryption.", Errc::tls_refused},
                    Case{"LIST", 425, "Failed to establish connection.", Errc::busy},
                    Case{"TYPE", 421, "Timeout.", Errc::connection_lost},
                    Case{"EPSV", 500, "OOPS: vsf_sysutil_recv_peek", Errc::connection_lost}));

INSTANTIATE_TEST_SUITE_P(
    ProFtpd, Classify,
    testing::Values(
        Case{"RETR", 550, "/dir/x: No such file or directory", Errc::not_found},
        Case{"RETR", 550, "/dir/x: Not a regular file", Errc::is_a_directory},
        Case{"LIST", 450, "x: No such file or directory", Errc::not_found},
        Case{"MLST", 550, "'/dir/x' cannot be listed", Errc::not_found, kAmbiguous},
        Case{"MKD", 550, "/dir/x: File exists", Errc::exists},
        Case{"RMD", 550, "/dir/x: Directory not empty", Errc::not_empty},
        Case{"RMD", 550, "/dir/x: Not a directory", Errc::not_a_directory},
        Case{"STOR", 550, "/dir/x: Is a directory", Errc::is_a_directory},
        Case{"STOR", 550, "/dir/x: Read-only file system", Errc::read_only},
        Case{"STOR", 550, "/dir/x: Overwrite permission denied", Errc::permission_denied},
        Case{"STOR", 550, "/dir/x: File name too long", Errc::name_too_long},
        Case{"STOR", 552, "Transfer aborted. Disk quota exceeded", Errc::quota_exceeded},
        Case{"STOR", 452, "Transfer aborted. No space left on device", Errc::no_space},
        Case{"STOR", 451, "/dir/x: Append/Restart not permitted, try again", Errc::not_permitted},
        Case{"RNTO", 550, "Rename permission denied", Errc::permission_denied, kAmbiguous},
        Case{"RNTO", 550, "Rename /dir/x: Invalid cross-device link", Errc::not_permitted},
        Case{"DELE", 550, "/dir/x: Operation not permitted", Errc::permission_denied},
        Case{"RETR", 425, "Unable to build data connection: Operation not permitted", Errc::tls_not_resumed},
        Case{"PASS", 530, "Sorry, the maximum number of clients (2) for this user are already connected.",
             Errc::too_many_sessions},
        Case{"USER", 550, "SSL/TLS required on the control channel", Errc::tls_refused},
        Case{"RETR", 554, "Invalid REST argument", Errc::invalid_argument}));

INSTANTIATE_TEST_SUITE_P(
    PureFtpd, Classify,
    testing::Values(
        Case{"RETR", 550, "Can't open /dir/x: No such file or directory", Errc::not_found},
        Case{"RETR", 550, "I can only retrieve regular files", Errc::is_a_directory},
        Case{"STOR", 553, "Can't open that file: Permission denied", Errc::permission_denied},
        Case{"STOR", 553, "Prohibited file name: x", Errc::name_invalid},
        Case{"RNTO", 451, "Rename/move failure: Directory not empty", Errc::not_empty},
        Case{"RNFR", 550, "Sorry, but that file doesn't exist", Errc::not_found},
        Case{"MLSD", 550, "Can't check for file existence", Errc::not_found, kAmbiguous},
        Case{"MLST", 550, "Can't check for file existence", Errc::not_found, kAmbiguous},
        Case{"AUTH", 500, "This security scheme is not implemented", Errc::tls_refused},
        Case{"PASS", 530, "Login authentication failed", Errc::login_refused},
        Case{"LIST", 521, "Data connection cannot be opened with this PROT setting.", Errc::tls_refused},
        Case{"STOR", 552, "Quota exceeded", Errc::quota_exceeded},
        Case{"USER", 421, "45 users (the maximum) are already logged in, sorry", Errc::too_many_sessions},
        Case{"TYPE", 421, "Timeout - try typing a little faster next time", Errc::connection_lost}));

INSTANTIATE_TEST_SUITE_P(
    Others, Classify,
    testing::Values(
        // pyftpdlib
        Case{"MLSD", 501, "No such directory.", Errc::not_found, kAmbiguous},
        Case{"MLST", 550, "No such file or directory.", Errc::not_found},
        Case{"SIZE", 550, "x is not retrievable.", Errc::is_a_directory, kAmbiguous},
        Case{"STOR", 550, "Not enough privileges.", Errc::permission_denied},
        Case{"PASS", 530, "Authentication failed.", Errc::login_refused},
        Case{"MFMT", 550, "Is a directory.", Errc::is_a_directory},
        Case{"RETR", 426, "Transfer aborted; 12 bytes transmitted.", Errc::connection_lost},
        // ftp-srv
        Case{"LIST", 451, "ENOENT: no such file or directory, stat '/srv/dir/x'", Errc::not_found},
        Case{"RETR", 551, "EISDIR: illegal operation on a directory, read", Errc::is_a_directory},
        Case{"RETR", 551, "write EPIPE", Errc::connection_lost},
        Case{"RMD", 550, "ENOTEMPTY: directory not empty, rmdir '/srv/dir/x'", Errc::not_empty},
        Case{"TYPE", 530, "Command requires authentication: TYPE", Errc::connection_lost},
        Case{"MLST", 502, "Command not implemented", Errc::not_supported},
        // FileZilla Server 1.x and 0.9
        Case{"RETR", 425, "Unable to build data connection: TLS session of data connection not resumed.",
             Errc::tls_not_resumed},
        Case{"RETR", 425, "Error while transfering data: ECONNABORTED - Connection aborted",
             Errc::connection_lost, kAmbiguous},
        Case{"MLST", 550, "Couldn't open the file or directory", Errc::not_found, kAmbiguous},
        Case{"STOR", 550, "Invalid file name or path", Errc::name_invalid},
        Case{"MKD", 550, "File or directory already exists", Errc::exists},
        Case{"PASV", 421, "Too many active connections, try again later.", Errc::too_many_sessions},
        Case{"PROT", 534, "Fallback to [C]lear not allowed", Errc::tls_refused},
        Case{"STOR", 450,
             "TLS session of data connection has not resumed or the session does not match the control "
             "connection",
             Errc::tls_not_resumed},
        Case{"RNTO", 553, "file exists", Errc::exists}, Case{"DELE", 500, "File not found", Errc::not_found},
        // Rebex
        Case{"LIST", 425, "Cannot secure data connection - TLS session resumption required.",
             Errc::tls_not_resumed},
        // IIS
        Case{"RETR", 550, "The system cannot find the file specified. ", Errc::not_found},
        Case{"RETR", 550, "Access is denied. ", Errc::permission_denied},
        Case{"CWD", 550, "The directory name is invalid. ", Errc::not_a_directory},
        Case{"RMD", 550, "The directory is not empty. ", Errc::not_empty},
        Case{"MKD", 550, "Cannot create a file when that file already exists. ", Errc::exists},
        Case{"DELE", 550, "The process cannot access the file because it is being used by another process. ",
             Errc::busy},
        Case{"STOR", 550, "There is not enough space on the disk. ", Errc::no_space},
        Case{"STOR", 550, "The filename, directory name, or volume label syntax is incorrect. ",
             Errc::name_invalid},
        Case{"PASV", 425, "Cannot open passive connection", Errc::busy},
        Case{"USER", 534, "Policy requires SSL.", Errc::tls_refused},
        Case{"USER", 421, "Maximum session limit reached.", Errc::too_many_sessions}));

INSTANTIATE_TEST_SUITE_P(
    CodesAlone, Classify,
    testing::Values(
        Case{"RETR", 450, "", Errc::busy, kAmbiguous}, Case{"EPSV", 450, "", Errc::busy},
        Case{"STOR", 451, "Error during read from data connection", Errc::connection_lost},
        Case{"STOR", 451, "Transfer aborted", Errc::connection_lost}, Case{"STOR", 452, "", Errc::no_space},
        Case{"STOR", 552, "", Errc::no_space}, Case{"STOR", 553, "File name not allowed", Errc::name_invalid},
        Case{"STOR", 532, "", Errc::permission_denied}, Case{"STOR", 530, "", Errc::permission_denied},
        Case{"STOR", 530, "Please login with USER and PASS.", Errc::connection_lost},
        Case{"EPSV", 522, "Network protocol not supported, use (1)", Errc::not_supported},
        Case{"MKD", 521, "\"/dir/x\" directory exists", Errc::exists},
        Case{"MLST", 500, "'MLST': command not found", Errc::not_supported},
        Case{"MLST", 501, "", Errc::invalid_argument, kAmbiguous},
        Case{"MFMT", 501, "", Errc::invalid_argument}, Case{"MFMT", 504, "", Errc::not_supported},
        Case{"RNTO", 503, "Bad sequence of commands.", Errc::protocol_error},
        Case{"PROT", 503, "PBSZ first", Errc::tls_refused}, Case{"PROT", 536, "", Errc::tls_refused},
        Case{"AUTH", 431, "", Errc::tls_refused}, Case{"RETR", 533, "", Errc::tls_refused},
        Case{"PASS", 430, "", Errc::login_refused}, Case{"PASS", 451, "", Errc::busy},
        Case{"PASS", 530, "Too many authentication failures", Errc::login_refused},
        Case{"PASS", 421, "Too many login attempts", Errc::login_refused},
        Case{"TYPE", 550, "", Errc::permission_denied}, Case{"RETR", 599, "", Errc::not_found, kAmbiguous},
        Case{"RETR", 499, "", Errc::busy}, Case{"RETR", 257, "what?", Errc::protocol_error}));

// A file may be called anything, and servers repeat its name.
TEST(Classify, NamesAreNotTakenForWords) {
  struct Trap {
    std::string_view where;
    int code;
    std::string_view text;
    Errc expected;
  };
  const Trap table[] = {
      {"/Permission denied", 550, "/Permission denied: No such file or directory", Errc::not_found},
      {"/d/Permission denied", 550, "Permission denied: No such file or directory", Errc::not_found},
      {"/d/quota", 550, "Can't open \"quota\": No such file or directory", Errc::not_found},
      {"/not empty/disk full", 550, "Can't open /NOT EMPTY/disk full: Is a directory", Errc::is_a_directory},
      {"/session resume", 450, "/session resume: No such file or directory", Errc::not_found},
      {"/session reuse", 425, "Can't send /session reuse: try later", Errc::busy},
      {"/a", 550, "ENOENT: no such file or directory, open '/home/u/a'", Errc::not_found},
      // a name that is part of the sentence leaves the sentence alone
      {"/denied", 550, "Permission denied.", Errc::permission_denied},
      {"/file", 550, "No such file or directory", Errc::not_found},
      {"/", 550, "No such file/directory", Errc::not_found},
  };
  for (const auto& [where, code, text, expected] : table) {
    const auto result = classify(command("RETR", where), reply_of(code, text));
    EXPECT_EQ(base::to_string(result.error.code), base::to_string(expected)) << where << ": " << text;
  }
}

TEST(Classify, ErrorNamesTheCommandAndKeepsTheReply) {
  const auto result = classify(command("RETR"), Reply{.code = 550, .lines = {"No such", " file"}});
  EXPECT_EQ(result.error.message, "the server refused RETR /dir/x");
  EXPECT_EQ(result.error.server_reply, "550 No such\n file");
}

TEST(Classify, ErrorNeverHoldsThePassword) {
  const auto result = classify(command("PASS"), reply_of(530, "Login incorrect."));
  EXPECT_EQ(result.error.describe().find("hunter2"), std::string::npos) << result.error.describe();
}

TEST(Classify, BoundsTheKeptReply) {
  const auto result = classify(command("RETR"), reply_of(550, std::string(1 << 20, 'x')));
  EXPECT_LE(result.error.server_reply.size(), 4096U);
}

TEST(ResumptionRefusal, Recognised) {
  EXPECT_TRUE(is_resumption_refusal(reply_of(522, "SSL connection failed: session reuse required")));
  EXPECT_TRUE(
      is_resumption_refusal(reply_of(425, "Unable to build data connection: Operation not permitted")));
  EXPECT_TRUE(is_resumption_refusal(reply_of(425, "TLS SESSION of data connection not RESUMED.")));
  EXPECT_FALSE(is_resumption_refusal(reply_of(522, "Data connections must be encrypted.")));
  EXPECT_FALSE(is_resumption_refusal(reply_of(450, "resume.pdf: No such file or directory")));
  EXPECT_FALSE(is_resumption_refusal(reply_of(550, "x: Operation not permitted")));
  EXPECT_FALSE(is_resumption_refusal(reply_of(226, "session reused")));
}

TEST(SessionLimit, Recognised) {
  EXPECT_TRUE(is_session_limit(reply_of(421, "There are too many connections from your internet address.")));
  EXPECT_TRUE(is_session_limit(reply_of(421, "45 users (the maximum) are already logged in, sorry")));
  EXPECT_TRUE(is_session_limit(reply_of(530, "Too many users in your class, please try again later.")));
  EXPECT_FALSE(is_session_limit(reply_of(421, "Service not available.")));
  EXPECT_FALSE(is_session_limit(reply_of(530, "Login incorrect.")));
  EXPECT_FALSE(is_session_limit(reply_of(421, "Too many authentication failures")));
  EXPECT_FALSE(is_session_limit(reply_of(220, "at most 50 users, the maximum")));
}

TEST(Classify, RandomBytesNeverCrash) {
  constexpr std::array<std::string_view, 9> kPieces{"/dir/x",   "x",     "'",  "\"", "No such ",
                                                    "session ", "reuse", ": ", "\n"};
  constexpr std::array<std::string_view, 8> kVerbs{"RETR", "PASS", "LIST", "MKD",
                                                   "EPSV", "TYPE", "RNTO", "CHMOD"};
  test::RandomBytes random(8);
  for (int round = 0; round < 5000; ++round) {
    const auto verb = kVerbs[random.below(kVerbs.size())];
    const auto code = static_cast<int>(random.below(500)) + 100;
    const auto result = classify(command(verb), reply_of(code, random.text(kPieces, random.below(12))));
    EXPECT_FALSE(result.error.message.empty());
    EXPECT_NE(result.error.code, Errc::internal);
  }
  EXPECT_EQ(classify(command("RETR"), Reply{.code = 550, .lines = {}}).error.code, Errc::not_found);
}

TEST(MayPass, IsSaidOfTheMomentNotOfWhatLasts) {
  const auto may_pass_of = [](int code, std::string_view text) {
    return may_pass(classify(command("RNTO"), reply_of(code, text)).error);
  };
  EXPECT_TRUE(may_pass_of(450, "Try again later."));
  EXPECT_TRUE(may_pass_of(451, "Local error in processing."));
  EXPECT_FALSE(may_pass_of(452, "Disk full."));
  EXPECT_FALSE(may_pass_of(450, "x: No such file or directory"));
  EXPECT_FALSE(may_pass_of(550, "Try again later."));
}

}  // namespace
}  // namespace ftpsfs::ftp
