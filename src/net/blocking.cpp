#include "ftpsfs/net/blocking.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <optional>
#include <stop_token>
#include <vector>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::net {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

namespace {

// Makes a stop request visible to poll(2).
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& token) {
    if (!token.stop_possible()) return;
    event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    callback_.emplace(token, Raise{event_.get()});
  }

  int descriptor() const { return event_.get(); }

 private:
  struct Raise {
    int event;
    void operator()() const {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
    }
  };

  base::UniqueFd event_;
  std::optional<std::stop_callback<Raise>> callback_;
};

int milliseconds_until(base::SteadyTime deadline) {
  if (deadline == base::SteadyTime::max()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
}

short events_of(const Interest& interest) {
  return static_cast<short>((interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0));
}

std::vector<pollfd> polled_for(std::span<const Interest> interests) {
  std::vector<pollfd> polled;
  polled.reserve(interests.size() + 1);
  for (const Interest& interest : interests) {
    polled.push_back({.fd = interest.descriptor, .events = events_of(interest), .revents = 0});
  }
  return polled;
}

bool note_ready(std::span<Interest> interests, std::span<const pollfd> polled) {
  bool any = false;
  for (std::size_t i = 0; i < interests.size(); ++i) {
    interests[i].ready = polled[i].revents != 0;
    any = any || interests[i].ready;
  }
  return any;
}

}  // namespace

Status wait(std::span<Interest> interests, const OpContext& ctx, std::string_view what) {
  const StopSignal stop(ctx.stop);
  auto polled = polled_for(interests);
  polled.push_back({.fd = stop.descriptor(), .events = POLLIN, .revents = 0});

  for (;;) {
    if (auto ok = ctx.check(what); !ok) return ok;
    const int count = ::poll(polled.data(), polled.size(), milliseconds_until(ctx.deadline));
    if (count < 0 && errno != EINTR) {
      return fail(Errc::internal, std::string("poll failed: ") + std::strerror(errno));
    }
    if (count > 0 && note_ready(interests, polled)) return {};
  }
}

bool look(std::span<Interest> interests) {
  auto polled = polled_for(interests);
  return ::poll(polled.data(), polled.size(), 0) > 0 && note_ready(interests, polled);
}

std::size_t bytes_waiting(const ByteStream& stream) {
  int bytes = 0;
  return ::ioctl(stream.descriptor(), FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

Status wait_for(const ByteStream& stream, IoState wanted, const OpContext& ctx, std::string_view what) {
  Interest interest{.descriptor = stream.descriptor(),
                    .read = wanted == IoState::want_read,
                    .write = wanted == IoState::want_write};
  return wait({&interest, 1}, ctx, what);
}

Result<std::size_t> read_some(ByteStream& stream, std::span<std::byte> out, const OpContext& ctx,
                              std::string_view what) {
  for (;;) {
    auto step = stream.try_read(out);
    if (!step) return fail(std::move(step));
    if (step->state == IoState::done) return step->bytes;
    if (step->state == IoState::end_of_stream) return 0;
    if (auto ok = wait_for(stream, step->state, ctx, what); !ok) return fail(std::move(ok));
  }
}

Status write_all(ByteStream& stream, std::span<const std::byte> data, const OpContext& ctx,
                 std::string_view what) {
  while (!data.empty()) {
    auto step = stream.try_write(data);
    if (!step) return fail(std::move(step));
    if (step->state == IoState::end_of_stream)
      return fail(Errc::connection_lost, "the peer closed the connection");
    if (step->state == IoState::done) {
      data = data.subspan(step->bytes);
    } else if (auto ok = wait_for(stream, step->state, ctx, what); !ok) {
      return ok;
    }
  }
  return {};
}

}  // namespace ftpsfs::net
