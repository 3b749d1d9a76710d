#pragma once

#include <filesystem>
#include <memory>

#include "support/ftp_stack.h"
#include "support/ftps_server/tls_material.h"
#include "support/ftps_server/tls_material_files.h"

namespace ftpsfs::testing {

// Whatever name is asked for, this machine answers.
class LocalDialer final : public net::Dialer {
 public:
  base::Result<net::Connection> dial(const std::string&, std::uint16_t port,
                                     const base::OpContext& ctx) override {
    return tcp_.dial("127.0.0.1", port, ctx);
  }
  base::Result<net::Connection> dial_beside(const net::SocketAddress& peer, const net::SocketAddress& local,
                                            std::uint16_t port, const base::OpContext& ctx) override {
    return tcp_.dial_beside(peer, local, port, ctx);
  }

 private:
  net::TcpDialer tcp_;
};

// An authority of our own, and what it issues.
class Authority {
 public:
  explicit Authority(const std::string& name = "Test authority")
      : own_(std::make_shared<const TlsMaterial>(CertificateSpec{.common_name = name, .names = ""})) {}

  const TlsMaterial& own() const { return *own_; }
  const std::shared_ptr<const TlsMaterial>& shared() const { return own_; }

  std::shared_ptr<const TlsMaterial> issue(CertificateSpec spec = {}) const {
    spec.issuer = own_;
    return std::make_shared<const TlsMaterial>(spec);
  }

 private:
  std::shared_ptr<const TlsMaterial> own_;
};

// A running server with a certificate of choice, and logins to it by a policy.
class CertifiedServer {
 public:
  explicit CertifiedServer(std::shared_ptr<const TlsMaterial> material,
                           Personality personality = permissive())
      : server(options(folder, std::move(material), std::move(personality))) {
    server.start();
  }

  // What is connected to is always this machine.
  base::Status log_in(const tls::Policy& policy, const std::string& host = "localhost",
                      const base::Secret& key_passphrase = base::Secret()) {
    auto context = tls::Context::create(policy, key_passphrase);
    if (!context) return base::fail(std::move(context));
    ftp::SessionSettings settings = login_to(server.port(), tls::Policy());
    settings.tls = std::move(*context);
    settings.host = host;
    LocalDialer dialer;
    ftp::ServerKnowledge knowledge;
    auto session = ftp::Session::open(settings, dialer, knowledge, test_context());
    return session ? base::Status{} : base::fail(std::move(session));
  }

  TemporaryFolder folder;
  Server server;

 private:
  static ServerOptions options(const TemporaryFolder& folder, std::shared_ptr<const TlsMaterial> material,
                               Personality personality) {
    ServerOptions options;
    options.root = folder.path();
    options.personality = std::move(personality);
    options.material = std::move(material);
    return options;
  }
};

}  // namespace ftpsfs::testing
