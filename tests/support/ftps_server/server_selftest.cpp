#include "server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace ftpsfs::testing {
namespace {

using std::chrono::seconds;

// ---- a small blocking client ------------------------------------------------------------------------------

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

class Client {
 public:
  Client(std::uint16_t port, int version)
      : context_(SSL_CTX_new(TLS_client_method())), fd_(connect_to(port)) {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  }

  void write(const std::string& text) {
    if (control_) {
      SSL_write(control_.get(), text.data(), static_cast<int>(text.size()));
    } else {
      (void)::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
  }

  // One line without its end, "" if the connection has gone.
  std::string line() {
    for (;;) {
      const auto end = input_.find("\r\n");
      if (end != std::string::npos) {
        const auto result = input_.substr(0, end);
        input_.erase(0, end + 2);
        return result;
      }
      std::array<char, 4096> chunk{};
      const auto count = control_ ? SSL_read(control_.get(), chunk.data(), chunk.size())
                                  : static_cast<int>(::recv(fd_.get(), chunk.data(), chunk.size(), 0));
      if (count <= 0) return "";
      input_.append(chunk.data(), static_cast<std::size_t>(count));
    }
  }

  // A whole reply; gives its last line, and the lines before in body().
  std::string reply() {
    body_.clear();
    auto text = line();
    const auto code = text.substr(0, 3);
    if (text.size() < 4 || text[3] != '-') return text;
    while (!(text = line()).starts_with(code + " ")) {
      if (text.empty()) return "";
      body_ += text + "\n";
    }
    return text;
  }

  std::string command(const std::string& text) {
    write(text + "\r\n");
    return reply();
  }

  bool secure() {
    control_.reset(SSL_new(context_.get()));
    SSL_set_fd(control_.get(), fd_.get());
    return SSL_connect(control_.get()) == 1;
  }

  void login() {
    ASSERT_TRUE(reply().starts_with("220"));
    ASSERT_TRUE(command("AUTH TLS").starts_with("234"));
    ASSERT_TRUE(secure());
    ASSERT_TRUE(command("USER ftpt").starts_with("331"));
    ASSERT_TRUE(command("PASS secret").starts_with("230"));
    ASSERT_TRUE(command("PBSZ 0").starts_with("200"));
    ASSERT_TRUE(command("PROT P").starts_with("200"));
    ASSERT_TRUE(command("TYPE I").starts_with("200"));
  }

  // EPSV and the TCP connection.
  UniqueFd passive() {
    const auto text = command("EPSV");
    const auto at = text.find("|||");
    if (!text.starts_with("229") || at == std::string::npos) return UniqueFd{};
    return connect_to(static_cast<std::uint16_t>(std::stoi(text.substr(at + 3))));
  }

  SslSessionPtr session() { return SslSessionPtr(SSL_get1_session(control_.get())); }

  SslPtr data_tls(int fd, SSL_SESSION* session) {
    SslPtr data(SSL_new(context_.get()));
    SSL_set_fd(data.get(), fd);
    const SslSessionPtr copy(session == nullptr ? nullptr : SSL_SESSION_dup(session));
    if (copy) SSL_set_session(data.get(), copy.get());
    return SSL_connect(data.get()) == 1 ? std::move(data) : nullptr;
  }

  struct Result {
    std::string first;
    std::string last;
    std::string data;
    bool resumed = false;
    bool close_notify = false;
  };

  Result download(const std::string& text, SSL_SESSION* foreign = nullptr, bool resume = true) {
    Result result;
    const auto fd = passive();
    const auto own = session();
    write(text + "\r\n");
    const auto data = data_tls(fd.get(), foreign != nullptr ? foreign : resume ? own.get() : nullptr);
    result.first = reply();
    if (result.first.starts_with("1")) {
      if (data) read_to_end(data.get(), result);
      if (data) SSL_shutdown(data.get());
      ::shutdown(fd.get(), SHUT_RDWR);
      result.last = reply();
    }
    return result;
  }

  Result upload(const std::string& text, const std::string& content, bool close_notify = true) {
    Result result;
    const auto fd = passive();
    const auto own = session();
    write(text + "\r\n");
    const auto data = data_tls(fd.get(), own.get());
    result.first = reply();
    if (!result.first.starts_with("1") || !data) return result;
    result.resumed = SSL_session_reused(data.get()) == 1;
    if (!content.empty()) SSL_write(data.get(), content.data(), static_cast<int>(content.size()));
    if (close_notify) SSL_shutdown(data.get());
    ::shutdown(fd.get(), SHUT_WR);
    read_to_end(data.get(), result);
    result.last = reply();
    return result;
  }

  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  static void read_to_end(SSL* data, Result& result) {
    std::array<char, 16384> chunk{};
    int count = 0;
    while ((count = SSL_read(data, chunk.data(), chunk.size())) > 0) {
      result.data.append(chunk.data(), static_cast<std::size_t>(count));
    }
    result.close_notify = SSL_get_error(data, count) == SSL_ERROR_ZERO_RETURN;
    result.resumed = SSL_session_reused(data) == 1;
  }

  SslCtxPtr context_;
  UniqueFd fd_;
  SslPtr control_;
  std::string input_;
  std::string body_;
};

void reset_connection(UniqueFd& fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd.reset();
}

// ---- fixture ----------------------------------------------------------------------------------------------

class FtpsServerTest : public ::testing::TestWithParam<int> {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ftps-selftest-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    put("hello.txt", "hello world");
    put(".hidden", "x");
    std::filesystem::create_directory(root_ / "sub");
    std::filesystem::create_symlink("hello.txt", root_ / "link");
    std::filesystem::create_symlink("/etc", root_ / "escape");
  }

  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(root_);
  }

  void put(const std::string& name, const std::string& content) const {
    std::ofstream(root_ / name, std::ios::binary) << content;
  }

  [[nodiscard]] std::string get(const std::string& name) const {
    std::ifstream in(root_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Server& serve(Personality personality, bool implicit = false) {
    static const auto material = std::make_shared<const TlsMaterial>();
    ServerOptions options;
    options.root = root_;
    options.personality = std::move(personality);
    options.implicit_tls = implicit;
    options.io_limit = seconds(20);
    options.material = material;
    server_ = std::make_unique<Server>(std::move(options));
    server_->start();
    return *server_;
  }

  Client connected() {
    Client client(server_->port(), GetParam());
    client.login();
    return client;
  }

  std::filesystem::path root_;
  std::unique_ptr<Server> server_;
};

INSTANTIATE_TEST_SUITE_P(Tls, FtpsServerTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

// ---- sessions ---------------------------------------------------------------------------------------------

TEST_P(FtpsServerTest, VsftpdListsWithResumptionAndDropsWithoutIt) {
  auto& server = serve(strict_vsftpd());
  auto client = connected();
  for (int i = 0; i < 5; ++i) {
    const auto listing = client.download("LIST -a");
    EXPECT_TRUE(listing.resumed);
    EXPECT_TRUE(listing.close_notify);
    EXPECT_EQ(listing.last, "226 Directory send OK.");
    EXPECT_NE(listing.data.find(".hidden\r\n"), std::string::npos) << listing.data;
    EXPECT_NE(listing.data.find("link -> hello.txt\r\n"), std::string::npos) << listing.data;
  }
  const auto refused = client.download("LIST", nullptr, false);
  EXPECT_EQ(refused.last, "522 SSL connection failed: session reuse required");
  EXPECT_EQ(client.command("NOOP"), "");
  const auto seen = server.snapshot();
  EXPECT_EQ(seen.data_handshakes_resumed, 5U);
  EXPECT_EQ(seen.data_handshakes_full, 1U);
  EXPECT_EQ(seen.resumption_refused, 1U);
  if (GetParam() == TLS1_3_VERSION) {
    EXPECT_GE(seen.hello_retry_requests, 1U);
  }
}

TEST_P(FtpsServerTest, FilezillaWantsTheSessionOfItsOwnControlConnection) {
  auto& server = serve(strict_filezilla());
  auto client = connected();
  for (int i = 0; i < 3; ++i) {
    const auto listing = client.download("MLSD");
    EXPECT_TRUE(listing.resumed);
    EXPECT_TRUE(listing.last.starts_with("226")) << listing.last;
    EXPECT_NE(listing.data.find("type=file;size=11;modify="), std::string::npos) << listing.data;
    EXPECT_EQ(listing.data.find("UNIX"), std::string::npos);
  }
  auto other = connected();
  ASSERT_TRUE(other.passive().valid());
  const auto foreign = other.session();
  constexpr auto refusal = "425 Unable to build data connection: TLS session of data connection not resumed.";
  EXPECT_EQ(client.download("MLSD", foreign.get()).last, refusal);
  EXPECT_EQ(client.download("MLSD", nullptr, false).last, refusal);
  EXPECT_TRUE(client.download("MLSD").last.starts_with("226"));
  const auto seen = server.snapshot();
  EXPECT_EQ(seen.data_resumed_foreign, 1U);
  EXPECT_EQ(seen.resumption_refused, 2U);
}

TEST_P(FtpsServerTest, ProftpdTellsForeignSessionsFromItsOwn) {
  serve(proftpd());
  auto client = connected();
  auto other = connected();
  EXPECT_TRUE(client.download("MLSD").last.starts_with("226"));
  ASSERT_EQ(other.command("NOOP"), "200 NOOP ok.");
  const auto refused = client.download("MLSD", other.session().get());
  EXPECT_TRUE(refused.first.starts_with("150"));
  EXPECT_EQ(refused.last, "425 Unable to build data connection: Operation not permitted");
  EXPECT_TRUE(client.download("MLSD").last.starts_with("226"));
}

TEST_P(FtpsServerTest, CanTakeTheSessionOfAnotherConnection) {
  auto personality = strict_vsftpd();
  personality.resumption = Resumption::any_session;
  serve(personality);
  auto client = connected();
  auto other = connected();
  EXPECT_TRUE(client.download("LIST", other.session().get()).last.starts_with("226"));
  EXPECT_EQ(server_->snapshot().data_resumed_foreign, 1U);
}

TEST_P(FtpsServerTest, SessionIdsWorkWithoutTickets) {
  auto personality = proftpd();
  personality.tls.stateless_tickets = false;
  serve(personality);
  auto client = connected();
  auto other = connected();
  EXPECT_TRUE(client.download("MLSD").last.starts_with("226"));
  EXPECT_TRUE(client.download("MLSD").last.starts_with("226"));
  ASSERT_EQ(other.command("NOOP"), "200 NOOP ok.");
  EXPECT_TRUE(client.download("MLSD", other.session().get()).last.starts_with("425"));
}

TEST_P(FtpsServerTest, RefusedResumptionIsAFault) {
  auto& server = serve(proftpd());
  server.faults().on_command("RETR", 1, {.refuse_resumption = true});
  auto client = connected();
  EXPECT_TRUE(client.download("RETR hello.txt").last.starts_with("425"));
  EXPECT_EQ(client.download("RETR hello.txt").data, "hello world");
}

TEST_P(FtpsServerTest, ImplicitTls) {
  serve(permissive(), true);
  Client client(server_->port(), GetParam());
  ASSERT_TRUE(client.secure());
  EXPECT_TRUE(client.reply().starts_with("220"));
  EXPECT_TRUE(client.command("USER ftpt").starts_with("331"));
  EXPECT_TRUE(client.command("PASS wrong").starts_with("530"));
  EXPECT_TRUE(client.command("PASS secret").starts_with("230"));
}

TEST_P(FtpsServerTest, DemandsTlsLoginAndProtection) {
  serve(strict_vsftpd());
  Client client(server_->port(), GetParam());
  EXPECT_TRUE(client.reply().starts_with("220"));
  EXPECT_TRUE(client.command("PWD").starts_with("530"));
  EXPECT_TRUE(client.command("AUTH TLS").starts_with("234"));
  ASSERT_TRUE(client.secure());
  EXPECT_TRUE(client.command("PWD").starts_with("530"));
  EXPECT_TRUE(client.command("USER ftpt").starts_with("331"));
  EXPECT_TRUE(client.command("PASS secret").starts_with("230"));
  EXPECT_TRUE(client.command("EPSV").starts_with("229"));
  EXPECT_TRUE(client.command("LIST").starts_with("522"));
  EXPECT_TRUE(client.command("MLSD").starts_with("500"));
}

TEST_P(FtpsServerTest, NoticesAClientHelloBeforeTheCommand) {
  auto& server = serve(permissive());
  auto client = connected();
  ASSERT_TRUE(client.download("RETR hello.txt").last.starts_with("226"));
  EXPECT_EQ(server.snapshot().client_hello_before_command, 0U);
  const auto fd = client.passive();
  ASSERT_EQ(::send(fd.get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
  EXPECT_TRUE(server.counters().wait_until(
      [](const auto& seen) { return seen.client_hello_before_command == 1; }, seconds(10)));
}

TEST_P(FtpsServerTest, EarlyClientHelloCanCostTheDataConnection) {
  auto personality = permissive();
  personality.early_hello = EarlyHello::reset;
  serve(personality);
  auto client = connected();
  const auto fd = client.passive();
  ASSERT_EQ(::send(fd.get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
  char byte = 0;
  EXPECT_EQ(::recv(fd.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_P(FtpsServerTest, FilezillaShakesHandsBeforeTheCommand) {
  auto& server = serve(strict_filezilla());
  auto client = connected();
  const auto fd = client.passive();
  const auto data = client.data_tls(fd.get(), client.session().get());
  ASSERT_TRUE(data);
  EXPECT_EQ(client.command("SIZE hello.txt"), "213 11");
  client.write("RETR hello.txt\r\n");
  EXPECT_TRUE(client.reply().starts_with("150"));
  std::array<char, 64> buffer{};
  EXPECT_EQ(SSL_read(data.get(), buffer.data(), buffer.size()), 11);
  EXPECT_TRUE(client.reply().starts_with("226"));
  EXPECT_EQ(server.snapshot().data_handshakes_resumed, 1U);
}

TEST_P(FtpsServerTest, TransfersRunInParallelAndStopAtOnce) {
  auto& server = serve(strict_vsftpd());
  std::filesystem::resize_file(root_ / "hello.txt", 2U << 20U);
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this] {
      Client client(server_->port(), GetParam());
      client.login();
      while (client.download("RETR hello.txt").last.starts_with("226")) {
        if (!client.command("SIZE hello.txt").starts_with("213")) break;
      }
    });
  }
  EXPECT_TRUE(server.counters().wait_until(
      [](const auto& seen) { return seen.downloads_complete >= 20 && seen.transfers_most >= 2; },
      seconds(60)));
  server.stop();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server.snapshot().resumption_refused, 0U);
  EXPECT_EQ(server.snapshot().client_hello_before_command, 0U);
}

// ---- transfers --------------------------------------------------------------------------------------------

TEST_P(FtpsServerTest, RoundTripOfABigFileInEveryPersonality) {
  std::string content;
  while (content.size() < 3'000'000) content += "line " + std::to_string(content.size()) + "\n";
  for (const auto& name : personality_names()) {
    SCOPED_TRACE(name);
    serve(*personality_by_name(name));
    auto client = connected();
    const auto stored = client.upload("STOR big", content);
    EXPECT_TRUE(stored.last.starts_with("226")) << stored.first << stored.last;
    EXPECT_EQ(get("big"), content);
    EXPECT_EQ(client.command("SIZE big"), "213 " + std::to_string(content.size()));
    const auto fetched = client.download("RETR big");
    EXPECT_TRUE(fetched.last.starts_with("226")) << fetched.first << fetched.last;
    EXPECT_TRUE(fetched.close_notify);
    EXPECT_EQ(fetched.data, content);
    EXPECT_EQ(server_->snapshot().uploads_complete, 1U);
    server_->stop();
  }
}

TEST_P(FtpsServerTest, RestAndAppend) {
  serve(permissive());
  auto client = connected();
  const auto fd = client.passive();
  ASSERT_TRUE(client.command("REST 6").starts_with("350"));
  client.write("RETR hello.txt\r\n");
  const auto data = client.data_tls(fd.get(), client.session().get());
  EXPECT_TRUE(client.reply().starts_with("150"));
  std::array<char, 64> buffer{};
  EXPECT_EQ(SSL_read(data.get(), buffer.data(), buffer.size()), 5);
  EXPECT_EQ(std::string_view(buffer.data(), 5), "world");
  EXPECT_TRUE(client.reply().starts_with("226"));
  EXPECT_EQ(client.download("RETR hello.txt").data, "hello world");
  EXPECT_TRUE(client.upload("APPE hello.txt", "!").last.starts_with("226"));
  EXPECT_EQ(get("hello.txt"), "hello world!");
}

TEST_P(FtpsServerTest, UploadWithoutCloseNotify) {
  serve(strict_vsftpd());
  auto client = connected();
  EXPECT_EQ(client.upload("STOR x", "abc", false).last, "426 Failure reading network stream.");
  EXPECT_EQ(server_->snapshot().uploads_without_close_notify, 1U);
  EXPECT_EQ(get("x"), "abc");
}

TEST_P(FtpsServerTest, AbortBarrier) {
  auto& server = serve(strict_vsftpd());
  std::filesystem::resize_file(root_ / "hello.txt", 64U << 20U);
  auto client = connected();
  for (int i = 0; i < 3; ++i) {
    auto fd = client.passive();
    const auto own = client.session();
    client.write("RETR hello.txt\r\n");
    auto data = client.data_tls(fd.get(), own.get());
    ASSERT_TRUE(data);
    EXPECT_TRUE(client.reply().starts_with("150"));
    std::array<char, 1000> buffer{};
    EXPECT_GT(SSL_read(data.get(), buffer.data(), buffer.size()), 0);
    data.reset();
    reset_connection(fd);
    client.write("ABOR\r\nPWD\r\n");
    EXPECT_TRUE(client.reply().starts_with("426"));
    EXPECT_TRUE(client.reply().starts_with("225"));
    EXPECT_TRUE(client.reply().starts_with("257"));
  }
  EXPECT_EQ(server.snapshot().downloads_aborted, 3U);
}

TEST_P(FtpsServerTest, PipelinedCommandsAndTheirLog) {
  auto& server = serve(strict_vsftpd());
  auto client = connected();
  client.write("SIZE hello.txt\r\nMDTM hello.txt\r\nSIZE nope\r\nCWD sub\r\nPWD\r\nNOOP\r\n");
  EXPECT_EQ(client.reply(), "213 11");
  EXPECT_TRUE(client.reply().starts_with("213 20"));
  EXPECT_EQ(client.reply(), "550 Could not get file size.");
  EXPECT_TRUE(client.reply().starts_with("250"));
  EXPECT_TRUE(client.reply().starts_with("257 \"/sub\""));
  EXPECT_EQ(client.reply(), "200 NOOP ok.");
  const auto seen = server.snapshot();
  EXPECT_EQ(seen.command_count("SIZE"), 2U);
  EXPECT_EQ(seen.lines(1).at(2), "PASS ***");
  EXPECT_EQ(seen.lines(1).back(), "NOOP");
  EXPECT_TRUE(client.command(std::string(5000, 'x')).starts_with("500"));
  EXPECT_EQ(client.line(), "");
}

// ---- files ------------------------------------------------------------------------------------------------

TEST_P(FtpsServerTest, NamespaceCommands) {
  serve(permissive());
  auto client = connected();
  EXPECT_TRUE(client.command("MKD new").starts_with("257 \"/new\""));
  EXPECT_EQ(client.command("MKD new"), "550 new: File exists");
  EXPECT_TRUE(client.command("RNFR hello.txt").starts_with("350"));
  EXPECT_TRUE(client.command("RNTO /new/h").starts_with("250"));
  EXPECT_EQ(client.command("RMD new"), "550 new: Directory not empty");
  EXPECT_TRUE(client.command("SITE CHMOD 640 new/h").starts_with("200"));
  EXPECT_TRUE(client.command("MFMT 20200102030405 new/h").starts_with("213 Modify=20200102030405; new/h"));
  EXPECT_EQ(client.command("MDTM new/h"), "213 20200102030405");
  EXPECT_TRUE(client.command("MLST new/h").starts_with("250 "));
  EXPECT_NE(client.body().find("modify=20200102030405;"), std::string::npos) << client.body();
  EXPECT_NE(client.body().find("UNIX.mode=0640;"), std::string::npos) << client.body();
  EXPECT_TRUE(client.command("STAT new").starts_with("213 "));
  EXPECT_NE(client.body().find("-rw-r-----"), std::string::npos) << client.body();
  EXPECT_TRUE(client.command("DELE new/h").starts_with("250"));
  EXPECT_TRUE(client.command("RMD new").starts_with("250"));
}

TEST_P(FtpsServerTest, NothingOutsideTheRootIsReachable) {
  serve(permissive());
  auto client = connected();
  EXPECT_TRUE(client.command("SIZE escape/passwd").starts_with("550"));
  EXPECT_TRUE(client.command("SIZE ../../../../etc/passwd").starts_with("550"));
  EXPECT_EQ(client.command("SIZE ../../hello.txt"), "213 11");
  EXPECT_EQ(client.command("SIZE link"), "213 11");
}

// ---- faults and restarts ----------------------------------------------------------------------------------

TEST_P(FtpsServerTest, ReplacedRepliesAndCutConnections) {
  auto& server = serve(permissive());
  auto refused = server.faults().on_command("SIZE", 2, Fault::reply_with("550 Not today"));
  server.faults().on_command("DELE", 1, Fault::cut(CutPoint::before_final_reply));
  auto client = connected();
  EXPECT_EQ(client.command("SIZE hello.txt"), "213 11");
  EXPECT_EQ(client.command("SIZE hello.txt"), "550 Not today");
  EXPECT_EQ(client.command("SIZE hello.txt"), "213 11");
  EXPECT_EQ(refused.fired(), 1U);
  EXPECT_EQ(client.command("DELE hello.txt"), "");
  EXPECT_FALSE(std::filesystem::exists(root_ / "hello.txt"));
}

TEST_P(FtpsServerTest, HeldReplyAndExtraReplies) {
  auto& server = serve(permissive());
  auto held = server.faults().on_command(
      "PWD", 1, {.hold_reply = true, .before_reply = "150 More\r\n", .after_reply = "421 Bye\r\n"});
  auto client = connected();
  client.write("PWD\r\n");
  EXPECT_TRUE(held.wait_reached(seconds(10)));
  held.release();
  EXPECT_EQ(client.reply(), "150 More");
  EXPECT_TRUE(client.reply().starts_with("257"));
  EXPECT_EQ(client.reply(), "421 Bye");
}

TEST_P(FtpsServerTest, GreetingFault) {
  auto& server = serve(permissive());
  server.faults().on_command(Faults::kGreeting, 1, Fault::cut(CutPoint::before_execute));
  auto later = Fault::cut(CutPoint::after_final_reply);
  later.replace_reply = "421 Later";
  later.execute_anyway = true;
  server.faults().on_command(Faults::kGreeting, 2, later);
  EXPECT_EQ(Client(server.port(), GetParam()).reply(), "");
  Client second(server.port(), GetParam());
  EXPECT_EQ(second.reply(), "421 Later");
  EXPECT_EQ(second.reply(), "");
  EXPECT_EQ(connected().command("NOOP"), "200 NOOP ok.");
}

TEST_P(FtpsServerTest, StalledUploadEndsWithTheClientsReset) {
  auto& server = serve(strict_vsftpd());
  auto stalled = server.faults().on_command("STOR", 1, Fault::stall_after(3));
  auto client = connected();
  auto fd = client.passive();
  const auto own = client.session();
  client.write("STOR new\r\n");
  auto data = client.data_tls(fd.get(), own.get());
  ASSERT_TRUE(data);
  EXPECT_TRUE(client.reply().starts_with("150"));
  EXPECT_EQ(SSL_write(data.get(), "abcdef", 6), 6);
  EXPECT_TRUE(stalled.wait_reached(seconds(10)));
  reset_connection(fd);
  EXPECT_TRUE(client.reply().starts_with("426"));
  EXPECT_EQ(client.command("SIZE new").substr(0, 4), "213 ");
}

TEST_P(FtpsServerTest, ControlCutAfterThePreliminaryReply) {
  auto& server = serve(permissive());
  server.faults().on_command("STOR", 1, Fault::cut(CutPoint::after_preliminary));
  auto client = connected();
  const auto lost = client.upload("STOR new", "abc");
  EXPECT_TRUE(lost.first.starts_with("150"));
  EXPECT_EQ(lost.last, "");
}

TEST_P(FtpsServerTest, TextInjectedBehindAuth) {
  auto& server = serve(permissive());
  server.faults().on_command("AUTH", 1, {.after_reply = "230 Injected\r\n"});
  Client client(server.port(), GetParam());
  EXPECT_TRUE(client.reply().starts_with("220"));
  EXPECT_TRUE(client.command("AUTH TLS").starts_with("234"));
  EXPECT_EQ(client.reply(), "230 Injected");
}

TEST_P(FtpsServerTest, DataFaults) {
  auto& server = serve(permissive());
  std::filesystem::resize_file(root_ / "hello.txt", 1U << 20U);
  auto client = connected();
  server.faults().on_command("RETR", 1, Fault::reset_after(100'000));
  const auto cut = client.download("RETR hello.txt");
  EXPECT_FALSE(cut.close_notify);
  EXPECT_TRUE(cut.last.starts_with("426")) << cut.last;
  server.faults().on_command("RETR", 1, {.no_close_notify = true});
  const auto silent = client.download("RETR hello.txt");
  EXPECT_EQ(silent.data.size(), 1U << 20U);
  EXPECT_FALSE(silent.close_notify);
  server.faults().on_command("RETR", 1, [] {
    auto fault = Fault::cut(CutPoint::after_bytes);
    fault.data_bytes = 5000;
    return fault;
  }());
  const auto lost = client.download("RETR hello.txt");
  EXPECT_EQ(lost.data.size(), 5000U);
  EXPECT_EQ(lost.last, "");
}

TEST_P(FtpsServerTest, StopsInTheMiddleOfStalledTransfersAndStartsOnTheSamePort) {
  auto& server = serve(permissive());
  auto stalled = server.faults().on_command("RETR", 1, Fault::stall_after(5));
  const auto port = server.port();
  auto client = connected();
  auto idle = connected();
  const auto fd = client.passive();
  client.write("RETR hello.txt\r\n");
  const auto data = client.data_tls(fd.get(), client.session().get());
  EXPECT_TRUE(stalled.wait_reached(seconds(10)));
  server.stop();
  EXPECT_EQ(server.snapshot().control_alive, 0U);
  EXPECT_EQ(idle.command("NOOP"), "");
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(connected().command("NOOP"), "200 NOOP ok.");
}

TEST_P(FtpsServerTest, StopsInTheMiddleOfAnUnreadDownload) {
  auto& server = serve(permissive());
  std::filesystem::resize_file(root_ / "hello.txt", 64U << 20U);
  auto client = connected();
  const auto fd = client.passive();
  client.write("RETR hello.txt\r\n");
  const auto data = client.data_tls(fd.get(), client.session().get());
  EXPECT_TRUE(
      server.counters().wait_until([](const auto& seen) { return seen.transfers_now == 1; }, seconds(10)));
  server.stop();
  EXPECT_EQ(server.snapshot().transfers_now, 0U);
}

TEST_P(FtpsServerTest, DropsAndUnsolicitedReplies) {
  auto& server = serve(permissive());
  auto client = connected();
  ASSERT_EQ(client.command("NOOP"), "200 NOOP ok.");
  while (server.send_to_idle_connections("421 Idle") == 0) std::this_thread::yield();
  EXPECT_EQ(client.reply(), "421 Idle");
  while (server.drop_idle_connections() == 0) std::this_thread::yield();
  EXPECT_EQ(client.reply(), "");
  auto second = connected();
  EXPECT_EQ(server.drop_all_control_connections(), 1U);
  EXPECT_EQ(second.reply(), "");
}

TEST_P(FtpsServerTest, ConnectionLimit) {
  auto& server = serve(permissive());
  server.faults().limit_connections(1);
  auto client = connected();
  Client second(server.port(), GetParam());
  EXPECT_EQ(second.reply(), "421 There are too many connections.");
  EXPECT_EQ(client.command("NOOP"), "200 NOOP ok.");
  EXPECT_EQ(server.snapshot().control_refused, 1U);
}

}  // namespace
}  // namespace ftpsfs::testing
