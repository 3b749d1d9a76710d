#include <algorithm>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ledger.h"

namespace ftpsfs::writeback {

using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileVersion;
using model::RemotePath;

namespace {

// Contents of one path at a time: after so many uploads of it that began and failed the next one has to wait for them.
constexpr std::size_t kMostOfOnePath = 8;

// A file that is stored again and again is uploaded all the same, after so many times the delay.
constexpr int kMostDelays = 12;

}  // namespace

std::optional<Ledger::Room> Ledger::room_for(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  if (bytes > options_.most_bytes || bytes_ > options_.most_bytes - bytes) return std::nullopt;
  bytes_ += bytes;
  return Room(*this, bytes);
}

void Ledger::give_back(std::uint64_t bytes) {
  const MutexLock lock(mutex_);
  bytes_ -= bytes;
}

bool Ledger::takes_another(const RemotePath& path) const {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(path.str());
  return slot == slots_.end() || slot->second.versions.size() < kMostOfOnePath;
}

std::optional<FileVersion> Ledger::replaced_by_next(const RemotePath& path,
                                                    const std::optional<FileVersion>& known,
                                                    std::uint64_t last_upload) const {
  if (const auto waiting = newest(path)) return waiting->record.replaces;
  const auto* upload = recent_.find(path);
  if (upload != nullptr && upload->number > last_upload) return FileVersion::of(upload->on_the_server);
  return known;
}

// `version` is durable with this record.
void Ledger::become_newest(const VersionRef& version, Record record) {
  std::vector<VersionRef> superseded;
  {
    const MutexLock lock(mutex_);
    if (by_order_.contains(version->record.order)) erase(version);
    version->record = std::move(record);
    if (const auto slot = slots_.find(version->record.path.str()); slot != slots_.end()) {
      for (const auto& older : slot->second.versions) {
        if (older->uploading || older->record.begun) continue;
        version->first_order = std::min(version->first_order, older->first_order);
        version->first_stored = std::min(version->first_stored, older->first_stored);
        superseded.push_back(older);
      }
    }
    version->due =
        std::min(clock_.now() + options_.delay, version->first_stored + kMostDelays * options_.delay);
    insert(version);
  }
  changed_.notify_all();
  remove(superseded);
}

Result<model::Attributes> Ledger::add(Journal::Draft draft, Room room, Record record,
                                      std::uint64_t last_upload) {
  const MutexLock changes(changes_);
  record.id = draft.id();
  record.order = journal_->next_number();
  {
    const MutexLock lock(mutex_);
    record.replaces = replaced_by_next(record.path, record.replaces, last_upload);
    if (const auto older = newest(record.path); older && !record.mode) record.mode = older->record.mode;
  }
  if (auto ok = journal_->commit(record); !ok) {
    static_cast<void>(journal_->remove(record.id));  // it may be there although it is not known to be durable
    return fail(std::move(ok));
  }
  room.use();
  draft.keep();
  auto version = std::make_shared<Version>();
  version->first_order = record.order;
  version->first_stored = clock_.now();
  auto attributes = attributes_of(record);
  become_newest(version, std::move(record));
  return attributes;
}

Status Ledger::commit(const VersionRef& version, Record record) {
  if (auto ok = journal_->commit(record); !ok) return ok;
  const MutexLock lock(mutex_);
  version->record = std::move(record);
  return {};
}

void Ledger::remove_from_journal(const std::vector<VersionRef>& versions) {
  for (const auto& version : versions) {
    if (const auto ok = journal_->remove(version->record.id); !ok) {
      base::log("writeback")
          .warn("{}: {}", base::printable(version->record.path.str()), ok.error().describe());
    }
  }
}

void Ledger::erase_all(const std::vector<VersionRef>& versions) {
  for (const auto& version : versions) {
    bytes_ -= version->record.size;
    erase(version);
  }
}

void Ledger::remove(const std::vector<VersionRef>& versions) {
  remove_from_journal(versions);
  const MutexLock lock(mutex_);
  erase_all(versions);
}

// ---- holding

Result<std::optional<Ledger::Hold>> Ledger::hold(const RemotePath& path, bool stops_upload,
                                                 const OpContext& ctx) {
  MutexLock lock(mutex_);
  if (!newest(path)) return std::nullopt;
  ++slots_.at(path.str()).holds;
  Hold hold(*this, path);
  while (const auto running = uploading(path)) {
    if (stops_upload && !running->stop.stop_requested()) {
      auto stop = running->stop;
      lock.unlock();  // others' callbacks run in it
      stop.request_stop();
      lock.lock();
      continue;
    }
    if (auto ok = changed_.wait(mutex_, ctx, "waiting for an upload to end"); !ok) {
      lock.unlock();
      return fail(std::move(ok));
    }
  }
  const bool waits = newest(path) != nullptr;
  lock.unlock();
  if (!waits) return std::nullopt;
  return hold;
}

void Ledger::release(const RemotePath& path) {
  {
    const MutexLock lock(mutex_);
    const auto slot = slots_.find(path.str());
    --slot->second.holds;
    erase_if_empty(slot);
  }
  changed_.notify_all();
}

Status Ledger::rewrite(const RemotePath& path, const std::function<void(Record&)>& change) {
  const MutexLock changes(changes_);
  VersionRef version;
  {
    const MutexLock lock(mutex_);
    version = newest(path);
  }
  Record record = version->record;
  change(record);
  return commit(version, std::move(record));
}

bool Ledger::may_be_on_server(const RemotePath& path) const {
  const MutexLock lock(mutex_);
  const auto slot = slots_.find(path.str());
  return slot != slots_.end() && std::ranges::any_of(slot->second.versions, [](const VersionRef& version) {
           return version->record.begun || version->record.replaces;
         });
}

Status Ledger::drop(const RemotePath& path) {
  const MutexLock changes(changes_);
  std::vector<VersionRef> versions;
  {
    const MutexLock lock(mutex_);
    versions = slots_.at(path.str()).versions;
  }
  // The newest last, so that a crash leaves no older one in its place.
  for (const auto& version : versions) {
    if (auto ok = journal_->remove(version->record.id); !ok) return ok;
  }
  const MutexLock lock(mutex_);
  erase_all(versions);
  return {};
}

Status Ledger::move(const RemotePath& from, const RemotePath& to, const std::optional<FileVersion>& replaces,
                    std::uint64_t last_upload) {
  const MutexLock changes(changes_);
  VersionRef version;
  Record record;
  {
    const MutexLock lock(mutex_);
    version = newest(from);
    record = version->record;
    record.path = to;
    record.order = journal_->next_number();
    record.replaces = replaced_by_next(to, replaces, last_upload);
  }
  if (auto ok = journal_->commit(record); !ok) return ok;
  become_newest(version, std::move(record));
  return {};
}

void Ledger::forget(const RemotePath& path) {
  const MutexLock lock(mutex_);
  recent_.forget(path);
}

}  // namespace ftpsfs::writeback
