#include "support/mounting/real_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace ftpsfs::mount_test {

namespace {

const std::filesystem::path kScripts = FTPSFS_SOURCE_DIR "/tests/servers";

// Fetches the packages that a kind of server needs, and names their folder.
std::filesystem::path fetched(const std::string& kind) {
  const bool from_npm = kind == "ftpsrv";
  std::filesystem::path packages = FTPSFS_BINARY_DIR "/servers";
  if (from_npm) packages += "-npm";
  const auto result = run({kScripts / (from_npm ? "fetch-ftp-srv" : "fetch"), packages}, std::chrono::minutes(5));
  if (!result.ok()) throw std::runtime_error("fetching the servers: " + result.errors);
  return packages;
}

bool contains(const std::vector<std::string>& list, const std::string& wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

// Below the ports that the kernel gives to clients.
constexpr int kLowestPort = 20'000;
constexpr int kPortRanges = 120;
constexpr int kRangeSize = 100;

// A lock that ends with its holder and leaves no file: an abstract socket name belongs to one process at a time.
int claim(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

bool is_free(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

std::string fingerprint_of(const std::filesystem::path& certificate) {
  const auto result =
      run({"openssl", "x509", "-in", certificate.string(), "-noout", "-fingerprint", "-sha256"});
  if (!result.ok()) throw std::runtime_error("openssl x509: " + result.errors);
  std::string text = result.output.substr(result.output.find('=') + 1);
  std::erase_if(text, [](char c) { return c == ':' || c == '\n'; });
  return text;
}

}  // namespace

PortRange::PortRange() {
  for (int i = 0; i < kPortRanges; ++i) {
    const int port = kLowestPort + (getpid() + i) % kPortRanges * kRangeSize;
    first_ = static_cast<std::uint16_t>(port);
    lock_ = claim("ftpsfs-test-port-" + std::to_string(port));
    if (lock_ >= 0 && is_free(first_)) return;
    if (lock_ >= 0) close(lock_);
  }
  throw std::runtime_error("no free range of ports");
}

PortRange::~PortRange() { close(lock_); }

RealServer::RealServer(const std::string& kind, const std::string& tls_version,
                       const std::vector<std::string>& arguments)
    : root_(folder_.path() / "root") {
  const auto packages = fetched(kind);
  const auto port = std::to_string(ports_.first());
  std::vector<std::string> command{"setpriv", "--pdeathsig", "TERM",  "--",         kScripts / "run", kind,
                                   "--packages", packages,      "--state", state(), "--root",         root_,
                                   "--port",  port,            "--tls", tls_version};
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<TestProcess>(command);
  std::vector<std::string> wait{kScripts / "wait-ready"};
  if (contains(arguments, "--implicit")) wait.emplace_back("--implicit");
  if (contains(arguments, "::1")) {
    wait.emplace_back("--ipv6");
    host_ = "::1";
  }
  wait.insert(wait.end(), {port, "30"});
  const auto ready = run(wait);
  if (!ready.ok()) throw std::runtime_error(kind + " does not start: " + ready.errors + log());
  fingerprint_ = fingerprint_of(state() / "cert.pem");
}

Endpoint RealServer::endpoint() const {
  Endpoint endpoint;
  endpoint.host = host_;
  endpoint.port = ports_.first();
  endpoint.fingerprint = fingerprint_;
  return endpoint;
}

std::string RealServer::handshakes(const std::string& channel) const {
  return run({kScripts / "count-handshakes", state(), channel}).output;
}

std::string RealServer::log() const {
  return process_->errors() + read_file(state() / "server.out");
}

}  // namespace ftpsfs::mount_test
