#pragma once

#include <atomic>
#include <memory>

#include "ftpsfs/base/secret.h"
#include "ftpsfs/tls/policy.h"

struct ssl_ctx_st;

namespace ftpsfs::tls {

class KeyLog;
class SessionStore;

// One server's TLS settings. Control and data channels share it, because a session is only resumed under the same
// settings. Thread safe.
class Context {
 public:
  // Reads the files that the policy names; `key_passphrase` opens the client's private key and is not kept. Never
  // prompts. Errors: invalid_argument, not_found or permission_denied where a file or a setting is no good; says which
  // option.
  static base::Result<std::shared_ptr<Context>> create(const Policy& policy,
                                                       const base::Secret& key_passphrase = base::Secret());
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Policy& policy() const { return policy_; }
  ssl_ctx_st* native() const { return native_.get(); }

  // The key-exchange group this server chose last (an OpenSSL NID). A ClientHello that leads with it is spared a
  // HelloRetryRequest, one round trip. Before the first handshake it is P-256, which every server takes, and vsftpd 3.0.3
  // and Pure-FTPd 1.0.50 no other; 0, for OpenSSL's own choice, where that includes post-quantum groups.
  int known_group() const { return known_group_.load(std::memory_order_relaxed); }
  void remember_group(int group) { known_group_.store(group, std::memory_order_relaxed); }

  // The newest session of any control connection, which the next control connection offers if it still may. For Stream.
  SessionStore& control_sessions() const { return *control_sessions_; }

  // Makes the next control connection's handshake a full one: the server has refused something that may come of the
  // resumed one.
  void forget_control_session();

 private:
  struct Release {
    void operator()(ssl_ctx_st* context) const;
  };

  explicit Context(const Policy& policy);
  base::Status set_up(const base::Secret& key_passphrase);
  base::Status log_keys();

  const Policy policy_;
  std::unique_ptr<SessionStore> control_sessions_;
  std::unique_ptr<KeyLog> key_log_;  // outlives native_, which writes to it
  std::unique_ptr<ssl_ctx_st, Release> native_;
  std::atomic<int> known_group_;
};

}  // namespace ftpsfs::tls
