#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "failure_kind.h"
#include "ftpsfs/base/log.h"
#include "ledger.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::Error;
using base::MutexLock;
using base::OpContext;
using base::Status;
using base::SteadyTime;
using model::RemotePath;

namespace {

constexpr std::size_t kMostRemembered = 1000;

// Time may pass in a Clock without anybody being told.
constexpr std::chrono::seconds kLongestNap{1};
constexpr std::chrono::milliseconds kShortestNap{1};

template <class Entry>
void remember(std::deque<Entry>& entries, Entry entry) {
  entries.push_back(std::move(entry));
  if (entries.size() > kMostRemembered) entries.pop_front();
}

SteadyTime end_of_nap(SteadyTime wake, SteadyTime now) {
  if (wake == SteadyTime::max()) return wake;
  return std::chrono::steady_clock::now() +
         std::clamp<base::SteadyDuration>(wake - now, kShortestNap, kLongestNap);
}

}  // namespace

// ---- which one is next

bool Ledger::may_start(const VersionRef& version, std::uint64_t longest) const {
  if (version->record.size > longest) return false;
  const auto& slot = slots_.at(version->record.path.str());
  return slot.holds == 0 && slot.versions.back() == version &&
         std::ranges::none_of(slot.versions, &Version::uploading);
}

// Orders and times to begin go nearly together, so that the first one that is not due ends the search.
VersionRef Ledger::pick(std::uint64_t longest, SteadyTime& wake) const {
  const auto now = clock_.now();
  for (const auto& [order, version] : by_order_) {
    if (urgent_ == 0) break;
    if (version->urgent && may_start(version, longest)) return version;
  }
  for (const auto& [order, version] : by_order_) {
    if (!may_start(version, longest)) continue;
    const auto begin = std::max(version->due, away_until_);
    if (begin <= now) return version;
    wake = std::min(wake, begin);
    if (version->failures == 0) break;
  }
  return nullptr;
}

UploadTask Ledger::start(const VersionRef& version) const {
  version->uploading = true;
  version->stop = std::stop_source();
  UploadTask task{.version = version,
                  .record = version->record,
                  .data = journal_->open_data(version->record),
                  .earlier = {},
                  .stop = version->stop.get_token(),
                  .urgent = std::exchange(version->urgent, false)};
  for (const auto& earlier : up_to(version)) {
    if (earlier == version) continue;
    if (auto data = journal_->open_data(earlier->record)) task.earlier.push_back(*std::move(data));
  }
  return task;
}

std::optional<UploadTask> Ledger::next(std::uint64_t longest, const std::stop_token& stop) {
  MutexLock lock(mutex_);
  while (!stop.stop_requested() && !stopping_) {
    auto wake = SteadyTime::max();
    if (const auto version = pick(longest, wake)) return start(version);
    const OpContext nap{.deadline = end_of_nap(wake, clock_.now()), .stop = stop};
    static_cast<void>(changed_.wait(mutex_, nap, "waiting for something to upload"));
  }
  return std::nullopt;
}

void Ledger::stop() {
  std::vector<std::stop_source> running;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [order, version] : by_order_) {
      if (version->uploading) running.push_back(version->stop);
    }
  }
  changed_.notify_all();
  for (auto& upload : running) upload.request_stop();
}

// ---- what became of it

bool Ledger::is_newest(const VersionRef& version) const {
  const MutexLock lock(mutex_);
  return newest(version->record.path) == version;
}

Status Ledger::begin(const UploadTask& task) {
  if (task.record.begun) return {};
  const MutexLock changes(changes_);
  Record record = task.record;
  record.begun = true;
  return commit(task.version, std::move(record));
}

Status Ledger::let_next_replace(const VersionRef& uploaded, const model::Attributes& attributes) {
  VersionRef next;
  Record record;
  {
    const MutexLock lock(mutex_);
    next = newest(uploaded->record.path);
    record = next->record;
  }
  if (next == uploaded) return {};
  record.replaces = model::FileVersion::of(attributes);
  return commit(next, std::move(record));
}

void Ledger::succeeded(const UploadTask& task, const model::Attributes& attributes) {
  const MutexLock changes(changes_);
  const auto& version = task.version;
  if (const auto ok = let_next_replace(version, attributes); !ok) {
    // The next one will find this content on the server, and know it.
    end_with(version, ok.error());
    return;
  }
  std::vector<VersionRef> done;
  {
    const MutexLock lock(mutex_);
    done = up_to(version);
  }
  remove_from_journal(done);
  {
    // At once: whoever does not find it waiting any more finds it here.
    const MutexLock lock(mutex_);
    const auto shown = model::FileVersion::of(attributes_of(version->record));
    recent_.put(version->record.path, shown, attributes);
    erase_all(done);
    times_away_ = 0;
    away_until_ = SteadyTime::min();
  }
  changed_.notify_all();
}

void Ledger::postpone(Version& version, const Error& error) {
  const auto now = clock_.now();
  ++version.failures;
  version.failed_at = ++failures_;
  version.last_error = error;
  const auto kind = kind_of(error.code);
  if (kind != FailureKind::server_away) {
    version.due = now + pause_after(version.failures);
  } else if (now >= away_until_) {  // otherwise another upload has found that out
    away_until_ = now + pause_after(++times_away_);
  }
}

void Ledger::end_with(const VersionRef& version, const std::optional<Error>& error) {
  {
    const MutexLock lock(mutex_);
    version->uploading = false;
    if (error) postpone(*version, *error);
  }
  changed_.notify_all();
}

// Whether it was the last try.
bool Ledger::count_refusal(const VersionRef& version, const Error& error) {
  const auto most = most_tries(kind_of(error.code));
  if (most == 0) return false;
  Record record = version->record;
  ++record.failures;
  const bool last = record.failures >= most;
  if (const auto ok = commit(version, std::move(record)); !ok)
    base::log("writeback").warn("{}", ok.error().describe());
  return last;
}

void Ledger::failed(const UploadTask& task, const Error& error) {
  const auto& version = task.version;
  if (task.stop.stop_requested()) return end_with(version, std::nullopt);
  const MutexLock changes(changes_);
  base::log("writeback")
      .log(version->failures == 0 ? spdlog::level::warn : spdlog::level::debug,
           "{} could not be uploaded: {}", base::printable(version->record.path.str()), error.describe());
  if (!is_newest(version)) {
    if (version->record.begun) return end_with(version, error);
    remove({version});
  } else if (count_refusal(version, error) && lose(version, error)) {
    std::vector<VersionRef> all;
    {
      const MutexLock lock(mutex_);
      all = up_to(version);
      remember(lost_errors_, LostError{version->record.path, error});
    }
    remove(all);
  } else {
    return end_with(version, error);
  }
  changed_.notify_all();
}

bool Ledger::lose(const VersionRef& version, const Error& error) {
  const Record& record = version->record;
  auto& log = base::log("writeback");
  const auto kept = lost_and_found_.keep(journal_->data_file(record.id), record.path.str(),
                                         std::string(record.path.name()), error.describe());
  if (!kept) {
    log.error("{} can neither be uploaded nor set aside: {}", base::printable(record.path.str()),
              kept.error().describe());
    return false;
  }
  log.error("{} could not be uploaded and is now '{}': {}", base::printable(record.path.str()),
            base::printable(kept->string()), error.describe());
  return true;
}

void Ledger::moved_aside(const UploadTask& task, const RemotePath& aside) {
  const MutexLock changes(changes_);
  const auto& version = task.version;
  if (!is_newest(version)) {  // its successor will meet the same file
    remove({version});
    return changed_.notify_all();
  }
  std::vector<VersionRef> earlier;
  Record record = version->record;
  record.path = aside;
  record.order = journal_->next_number();
  record.replaces.reset();
  record.begun = false;
  record.failures = 0;
  if (const auto ok = journal_->commit(record); !ok) return end_with(version, ok.error());
  const auto words = fmt::format(
      "{} was changed on the server by somebody else; that one stays, and yours goes to {}: compare them, "
      "and remove one",
      base::printable(task.record.path.str()), base::printable(aside.str()));
  base::log("writeback").warn("{}", words);
  {
    const MutexLock lock(mutex_);
    earlier = up_to(version);
    earlier.pop_back();
    version->uploading = false;
    erase(version);
    version->record = std::move(record);
    version->due = clock_.now();
    insert(version);
    remember(conflicts_, Conflict{task.record.path, aside, std::chrono::system_clock::now()});
    remember(lost_errors_, LostError{task.record.path, Error{Errc::stale, words, ""}});
  }
  remove(earlier);
  changed_.notify_all();
}

}  // namespace ftpsfs::writeback
