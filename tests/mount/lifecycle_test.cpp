// How a mount begins and ends: the daemon, what is said when it cannot start, signals, and who sees the password.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "mount/local_server.h"
#include "mount/matrix.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr Milliseconds kLimit{60'000};

// Empty for a process that is just going away.
std::string command_line_of(const fs::path& process) {
  std::ifstream in(process / "cmdline", std::ios::binary);
  std::string line;
  std::getline(in, line,
               '\n');  // unlike a stream's iterator, does not throw for what cannot be read any more
  return line;
}

// Processes that were started with this argument.
std::vector<pid_t> processes_of(const fs::path& argument) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string line = '\0' + command_line_of(entry.path());
    if (line.find('\0' + argument.string() + '\0') != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

class Lifecycle : public ::testing::Test {
 protected:
  void SetUp() override { FTPSFS_NEEDS(why_no_fuse()); }

  LocalServer server_;
};

class Daemon : public Lifecycle {
 protected:
  CommandResult start() { return run(plan_.command_line(), kLimit); }

  // A start that must fail: nothing mounted, nobody left running, and a reason on stderr.
  std::string reason_of_failure() {
    const auto result = start();
    EXPECT_NE(result.status, 0) << result;
    EXPECT_NE(result.status, 124) << result;
    EXPECT_LT(result.status, 128) << result;
    EXPECT_FALSE(is_mounted(plan_.mount_point()));
    EXPECT_THAT(processes_of(plan_.mount_point()), IsEmpty());
    return result.errors;
  }

  void TearDown() override {
    if (is_mounted(plan_.mount_point())) run({"fusermount3", "-u", "-z", plan_.mount_point()});
  }

  MountPlan plan_{server_.endpoint()};
};

TEST_F(Daemon, ParentReturnsWhenTheMountAnswers) {
  write_file(server_.root() / "file", "content");
  const auto started = start();
  ASSERT_TRUE(started.ok()) << started;
  ASSERT_TRUE(is_mounted(plan_.mount_point()));
  EXPECT_EQ(read_file(plan_.mount_point() / "file"), "content");
  EXPECT_THAT(processes_of(plan_.mount_point()), SizeIs(1));

  const auto unmounted = run({"fusermount3", "-u", plan_.mount_point()}, kLimit);
  EXPECT_TRUE(unmounted.ok()) << unmounted;
  EXPECT_FALSE(is_mounted(plan_.mount_point()));
  EXPECT_TRUE(eventually(kLimit, [&] { return processes_of(plan_.mount_point()).empty(); }));
}

TEST_F(Daemon, HoldsNeitherTheTerminalNorTheFolder) {
  const auto started = start();
  ASSERT_TRUE(started.ok()) << started;
  const auto processes = processes_of(plan_.mount_point());
  ASSERT_THAT(processes, SizeIs(1));
  const auto proc = fs::path("/proc") / std::to_string(processes.front());
  EXPECT_EQ(fs::read_symlink(proc / "cwd"), "/");
  for (const auto* descriptor : {"0", "1", "2"}) {
    EXPECT_EQ(fs::read_symlink(proc / "fd" / descriptor), "/dev/null") << descriptor;
  }
}

TEST_F(Daemon, WrongPasswordIsSaid) {
  plan_.set_password("wrong-word");
  const auto reason = reason_of_failure();
  EXPECT_THAT(reason, HasSubstr("530"));
  EXPECT_THAT(reason, Not(HasSubstr("wrong-word")));
}

TEST_F(Daemon, UntrustedCertificateIsShownWithTheRemedy) {
  plan_.drop_option("tls_pin=");
  EXPECT_THAT(reason_of_failure(), HasSubstr("tls_pin=sha256:" + server_.endpoint().fingerprint));
}

TEST_F(Daemon, WrongPinIsRefused) {
  plan_.drop_option("tls_pin=");
  plan_.add_option("tls_pin=sha256:" + std::string(64, '0'));
  EXPECT_THAT(reason_of_failure(), HasSubstr(server_.endpoint().fingerprint));
  EXPECT_EQ(server_->snapshot().logins, 0U);
}

TEST_F(Daemon, NothingListeningIsSaid) {
  server_->stop();
  EXPECT_THAT(reason_of_failure(), HasSubstr("refused"));
}

TEST_F(Daemon, MissingMountPointIsNamed) {
  plan_.set_mount_point(plan_.folder() / "no such folder");
  EXPECT_THAT(reason_of_failure(), HasSubstr("no such folder"));
}

TEST_F(Daemon, ClearTextSchemeIsRefused) {
  plan_.set_source("ftp://ftpt@localhost:" + std::to_string(server_.endpoint().port) + "/");
  const auto reason = reason_of_failure();
  EXPECT_THAT(reason, HasSubstr("tls=none"));
  EXPECT_EQ(server_->snapshot().control_connections, 0U);
}

TEST_F(Daemon, CredentialsThatOthersCanReadAreRefused) {
  fs::permissions(plan_.credentials(), fs::perms(0644));
  EXPECT_THAT(reason_of_failure(), HasSubstr(plan_.credentials().string()));
  EXPECT_EQ(server_->snapshot().control_connections, 0U);
}

TEST_F(Lifecycle, FusermountEndsItCleanly) {
  MountedFs mount(server_.endpoint());
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_FALSE(is_mounted(mount.path()));
}

TEST_F(Lifecycle, SignalsEndItCleanly) {
  for (const int number : {SIGINT, SIGTERM}) {
    MountedFs mount(server_.endpoint());
    mount.process().signal(number);
    EXPECT_EQ(mount.process().wait(kLimit), 0) << number << mount.log();
    EXPECT_FALSE(is_mounted(mount.path()));
  }
}

TEST_F(Lifecycle, UnmountDuringATransferEndsIt) {
  write_file(server_.root() / "file", std::string(4U << 20, 'x'));
  auto stall = server_->faults().on_command("RETR", 0, testing::Fault::stall_after(100'000));
  MountedFs mount(server_.endpoint());
  TestProcess reader({"cat", mount / "file"});
  ASSERT_TRUE(stall.wait_reached(kLimit)) << mount.log();
  mount.process().signal(SIGTERM);
  EXPECT_EQ(mount.process().wait(kLimit), 0) << mount.log();
  EXPECT_FALSE(is_mounted(mount.path()));
  EXPECT_NE(reader.wait(kLimit).value_or(0), 0);
}

TEST_F(Lifecycle, PasswordIsSeenNowhere) {
  const std::string password = server_.endpoint().password;
  MountedFs mount(server_.endpoint(), {"log_level=trace"}, {"-d"});
  ASSERT_TRUE(run({"ls", mount.path()}).ok());
  const auto proc = fs::path("/proc") / std::to_string(mount.process().pid());
  EXPECT_THAT(read_file(proc / "cmdline"), HasSubstr("credentials="));
  EXPECT_THAT(read_file(proc / "cmdline"), Not(HasSubstr(password)));
  EXPECT_THAT(read_file(proc / "environ"), Not(HasSubstr(password)));
  EXPECT_EQ(mount.unmount(), 0) << mount.log();
  EXPECT_THAT(mount.log(), HasSubstr("PASS"));
  EXPECT_THAT(mount.log(), Not(HasSubstr(password)));
}

// Root gives an ordinary user a /dev/fuse of his own, in a mount namespace, as many machines have it for all.
TEST_F(Lifecycle, WorksAsAnOrdinaryUser) {
  if (geteuid() != 0) GTEST_SKIP() << "all of these tests run as an ordinary user already";
  write_file(server_.root() / "file", "content\n");
  MountPlan plan(server_.endpoint());
  const auto home = plan.folder();
  fs::copy_file(FTPSFS_BINARY, home / "ftpsfs");
  auto line = plan.command_line();
  line.front() = home / "ftpsfs";
  line.insert(line.begin(), home);
  const auto result = run_script(R"sh(
    chown -R 65534:65534 "$1"
    exec unshare --mount --propagation private bash -euc '
      mkdir "$1/dev"
      mount -t tmpfs tmpfs "$1/dev"
      mknod -m 666 "$1/dev/fuse" c 10 229 || exit 77
      mount --bind "$1/dev/fuse" /dev/fuse
      cd "$1"
      exec env HOME="$1" setpriv --reuid 65534 --regid 65534 --clear-groups bash -euc "
        shift
        : <>/dev/fuse || exit 77
        \"\$@\"
        cat \"\$3\"/file
        echo written >\"\$3\"/new
        stat -c %u \"\$3\"/new
        fusermount3 -u \"\$3\"
      " user "$@"
    ' namespace "$@"
  )sh",
                                 line, kLimit);
  if (result.status == 77) FTPSFS_NEEDS(std::optional<std::string>("no device nodes here: " + result.errors));
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(result.output, "content\n65534\n");
  EXPECT_EQ(read_file(server_.root() / "new"), "written\n");
}

}  // namespace
}  // namespace ftpsfs::mount_test
