#include "ftpsfs/base/rate_limiter.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace ftpsfs::base {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::string_view kWaiting = "waiting for the rate limit";

// A microsecond at a rate of one byte per second. The largest product, a second at the highest rate, fits in 64 bits.
constexpr std::uint64_t kCreditPerByte = 1'000'000;
constexpr std::uint64_t kHighestRate = 1ULL << 40;
constexpr microseconds kLongerThanAnyRefill = std::chrono::seconds(1);

constexpr std::uint64_t kLeastCapacity = 1024;

// Less would be a system call and a TLS record for every few bytes; all of it would lose what comes while a caller is
// about to wake up.
constexpr std::size_t kWorthwhilePart = 2;

constexpr milliseconds kShortestWait{1};  // so that rounding makes no busy loop

constexpr unsigned kForegroundTurns = 7;

}  // namespace

RateLimiter::RateLimiter(std::uint64_t bytes_per_second, const Clock& clock)
    : rate_(std::clamp(bytes_per_second, kLeastRate, kHighestRate)),
      capacity_(static_cast<std::size_t>(std::max(rate_ / 10, kLeastCapacity))),
      clock_(clock),
      credit_(capacity_ * kCreditPerByte),
      refilled_(clock.now()) {}

Result<std::size_t> RateLimiter::take(std::size_t wanted, const OpContext& ctx) {
  const Caller caller{.least = std::min(wanted, capacity_ / kWorthwhilePart)};
  const MutexLock lock(mutex_);
  Queue& queue = ctx.priority == Priority::foreground ? foreground_ : background_;
  queue.push_back(&caller);
  auto waited = wait_for_turn(caller, ctx);
  std::erase(queue, &caller);
  changed_.notify_all();
  if (!waited) return fail(std::move(waited));
  count_turn(ctx.priority);
  const auto taken = std::min(wanted, available());
  credit_ -= taken * kCreditPerByte;
  return taken;
}

Status RateLimiter::wait_for_turn(const Caller& caller, const OpContext& ctx) {
  for (;;) {
    refill();
    const bool is_next = next() == &caller;
    if (is_next && available() >= caller.least) return {};
    // Whoever is next looks at the clock for all.
    const OpContext patience = is_next ? ctx.capped(time_until(caller.least)) : ctx;
    (void)changed_.wait(mutex_, patience, kWaiting);
    if (auto ok = ctx.check(kWaiting); !ok) return ok;
  }
}

const RateLimiter::Caller* RateLimiter::next() const {
  if (foreground_.empty()) return background_.front();
  const bool is_backgrounds_turn = !background_.empty() && turns_before_background_ >= kForegroundTurns;
  return is_backgrounds_turn ? background_.front() : foreground_.front();
}

void RateLimiter::count_turn(Priority priority) {
  const bool kept_waiting = priority == Priority::foreground && !background_.empty();
  turns_before_background_ = kept_waiting ? turns_before_background_ + 1 : 0;
}

void RateLimiter::refill() {
  const auto elapsed = std::chrono::floor<microseconds>(clock_.now() - refilled_);
  refilled_ += elapsed;
  const auto counted = std::clamp(elapsed, microseconds(0), kLongerThanAnyRefill);
  credit_ =
      std::min(credit_ + static_cast<std::uint64_t>(counted.count()) * rate_, capacity_ * kCreditPerByte);
}

std::size_t RateLimiter::available() const { return static_cast<std::size_t>(credit_ / kCreditPerByte); }

SteadyDuration RateLimiter::time_until(std::size_t bytes) const {
  const auto missing = bytes * kCreditPerByte - std::min(bytes * kCreditPerByte, credit_);
  const microseconds needed(static_cast<microseconds::rep>(missing / rate_ + 1));
  return std::max<SteadyDuration>(needed, kShortestWait);
}

void RateLimiter::give_back(std::size_t unused) {
  if (unused == 0) return;
  const MutexLock lock(mutex_);
  credit_ = std::min(credit_ + std::min(unused, capacity_) * kCreditPerByte, capacity_ * kCreditPerByte);
  changed_.notify_all();
}

std::size_t RateLimiter::waiting() const {
  const MutexLock lock(mutex_);
  return foreground_.size() + background_.size();
}

}  // namespace ftpsfs::base
