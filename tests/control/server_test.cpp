#include "ftpsfs/control/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "ftpsfs/control/client.h"
#include "support/temporary_folder.h"
#include "unix_socket.h"

namespace ftpsfs::control {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using base::Errc;
using base::OpContext;
using base::Result;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kPatience = 30s;  // nothing here takes long

class ControlServer : public ::testing::Test {
 protected:
  fs::path socket() const { return folder_.path() / "ftpsfs" / "0-57.sock"; }

  std::unique_ptr<Server> serve(Handlers handlers, std::chrono::milliseconds silence = kPatience) const {
    auto server = Server::open(socket(), std::move(handlers), silence);
    EXPECT_TRUE(server) << server.error().describe();
    return server ? std::move(*server) : nullptr;
  }

  Result<std::string> ask(std::string_view command, const OpContext& ctx = OpContext::with_timeout(kPatience),
                          const std::function<void(std::string_view)>& on_progress = {}) const {
    const fs::path candidates[] = {socket()};
    return call(candidates, ::geteuid(), command, ctx, on_progress);
  }

  // A client that says what it likes.
  LineChannel connect() const {
    auto client = new_unix_socket();
    EXPECT_EQ(connect_to(*client, *unix_address(socket())), 0);
    return LineChannel(std::move(*client));
  }

  static void say(LineChannel& client, std::string line) {
    EXPECT_TRUE(client.write_line(std::move(line), OpContext::with_timeout(kPatience), "testing"));
  }

  static std::string answer_of(LineChannel& client) {
    auto line = client.read_line(kMostAnswer, OpContext::with_timeout(kPatience), "testing");
    return line ? *line : line.error().message;
  }

  std::string answer_to(std::string line) const {
    LineChannel client = connect();
    say(client, std::move(line));
    return answer_of(client);
  }

  Errc open_error() const {
    auto server = Server::open(socket(), {});
    EXPECT_FALSE(server);
    return server ? Errc::internal : server.error().code;
  }

  testing::TemporaryFolder folder_;
};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

Result<std::string> hello(const OpContext&, const Progress&) { return R"({"said":"hello"})"; }

// A command that runs until it is stopped, and tells when it began and when it was stopped.
struct LongCommand {
  Handler handler() {
    return [this](const OpContext& ctx, const Progress& progress) -> Result<std::string> {
      ++running;
      progress("1");
      began.release();
      std::binary_semaphore stop(0);
      const std::stop_callback on_stop(ctx.stop, [&] { stop.release(); });
      stop.acquire();
      --running;
      stopped.release();
      return base::fail(Errc::cancelled, "stopped");
    };
  }

  std::atomic<unsigned> running = 0;
  std::counting_semaphore<> began{0};
  std::counting_semaphore<> stopped{0};
};

TEST_F(ControlServer, AnswersWithTheHandlersResult) {
  const auto server = serve({{"hello", hello}});
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
}

TEST_F(ControlServer, PassesOnErrors) {
  const auto server = serve({{"fails", [](const OpContext&, const Progress&) -> Result<std::string> {
                                return base::fail(Errc::quota_exceeded, "no room", "552 \"full\"");
                              }}});
  const auto answer = ask("fails");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::quota_exceeded);
  EXPECT_EQ(answer.error().message, "no room");
  EXPECT_EQ(answer.error().server_reply, "552 \"full\"");
}

TEST_F(ControlServer, SendsProgressBeforeTheAnswer) {
  const auto server =
      serve({{"counts", [](const OpContext&, const Progress& progress) -> Result<std::string> {
                progress(R"({"left":2})");
                progress(R"({"left":1})");
                return "0";
              }}});
  std::vector<std::string> told;
  EXPECT_EQ(ask("counts", OpContext::with_timeout(kPatience),
                [&](std::string_view json) { told.emplace_back(json); }),
            "0");
  EXPECT_THAT(told, ElementsAre(R"({"left":2})", R"({"left":1})"));
}

TEST_F(ControlServer, RefusesWhatItDoesNotUnderstand) {
  const auto server = serve({{"hello", hello}});
  EXPECT_THAT(answer_to("GET / HTTP/1.1"), HasSubstr("not a JSON object"));
  EXPECT_THAT(answer_to("\xff\xfe{"), HasSubstr("not a JSON object"));
  EXPECT_THAT(answer_to("[1]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(answer_to("{}"), HasSubstr("no version"));
  EXPECT_THAT(answer_to(R"({"version":"1","command":"hello"})"), HasSubstr("no version"));
  EXPECT_THAT(answer_to(R"({"version":2,"command":"hello"})"), HasSubstr("version 1 only"));
  EXPECT_THAT(answer_to(R"({"version":1})"), HasSubstr("no command"));
  EXPECT_THAT(answer_to(R"({"version":1,"command":7})"), HasSubstr("no command"));
  EXPECT_THAT(answer_to(R"({"version":1,"command":"dance"})"),
              AllOf(HasSubstr("no command 'dance'"), HasSubstr(R"("errc":"not_supported")")));
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
}

TEST_F(ControlServer, RefusesARequestThatIsTooLong) {
  const auto server = serve({{"hello", hello}});
  EXPECT_THAT(answer_to(std::string(kMostRequest + 1000, 'x')), HasSubstr("longer than 4096 bytes"));
  EXPECT_THAT(answer_to(R"({"version":1,"command":"hello"})" + std::string(kMostRequest, ' ')),
              HasSubstr("longer than 4096 bytes"));
}

TEST_F(ControlServer, RefusesAnAnswerThatIsTooLong) {
  const auto server = serve({{"long", [](const OpContext&, const Progress&) {
                                return Result<std::string>(std::string(kMostAnswer, '1'));
                              }}});
  const auto answer = ask("long");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("the answer is longer than"));
}

TEST_F(ControlServer, AnswersAClientThatHasNothingMoreToSay) {
  const auto server = serve({{"hello", hello}});
  LineChannel client = connect();
  say(client, R"({"version":1,"command":"hello"})");
  ::shutdown(client.socket().get(), SHUT_WR);
  EXPECT_EQ(answer_of(client), R"({"ok":true,"result":{"said":"hello"}})");
}

TEST_F(ControlServer, DropsASilentClient) {
  const auto server = serve({{"hello", hello}}, 50ms);
  LineChannel client = connect();
  EXPECT_THAT(answer_of(client), HasSubstr("timed out while waiting for a request"));
  EXPECT_THAT(answer_of(client), HasSubstr("hung up"));
}

TEST_F(ControlServer, StopsTheCommandOfAClientThatHangsUp) {
  LongCommand command;
  const auto server = serve({{"long", command.handler()}});
  std::stop_source user;
  auto asked = std::async(std::launch::async,
                          [&] { return ask("long", OpContext::with_timeout(kPatience, user.get_token())); });
  command.began.acquire();
  user.request_stop();
  const auto answer = asked.get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::cancelled);
  EXPECT_TRUE(command.stopped.try_acquire_for(kPatience));
}

TEST_F(ControlServer, StopsCommandsWhenItEnds) {
  LongCommand command;
  auto server = serve({{"long", command.handler()}});
  auto asked = std::async(std::launch::async, [&] { return ask("long"); });
  command.began.acquire();
  server.reset();
  EXPECT_TRUE(command.stopped.try_acquire());
  EXPECT_FALSE(asked.get());
}

TEST_F(ControlServer, LetsTheFifthClientWait) {
  LongCommand command;
  const Handler others = [&](const OpContext&, const Progress&) {
    return Result<std::string>(std::to_string(command.running));
  };
  const auto server = serve({{"long", command.handler()}, {"others", others}});
  std::vector<LineChannel> clients;
  for (unsigned i = 0; i < kMostClients; ++i) {
    clients.push_back(connect());
    say(clients.back(), R"({"version":1,"command":"long"})");
    command.began.acquire();
  }
  LineChannel fifth = connect();
  say(fifth, R"({"version":1,"command":"others"})");
  clients.pop_back();
  EXPECT_EQ(answer_of(fifth), R"({"ok":true,"result":3})") << "served beside four others";
}

TEST_F(ControlServer, MakesFolderAndSocketForItsUserOnlyAndRemovesTheSocket) {
  auto server = serve({});
  struct stat status{};
  ASSERT_EQ(::lstat(socket().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::lstat(socket().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  server.reset();
  EXPECT_FALSE(fs::exists(fs::symlink_status(socket())));
}

// The device number that the socket is named after belongs to the next mount before the process of the last one has
// ended.
TEST_F(ControlServer, TakesTheNameFromTheProcessOfAMountThatIsGone) {
  auto old = serve({});
  const auto server = serve({{"hello", hello}});
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
  old.reset();
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
}

TEST_F(ControlServer, IsNotKeptByWhatAnEarlierOneLeftBehind) {
  fs::create_directory(socket().parent_path());
  fs::permissions(socket().parent_path(), fs::perms::owner_all);
  for (const auto& name : {socket(), fs::path(socket().native() + ".new")}) {
    const auto address = unix_address(name);
    const auto dead = new_unix_socket();
    ASSERT_EQ(::bind(dead->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
  }
  const auto server = serve({{"hello", hello}});
  EXPECT_EQ(ask("hello"), R"({"said":"hello"})");
  EXPECT_THAT(names_in(socket().parent_path()), ElementsAre("0-57.sock"));
}

TEST_F(ControlServer, LeavesAloneWhatIsNoSocket) {
  fs::create_directory(socket().parent_path());
  fs::permissions(socket().parent_path(), fs::perms::owner_all);
  folder_.write("ftpsfs/0-57.sock", "precious");
  EXPECT_EQ(open_error(), Errc::local_io);
  EXPECT_EQ(folder_.read("ftpsfs/0-57.sock"), "precious");
}

TEST_F(ControlServer, RefusesAFolderThatOthersCanUse) {
  fs::create_directory(socket().parent_path());
  fs::permissions(socket().parent_path(), fs::perms::owner_all | fs::perms::group_exec);
  EXPECT_EQ(open_error(), Errc::permission_denied);
}

TEST_F(ControlServer, RefusesAFolderThatIsASymlink) {
  fs::create_directory(folder_.path() / "elsewhere");
  fs::permissions(folder_.path() / "elsewhere", fs::perms::owner_all);
  fs::create_directory_symlink("elsewhere", socket().parent_path());
  EXPECT_EQ(open_error(), Errc::permission_denied);
}

TEST_F(ControlServer, RefusesAFolderOfSomebodyElse) {
  fs::path folder = "/";  // root's
  if (::geteuid() == 0) {
    folder = folder_.path() / "nobodys";
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms::owner_all);
    ASSERT_EQ(::chown(folder.c_str(), 65534, 65534), 0);
  }
  const auto server = Server::open(folder / "0-57.sock", {});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("belongs to somebody else"));
}

TEST_F(ControlServer, MakesNoFoldersAboveItsOwn) {
  auto server = Server::open(folder_.path() / "missing" / "ftpsfs" / "a.sock", {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Errc::not_found);
}

TEST_F(ControlServer, NeedsAShortName) {
  auto server = Server::open(folder_.path() / std::string(120, 'x'), {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Errc::name_too_long);
}

TEST_F(ControlServer, IsFoundAtTheFirstCandidateThatIsServed) {
  const auto server = serve({{"hello", hello}});
  const fs::path candidates[] = {folder_.path() / "missing" / "a.sock",
                                 folder_.path() / "ftpsfs" / "none.sock", socket()};
  EXPECT_EQ(call(candidates, ::geteuid(), "hello", OpContext::with_timeout(kPatience)),
            R"({"said":"hello"})");
  const auto nobody =
      call(std::span(candidates).first(2), ::geteuid(), "hello", OpContext::with_timeout(kPatience));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::unreachable);
}

TEST_F(ControlServer, OfSomebodyElseIsToldNothing) {
  std::atomic<bool> asked = false;
  const auto server = serve({{"hello", [&](const OpContext& ctx, const Progress& progress) {
                                asked = true;
                                return hello(ctx, progress);
                              }}});
  const fs::path candidates[] = {socket()};
  const auto answer = call(candidates, ::geteuid() + 1, "hello", OpContext::with_timeout(kPatience));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::permission_denied);
  EXPECT_FALSE(asked);
}

// The process is another user while this lives.
class AsUser {
 public:
  explicit AsUser(uid_t user) { EXPECT_EQ(::seteuid(user), 0); }
  ~AsUser() { EXPECT_EQ(::seteuid(0), 0); }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
};

class ControlServerOfAUser : public ControlServer {
 protected:
  static constexpr uid_t kOwner = 65534;
  static constexpr uid_t kOther = 65533;

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be several users";
    ASSERT_EQ(::chown(folder_.path().c_str(), kOwner, kOwner), 0);
    const AsUser owner(kOwner);
    server_ = serve({{"hello", hello}});
  }

  Result<std::string> ask_owner() const {
    const fs::path candidates[] = {socket()};
    return call(candidates, kOwner, "hello", OpContext::with_timeout(kPatience));
  }

  std::unique_ptr<Server> server_;
};

TEST_F(ControlServerOfAUser, AnswersRootToo) { EXPECT_EQ(ask_owner(), R"({"said":"hello"})"); }

TEST_F(ControlServerOfAUser, IsOutOfReachForOthers) {
  const AsUser other(kOther);
  const auto answer = ask_owner();
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("only for the mount's own user and root"));
}

TEST_F(ControlServerOfAUser, RefusesOthersAlsoWhenTheyCanReachIt) {
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(socket().parent_path(), fs::perms::all);
  fs::permissions(socket(), fs::perms::all);
  const AsUser other(kOther);
  const auto answer = ask_owner();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::permission_denied);
  EXPECT_THAT(answer.error().message, HasSubstr("only the mount's own user and root may ask"));
}

TEST_F(ControlServer, AnswersThatMakeNoSenseAreErrors) {
  const auto server =
      serve({{"odd", [](const OpContext&, const Progress&) { return Result<std::string>("{"); }}});
  const auto answer = ask("odd");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::protocol_error);
}

}  // namespace
}  // namespace ftpsfs::control
