#include "unseen_uploads.h"

#include <utility>
#include <vector>

namespace ftpsfs::remote {

using base::MutexLock;
using model::Attributes;
using model::RemotePath;

namespace {

constexpr std::size_t kMostKnown = 10'000;

}  // namespace

void UnseenUploads::put(const RemotePath& path, const Attributes& attributes) {
  const MutexLock lock(mutex_);
  insert(path, attributes);
}

std::optional<Attributes> UnseenUploads::find(const RemotePath& path) const {
  const MutexLock lock(mutex_);
  const auto found = known_.find(path);
  return found == known_.end() ? std::nullopt : std::optional(found->second.attributes);
}

void UnseenUploads::drop(const RemotePath& path) {
  const MutexLock lock(mutex_);
  erase(path);
}

void UnseenUploads::move(const RemotePath& from, const RemotePath& to) {
  const MutexLock lock(mutex_);
  std::vector<std::pair<RemotePath, Attributes>> moved;
  for (const auto& [path, known] : known_) {
    if (from.contains(path)) moved.emplace_back(path, known.attributes);
  }
  for (const auto& [path, attributes] : moved) erase(path);
  for (const auto& [path, attributes] : moved) insert(to.rebased(from, path), attributes);
}

void UnseenUploads::set_modified(const RemotePath& path, base::SystemTime modified) {
  const MutexLock lock(mutex_);
  if (const auto found = known_.find(path); found != known_.end())
    found->second.attributes.modified = modified;
}

void UnseenUploads::set_mode(const RemotePath& path, std::uint32_t mode) {
  const MutexLock lock(mutex_);
  if (const auto found = known_.find(path); found != known_.end()) found->second.attributes.mode = mode;
}

void UnseenUploads::insert(const RemotePath& path, const Attributes& attributes) {
  erase(path);
  if (known_.size() == kMostKnown) erase(RemotePath(by_age_.begin()->second));
  known_.emplace(path, Known{.attributes = attributes, .number = next_number_});
  by_age_.emplace(next_number_++, path);
}

void UnseenUploads::erase(const RemotePath& path) {
  const auto found = known_.find(path);
  if (found == known_.end()) return;
  by_age_.erase(found->second.number);
  known_.erase(found);
}

}  // namespace ftpsfs::remote
