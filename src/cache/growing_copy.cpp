#include "growing_copy.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::Status;
using base::SteadyTime;

bool GrowingCopy::read_at(std::uint64_t offset, std::span<std::byte> out) {
  std::shared_ptr<const CopyFile> file;
  {
    const MutexLock lock(mutex_);
    if (offset > size_ || out.size() > size_ - offset) return false;
    file = file_;
    if (file) given_ += out.size();
  }
  return file && file->bytes.read(offset, out).has_value();
}

bool GrowingCopy::wanted(SteadyTime now) {
  const MutexLock lock(mutex_);
  last_read_ = now;
  if (being_fetched_ || !file_ || size_ == version_.size || now < not_before_) return false;
  being_fetched_ = true;
  return true;
}

void GrowingCopy::moved_to(model::RemotePath path) {
  const MutexLock lock(mutex_);
  path_ = std::move(path);
}

void GrowingCopy::interrupt() {
  std::stop_source present;  // what it stops runs outside the lock
  {
    const MutexLock lock(mutex_);
    std::swap(present, stop_);
  }
  present.request_stop();
}

void GrowingCopy::spoil() {
  std::shared_ptr<CopyFile> file;  // ends outside the lock, or with its last reader
  const MutexLock lock(mutex_);
  file = std::move(file_);
}

GrowingCopy::Fetch GrowingCopy::begin_fetch() {
  const MutexLock lock(mutex_);
  return {.path = path_, .offset = size_, .stop = stop_.get_token()};
}

Status GrowingCopy::add(std::span<const std::byte> bytes) {
  std::shared_ptr<CopyFile> file;
  std::uint64_t end = 0;
  {
    const MutexLock lock(mutex_);
    file = file_;
    end = size_;
  }
  if (!file) return fail(Errc::cancelled, "nobody wants the copy any more");
  if (auto ok = file->bytes.write(end, bytes); !ok) return ok;
  const MutexLock lock(mutex_);
  size_ = end + bytes.size();
  return {};
}

std::uint64_t GrowingCopy::missing() const {
  const MutexLock lock(mutex_);
  return file_ ? version_.size - size_ : 0;
}

bool GrowingCopy::read_since(SteadyTime time) const {
  const MutexLock lock(mutex_);
  return last_read_ >= time;
}

bool GrowingCopy::is_at(const model::RemotePath& path) const {
  const MutexLock lock(mutex_);
  return path_ == path;
}

void GrowingCopy::end_fetch(SteadyTime not_again_before) {
  const MutexLock lock(mutex_);
  being_fetched_ = false;
  not_before_ = not_again_before;
}

}  // namespace ftpsfs::cache
