#pragma once

// What the self-tests of the server share: a small blocking client, and a server with a folder.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "server.h"

namespace ftpsfs::testing {

using std::chrono::seconds;

// ---- a small blocking client ------------------------------------------------------------------------------

inline UniqueFd connect_to(std::uint16_t port) {
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

  // One ALPN name behind its length, for the handshakes from now on.
  void offer_protocol(const std::string& protocol) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(protocol.data());
    SSL_CTX_set_alpn_protos(context_.get(), bytes, static_cast<unsigned>(protocol.size()));
  }

  // Whether something arrives within a moment in which an answer would have come.
  [[nodiscard]] bool hears_something() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 100) > 0;
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

  bool secure(SSL_SESSION* resumed = nullptr) {
    control_.reset(SSL_new(context_.get()));
    SSL_set_fd(control_.get(), fd_.get());
    if (resumed != nullptr) SSL_set_session(control_.get(), resumed);
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

  // EPSV, or PASV where that is missing, and the TCP connection.
  UniqueFd passive() {
    const auto text = command("EPSV");
    if (text.starts_with("50")) return connect_to_pasv(command("PASV"));
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
  static UniqueFd connect_to_pasv(const std::string& text) {
    std::array<int, 6> numbers{};
    auto at = text.find('(');
    if (!text.starts_with("227") || at == std::string::npos) return UniqueFd{};
    for (auto& number : numbers) {
      number = std::stoi(text.substr(at + 1));
      at = text.find_first_of(",)", at + 1);
    }
    return connect_to(static_cast<std::uint16_t>(numbers[4] * 256 + numbers[5]));
  }

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

inline void reset_connection(UniqueFd& fd) {
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

inline std::string tls_version_name(const ::testing::TestParamInfo<int>& version) {
  return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
}

}  // namespace ftpsfs::testing
