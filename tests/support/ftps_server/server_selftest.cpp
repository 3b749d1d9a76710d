#include "selftest_support.h"

namespace ftpsfs::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Tls, FtpsServerTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         tls_version_name);

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
  EXPECT_EQ(seen.data_resumed_foreign, 0U);  // the keys are the connection's own
  EXPECT_EQ(seen.data_handshakes_full, 2U);
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
    EXPECT_TRUE(get("big") == content);
    if (name != "listonly") {
      EXPECT_EQ(client.command("SIZE big"), "213 " + std::to_string(content.size()));
    }
    const auto fetched = client.download("RETR big");
    EXPECT_TRUE(fetched.last.starts_with("226")) << fetched.first << fetched.last;
    EXPECT_TRUE(fetched.close_notify);
    EXPECT_TRUE(fetched.data == content);
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
