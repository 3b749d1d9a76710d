#include "temporary_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>

namespace ftpsfs::remote {

using base::MutexLock;
using model::RemotePath;

namespace {

constexpr std::size_t kDigits = 32;
constexpr std::size_t kMostAbandoned = 1000;
constexpr std::size_t kMostLatelyGone = 10'000;
// A day, and another one for clocks and time zones that are wrong.
constexpr auto kLeftOverAfter = std::chrono::days(2);

std::string_view prefix_of(Temporary kind) {
  switch (kind) {
    case Temporary::upload: return ".ftpsfs-upload-";
    case Temporary::plain_upload: return "ftpsfs-upload-";
    case Temporary::old: return ".ftpsfs-old-";
    case Temporary::plain_old: return "ftpsfs-old-";
  }
  return {};
}

bool is_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_of_kind(std::string_view name, Temporary kind) {
  const auto prefix = prefix_of(kind);
  return name.size() == prefix.size() + kDigits && name.starts_with(prefix) &&
         std::ranges::all_of(name.substr(prefix.size()), is_digit);
}

std::string random_name(Temporary kind) {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}{:08x}{:08x}", prefix_of(kind), random(), random(), random(), random());
}

}  // namespace

base::Result<RemotePath> TemporaryFiles::make(Temporary kind, const RemotePath& folder) {
  auto path = folder.child(random_name(kind));
  if (!path) return path;
  const MutexLock lock(mutex_);
  existing_.emplace(*path, false);
  return path;
}

void TemporaryFiles::gone(const RemotePath& path) {
  const MutexLock lock(mutex_);
  existing_.erase(path);
  if (listings_ > 0 && lately_gone_.size() < kMostLatelyGone) lately_gone_.insert(path);
}

void TemporaryFiles::abandon(const RemotePath& path) {
  const MutexLock lock(mutex_);
  const auto abandoned = std::ranges::count_if(existing_, [](const auto& file) { return file.second; });
  if (static_cast<std::size_t>(abandoned) < kMostAbandoned) {
    existing_.insert_or_assign(path, true);
  } else {
    existing_.erase(path);
  }
}

std::vector<RemotePath> TemporaryFiles::take_abandoned(const RemotePath& folder) {
  std::vector<RemotePath> taken;
  const MutexLock lock(mutex_);
  for (auto& [path, abandoned] : existing_) {
    if (abandoned && path.parent() == folder) {
      abandoned = false;
      taken.push_back(path);
    }
  }
  return taken;
}

TemporaryFiles::Listing::Listing(TemporaryFiles& files) : files_(files) {
  const MutexLock lock(files_.mutex_);
  ++files_.listings_;
}

TemporaryFiles::Listing::~Listing() {
  const MutexLock lock(files_.mutex_);
  if (--files_.listings_ == 0) files_.lately_gone_.clear();
}

void TemporaryFiles::Listing::hide_own(model::Listing& entries, const RemotePath& folder) const {
  const MutexLock lock(files_.mutex_);
  if (files_.existing_.empty() && files_.lately_gone_.empty()) return;
  std::erase_if(entries, [&](const model::DirEntry& entry) FTPSFS_REQUIRES(files_.mutex_) {
    const auto path = folder.child(entry.name);
    return path && (files_.existing_.contains(*path) || files_.lately_gone_.contains(*path));
  });
}

bool TemporaryFiles::is_upload(std::string_view name) {
  return is_of_kind(name, Temporary::upload) || is_of_kind(name, Temporary::plain_upload);
}

bool TemporaryFiles::is_left_over(const model::DirEntry& entry, base::SystemTime now) {
  const auto& attributes = entry.attributes;
  return attributes.type == model::FileType::file && is_upload(entry.name) && attributes.modified &&
         now - *attributes.modified > kLeftOverAfter;
}

}  // namespace ftpsfs::remote
