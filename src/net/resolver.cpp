#include "ftpsfs/net/resolver.h"

#include <netdb.h>

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include "ftpsfs/base/mutex.h"

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;

namespace {

using Addresses = std::vector<SocketAddress>;

// getaddrinfo(3) can neither be given a deadline nor be interrupted, so it runs in a thread that is left behind when
// nobody waits any more. This many may be left behind before further look-ups are refused.
constexpr int kMostLookups = 8;

class LookupLimit {
 public:
  bool enter() FTPSFS_EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    if (running_ == kMostLookups) return false;
    ++running_;
    return true;
  }
  void leave() FTPSFS_EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    --running_;
  }

 private:
  base::Mutex mutex_;
  int running_ FTPSFS_GUARDED_BY(mutex_) = 0;
};

LookupLimit& lookup_limit() {
  static auto* const limit = new LookupLimit;  // left-behind threads may outlive static destructors
  return *limit;
}

struct Lookup {
  base::Mutex mutex;
  base::CondVar finished;
  std::optional<Result<Addresses>> answer FTPSFS_GUARDED_BY(mutex);
};

Result<Addresses> look_up_now(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  // No AI_ADDRCONFIG: on a machine with nothing but its loopback, it hides "localhost".
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  if (error != 0) {
    return fail(Errc::unreachable, fmt::format("the host name '{}' cannot be resolved: {}",
                                               base::printable(host), ::gai_strerror(error)));
  }
  Addresses addresses;
  for (const addrinfo* info = raw; info != nullptr; info = info->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Result<Addresses> resolve(const std::string& host, std::uint16_t port, const OpContext& ctx) {
  if (!lookup_limit().enter()) {
    return fail(Errc::unreachable,
                fmt::format("the resolver does not answer ({} look-ups are waiting)", kMostLookups));
  }
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, host, port] {
    auto answer = look_up_now(host, port);
    lookup_limit().leave();
    const base::MutexLock lock(lookup->mutex);
    lookup->answer = std::move(answer);
    lookup->finished.notify_all();
  }).detach();

  const base::MutexLock lock(lookup->mutex);
  while (!lookup->answer) {
    if (auto ok = lookup->finished.wait(lookup->mutex, ctx, "resolving the host name"); !ok) {
      return fail(std::move(ok));
    }
  }
  return std::move(*lookup->answer);
}

}  // namespace ftpsfs::net
