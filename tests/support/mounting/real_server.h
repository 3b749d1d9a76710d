#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/mounting/mounted_fs.h"
#include "support/mounting/test_process.h"

namespace ftpsfs::mount_test {

// A port with 99 free ones behind it, kept from other tests on this machine as long as the object lives.
class PortRange {
 public:
  PortRange();
  ~PortRange();
  PortRange(const PortRange&) = delete;
  PortRange& operator=(const PortRange&) = delete;

  std::uint16_t first() const { return first_; }

 private:
  std::uint16_t first_ = 0;
  int lock_ = -1;
};

// One of the servers that tests/servers/README.md names. Throws when it cannot be fetched or started.
class RealServer {
 public:
  // `arguments` are more options of tests/servers/run, such as {"--implicit"}.
  RealServer(const std::string& kind, const std::string& tls_version,
             const std::vector<std::string>& arguments = {});

  Endpoint endpoint() const;
  std::filesystem::path state() const { return folder_.path() / "state"; }  // cert.pem, client-cert.pem, logs
  const std::filesystem::path& root() const { return root_; }  // what the account sees as "/"

  // "resumed=N full=M" of the "data" or "control" connections. Of ftp-srv nothing is known.
  std::string handshakes(const std::string& channel = "data") const;
  std::string log() const;

 private:
  TempFolder folder_;
  PortRange ports_;
  std::string host_ = "localhost";
  std::filesystem::path root_;
  std::string fingerprint_;
  std::unique_ptr<TestProcess> process_;
};

}  // namespace ftpsfs::mount_test
