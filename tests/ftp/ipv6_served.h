#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {

// One of our own servers on ::1 with a file of the content "content", and a stack that talks to it. Without IPv6 on the
// machine the test is skipped and there is no stack.
class Ipv6Served : public ::testing::Test {
 protected:
  void serve(Personality personality = permissive()) {
    folder_.write("file", "content");
    ServerOptions options;
    options.root = folder_.path();
    options.personality = std::move(personality);
    options.ipv6 = true;
    server = std::make_unique<Server>(options);
    try {
      server->start();
    } catch (const std::system_error& error) {
      GTEST_SKIP() << "no IPv6 on this machine: " << error.what();
    }
    stack = std::make_unique<FtpStack>(login_to(server->port(), trusting(*server)));
    stack->settings.host = "::1";
  }

  std::string content() { return read_all(stack->remote, at("/file")).value_or("failed"); }

 private:
  TemporaryFolder folder_;

 protected:
  std::unique_ptr<Server> server;
  std::unique_ptr<FtpStack> stack;
};

}  // namespace ftpsfs::testing
