#include "faults.h"

#include <thread>

namespace ftpsfs::testing {

Fault Fault::reply_with(std::string text) {
  Fault fault;
  fault.replace_reply = std::move(text);
  return fault;
}

Fault Fault::cut(CutPoint point, CutStyle style) {
  Fault fault;
  fault.cut_control = point;
  fault.cut_style = style;
  return fault;
}

Fault Fault::stall_after(std::uint64_t bytes) {
  Fault fault;
  fault.stall_data = true;
  fault.data_bytes = bytes;
  return fault;
}

Fault Fault::reset_after(std::uint64_t bytes) {
  Fault fault;
  fault.reset_data = true;
  fault.data_bytes = bytes;
  return fault;
}

bool FaultHandle::wait_reached(std::chrono::milliseconds limit) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (state_->reached() == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

FaultHandle Faults::on_command(std::string verb, std::uint64_t nth, Fault fault) {
  return add({.verb = std::move(verb), .nth = nth, .state = std::make_shared<FaultState>(std::move(fault))});
}

FaultHandle Faults::from_command(std::string verb, std::uint64_t nth, Fault fault) {
  return add({.verb = std::move(verb),
              .nth = nth,
              .and_later = true,
              .state = std::make_shared<FaultState>(std::move(fault))});
}

FaultHandle Faults::add(Entry entry) {
  FaultHandle handle(entry.state);
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
  return handle;
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : entries_) entry.state->release();
  entries_.clear();
  most_connections_ = 0;
}

void Faults::limit_connections(std::size_t most, std::string reply) {
  const std::lock_guard lock(mutex_);
  most_connections_ = most;
  limit_reply_ = std::move(reply);
}

std::shared_ptr<FaultState> Faults::match(std::string_view verb) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<FaultState> hit;
  for (auto& entry : entries_) {
    const bool counts = entry.verb == verb || (entry.verb == kAnyCommand && verb != kGreeting);
    if (!counts) continue;
    ++entry.seen;
    const bool is_hit =
        entry.nth == 0 || entry.nth == entry.seen || (entry.and_later && entry.seen > entry.nth);
    if (!hit && is_hit) hit = entry.state;
  }
  if (hit) hit->note_fired();
  return hit;
}

std::optional<std::string> Faults::refuse_connection(std::size_t alive) const {
  const std::lock_guard lock(mutex_);
  if (most_connections_ == 0 || alive <= most_connections_) return std::nullopt;
  return limit_reply_;
}

}  // namespace ftpsfs::testing
