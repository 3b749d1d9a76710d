#pragma once

#include <atomic>
#include <memory>

#include "ftpsfs/tls/policy.h"

struct ssl_ctx_st;

namespace ftpsfs::tls {

// One server's TLS settings. Control and data channels share it, because a session is only resumed under the same
// settings. Thread safe.
class Context {
 public:
  // Errors: invalid_argument when the trust store cannot be read or the versions exclude each other; says which option.
  static base::Result<std::shared_ptr<Context>> create(const Policy& policy);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Policy& policy() const { return policy_; }
  ssl_ctx_st* native() const { return native_.get(); }

  // The key-exchange group this server chose last (an OpenSSL NID), 0 when unknown. A ClientHello that leads with it
  // is spared a HelloRetryRequest, one round trip.
  int known_group() const { return known_group_.load(std::memory_order_relaxed); }
  void remember_group(int group) { known_group_.store(group, std::memory_order_relaxed); }

 private:
  struct Release {
    void operator()(ssl_ctx_st* context) const;
  };

  explicit Context(const Policy& policy) : policy_(policy) {}
  base::Status set_up();

  Policy policy_;
  std::unique_ptr<ssl_ctx_st, Release> native_;
  std::atomic<int> known_group_{0};
};

}  // namespace ftpsfs::tls
