#include "recent_uploads.h"

namespace ftpsfs::writeback {

namespace {

constexpr std::size_t kMost = 4096;

}  // namespace

void RecentUploads::put(const model::RemotePath& path, model::FileVersion shown,
                        model::Attributes on_the_server) {
  uploads_.insert_or_assign(
      path.str(),
      Upload{.number = ++last_, .shown = std::move(shown), .on_the_server = std::move(on_the_server)});
  order_.emplace_back(last_, path);
  if (order_.size() <= kMost) return;
  const auto& [number, oldest] = order_.front();
  if (const auto found = uploads_.find(oldest.str());
      found != uploads_.end() && found->second.number == number) {
    uploads_.erase(found);
  }
  order_.pop_front();
}

const RecentUploads::Upload* RecentUploads::find(const model::RemotePath& path) const {
  const auto found = uploads_.find(path.str());
  return found != uploads_.end() ? &found->second : nullptr;
}

std::vector<model::DirEntry> RecentUploads::since(const model::RemotePath& directory,
                                                  std::uint64_t number) const {
  std::vector<model::DirEntry> entries;
  for (auto each = order_.rbegin(); each != order_.rend() && each->first > number; ++each) {
    if (each->second.parent() != directory) continue;
    const auto* upload = find(each->second);
    if (upload == nullptr || upload->number != each->first) continue;
    entries.push_back({std::string(each->second.name()), upload->on_the_server});
  }
  return entries;
}

void RecentUploads::forget(const model::RemotePath& path) {
  uploads_.erase(path.str());
  const auto below = path.is_root() ? path.str() : path.str() + "/";
  auto each = uploads_.lower_bound(below);
  while (each != uploads_.end() && each->first.starts_with(below)) each = uploads_.erase(each);
}

}  // namespace ftpsfs::writeback
