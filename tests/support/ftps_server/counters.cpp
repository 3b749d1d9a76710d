#include "counters.h"

#include <algorithm>

namespace ftpsfs::testing {

std::uint64_t CounterSnapshot::command_count(std::string_view verb) const {
  const auto found = commands.find(verb);
  return found == commands.end() ? 0 : found->second;
}

std::vector<std::string> CounterSnapshot::lines(std::uint64_t connection) const {
  std::vector<std::string> result;
  for (const auto& entry : log) {
    if (connection == 0 || entry.connection == connection) result.push_back(entry.line);
  }
  return result;
}

void Counters::add(std::uint64_t CounterSnapshot::* member, std::uint64_t amount) {
  {
    const std::lock_guard lock(mutex_);
    values_.*member += amount;
  }
  changed_.notify_all();
}

void Counters::subtract(std::uint64_t CounterSnapshot::* member) {
  {
    const std::lock_guard lock(mutex_);
    values_.*member -= 1;
  }
  changed_.notify_all();
}

std::uint64_t Counters::add_control_connection() {
  std::uint64_t alive = 0;
  {
    const std::lock_guard lock(mutex_);
    values_.control_connections += 1;
    alive = ++values_.control_alive;
  }
  changed_.notify_all();
  return alive;
}

void Counters::begin_transfer() {
  {
    const std::lock_guard lock(mutex_);
    values_.transfers_now += 1;
    values_.transfers_most = std::max(values_.transfers_most, values_.transfers_now);
  }
  changed_.notify_all();
}

void Counters::end_transfer() { subtract(&CounterSnapshot::transfers_now); }

void Counters::log_command(std::uint64_t connection, std::string_view verb, std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = values_.commands.find(verb);
    if (found != values_.commands.end()) {
      ++found->second;
    } else if (values_.commands.size() < 256) {
      values_.commands.emplace(verb, 1);
    }
    values_.log.push_back({connection, std::string(line)});
    if (values_.log.size() > kLogLimit) values_.log.pop_front();
  }
  changed_.notify_all();
}

CounterSnapshot Counters::snapshot() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

void Counters::reset() {
  const std::lock_guard lock(mutex_);
  CounterSnapshot fresh;
  fresh.control_alive = values_.control_alive;
  fresh.transfers_now = values_.transfers_now;
  fresh.transfers_most = values_.transfers_now;
  values_ = std::move(fresh);
}

bool Counters::wait_until(const std::function<bool(const CounterSnapshot&)>& predicate,
                          std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return predicate(values_); });
}

}  // namespace ftpsfs::testing
