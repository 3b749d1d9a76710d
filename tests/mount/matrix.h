#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>

#include "mount/local_server.h"
#include "support/mounting/real_server.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::mount_test {

// On which server a test runs: a real one in one TLS version, or our own with the manners of `kind`.
struct ServerChoice {
  bool real = false;
  std::string kind;
  std::string tls_version;  // real servers only

  friend void PrintTo(const ServerChoice& choice, std::ostream* out) {  // NOLINT: gtest's name
    *out << choice.kind << " " << choice.tls_version;
  }
};

inline std::string choice_name(const ::testing::TestParamInfo<ServerChoice>& info) {
  std::string name = info.param.kind;
  if (!info.param.tls_version.empty()) name += "_tls1" + info.param.tls_version.substr(2);
  return name;
}

// A test that mounts the chosen server.
class OnServer : public ::testing::TestWithParam<ServerChoice> {
 protected:
  void SetUp() override {
    FTPSFS_NEEDS(why_no_fuse());
    if (!GetParam().real) {
      local_ = std::make_unique<LocalServer>(GetParam().kind);
      return;
    }
    FTPSFS_NEEDS(why_no_real_servers());
    real_ = std::make_unique<RealServer>(GetParam().kind, GetParam().tls_version);
  }

  Endpoint endpoint() const { return real_ ? real_->endpoint() : local_->endpoint(); }
  const std::filesystem::path& root() const { return real_ ? real_->root() : local_->root(); }
  const std::filesystem::path& scratch() const { return scratch_.path(); }

 private:
  TempFolder scratch_;
  std::unique_ptr<LocalServer> local_;
  std::unique_ptr<RealServer> real_;
};

// The name begins with Real or Own: tests/CMakeLists.txt tells the two apart by it.
#define FTPSFS_ON_ALL_SERVERS(fixture)                                                                \
  INSTANTIATE_TEST_SUITE_P(                                                                           \
      Real, fixture,                                                                                  \
      ::testing::Values(ServerChoice{true, "vsftpd", "1.2"}, ServerChoice{true, "vsftpd", "1.3"},     \
                        ServerChoice{true, "proftpd", "1.2"}, ServerChoice{true, "proftpd", "1.3"},   \
                        ServerChoice{true, "pureftpd", "1.2"}, ServerChoice{true, "pureftpd", "1.3"}, \
                        ServerChoice{true, "pyftpdlib", "1.3"}),                                      \
      choice_name);                                                                                   \
  INSTANTIATE_TEST_SUITE_P(                                                                           \
      Own, fixture,                                                                                   \
      ::testing::Values(ServerChoice{false, "permissive", ""}, ServerChoice{false, "vsftpd", ""},     \
                        ServerChoice{false, "filezilla", ""}, ServerChoice{false, "iis", ""}),        \
      choice_name)

}  // namespace ftpsfs::mount_test
