#include "ledger.h"

#include <algorithm>
#include <utility>

#include "ftpsfs/base/log.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::MutexLock;
using base::Status;
using model::Attributes;
using model::FileVersion;
using model::RemotePath;

Ledger::Ledger(std::unique_ptr<Journal> journal, Options options, const base::Clock& clock)
    : journal_(std::move(journal)),
      lost_and_found_(journal_->folder() / "lost+found"),
      options_(options),
      clock_(clock) {}

// ---- the table

VersionRef Ledger::newest(const RemotePath& path) const {
  const auto found = slots_.find(path.str());
  return found != slots_.end() && !found->second.versions.empty() ? found->second.versions.back() : nullptr;
}

VersionRef Ledger::uploading(const RemotePath& path) const {
  const auto found = slots_.find(path.str());
  if (found == slots_.end()) return nullptr;
  const auto version = std::ranges::find_if(found->second.versions, &Version::uploading);
  return version != found->second.versions.end() ? *version : nullptr;
}

void Ledger::insert(const VersionRef& version) {
  slots_[version->record.path.str()].versions.push_back(version);
  by_order_.emplace(version->record.order, version);
}

void Ledger::erase(const VersionRef& version) {
  by_order_.erase(version->record.order);
  const auto slot = slots_.find(version->record.path.str());
  if (slot == slots_.end()) return;
  std::erase(slot->second.versions, version);
  erase_if_empty(slot);
}

void Ledger::erase_if_empty(Slots::iterator slot) {
  if (slot->second.versions.empty() && slot->second.holds == 0) slots_.erase(slot);
}

std::vector<const Ledger::Slot*> Ledger::slots_in(const RemotePath& path) const {
  std::vector<const Slot*> slots;
  if (const auto found = slots_.find(path.str()); found != slots_.end()) slots.push_back(&found->second);
  const auto below = path.is_root() ? path.str() : path.str() + "/";
  for (auto each = slots_.lower_bound(below); each != slots_.end() && each->first.starts_with(below);
       ++each) {
    slots.push_back(&each->second);
  }
  return slots;
}

// All contents of its path from the oldest to this one.
std::vector<VersionRef> Ledger::up_to(const VersionRef& version) const {
  const auto& versions = slots_.at(version->record.path.str()).versions;
  return {versions.begin(), std::next(std::ranges::find(versions, version))};
}

// ---- looking

std::optional<Attributes> Ledger::find(const RemotePath& path) const {
  const MutexLock lock(mutex_);
  const auto version = newest(path);
  return version ? std::optional(attributes_of(version->record)) : std::nullopt;
}

base::Result<DataRef> Ledger::open(const RemotePath& path, const std::optional<FileVersion>& expected) const {
  const MutexLock lock(mutex_);
  const auto version = newest(path);
  if (!version) return nullptr;
  auto data = journal_->open_data(version->record);
  if (!data) {
    if (data.error().code == Errc::not_found) return nullptr;  // it has just been uploaded, or removed
    return data;
  }
  if (expected && !FileVersion::of(attributes_of(version->record)).may_equal(*expected)) {
    return base::fail(Errc::stale, "the file has been replaced");
  }
  return data;
}

bool Ledger::waits_below(const RemotePath& directory) const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(slots_in(directory), [&](const Slot* slot) {
    return !slot->versions.empty() && slot->versions.back()->record.path != directory;
  });
}

std::uint64_t Ledger::last_upload() const {
  const MutexLock lock(mutex_);
  return recent_.last();
}

void Ledger::add_to(model::Listing& listing, const RemotePath& directory, std::uint64_t last_upload) const {
  std::map<std::string, Attributes> ours;
  {
    const MutexLock lock(mutex_);
    for (auto& entry : recent_.since(directory, last_upload)) {
      ours.emplace(std::move(entry.name), std::move(entry.attributes));
    }
    for (const auto* slot : slots_in(directory)) {
      if (slot->versions.empty()) continue;
      const Record& record = slot->versions.back()->record;
      if (record.path == directory || record.path.parent() != directory) continue;
      ours.insert_or_assign(std::string(record.path.name()), attributes_of(record));
    }
  }
  for (auto& entry : listing) {
    const auto found = ours.find(entry.name);
    if (found == ours.end()) continue;
    entry.attributes = std::move(found->second);
    ours.erase(found);
  }
  for (auto& [name, attributes] : ours) listing.push_back({name, std::move(attributes)});
}

Attributes Ledger::on_the_server(const RemotePath& path, const Attributes& seen) const {
  const MutexLock lock(mutex_);
  const auto* upload = recent_.find(path);
  return upload != nullptr && upload->shown == FileVersion::of(seen) ? upload->on_the_server : seen;
}

model::FileVersion Ledger::on_the_server(const RemotePath& path, const model::FileVersion& seen) const {
  const MutexLock lock(mutex_);
  const auto* upload = recent_.find(path);
  return upload != nullptr && upload->shown == seen ? model::FileVersion::of(upload->on_the_server) : seen;
}

Report Ledger::report() const {
  Report report;
  {
    const MutexLock lock(mutex_);
    for (const auto& [order, version] : by_order_) {
      if (newest(version->record.path) != version) continue;
      report.waiting.push_back({.path = version->record.path,
                                .size = version->record.size,
                                .uploading = uploading(version->record.path) != nullptr,
                                .failures = version->failures,
                                .last_error = version->last_error ? version->last_error->describe() : ""});
      report.waiting_bytes += version->record.size;
    }
    report.conflicts.assign(conflicts_.begin(), conflicts_.end());
  }
  report.lost = lost_and_found_.list();
  return report;
}

// ---- what earlier mounts have left

Status Ledger::recover() {
  const MutexLock changes(changes_);
  auto contents = journal_->recover();
  if (!contents) return base::fail(std::move(contents));
  std::vector<VersionRef> superseded;
  {
    const MutexLock lock(mutex_);
    for (auto& record : contents->waiting) {
      const auto older = newest(record.path);
      if (older && !older->record.begun) superseded.push_back(older);
      bytes_ += record.size;
      auto version = std::make_shared<Version>();
      version->first_order = record.order;
      version->first_stored = version->due = clock_.now();
      version->record = std::move(record);
      insert(version);
    }
  }
  remove(superseded);
  set_aside(contents->damaged);
  if (const auto lost = lost_and_found_.list(); !lost.empty()) {
    base::log("writeback")
        .warn("{} files that could not be uploaded are in '{}'; its INDEX.txt says why", lost.size(),
              base::printable(lost_and_found_.folder().string()));
  }
  return {};
}

// What cannot be moved stays in the journal, and is found again by the next mount.
void Ledger::set_aside(const std::vector<Journal::Damaged>& damaged) {
  auto& log = base::log("writeback");
  for (const auto& each : damaged) {
    log.error("the journal is damaged, of '{}' is kept what is left: {}", base::printable(each.path),
              base::printable(each.reason));
    for (const auto& file : each.files) {
      const auto kept = lost_and_found_.keep(file, each.path, file.filename().string(), each.reason);
      if (!kept) log.error("{}", kept.error().describe());
      std::error_code ignored;
      if (kept) std::filesystem::remove(file, ignored);
    }
  }
}

}  // namespace ftpsfs::writeback
