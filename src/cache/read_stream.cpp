#include "ftpsfs/cache/read_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "ftpsfs/base/mutex.h"
#include "stream_window.h"
#include "without_lock.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using model::RemotePath;

namespace {

// One caller's read: what he still wants, and how long he will wait for it.
struct Reader {
  std::uint64_t offset;
  std::span<std::byte> wanted;
  OpContext patience;
};

// Whether the error tells something of the one who met it only.
bool is_private(Errc code) { return code == Errc::cancelled || code == Errc::timed_out; }

std::size_t bytes_to_keep(const ReadStreamOptions& options, std::uint64_t file_size) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(options.keep_behind, file_size));
}

std::size_t bytes_at_once(const ReadStreamOptions& options, std::uint64_t file_size) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(options.chunk, file_size));
}

}  // namespace

class ReadStream::Impl {
 public:
  Impl(remote::RemoteFs& remote, RemotePath path, model::FileVersion version,
       const ReadStreamOptions& options, LocalCopies* copies)
      : remote_(remote),
        version_(std::move(version)),
        options_(options),
        copies_(copies),
        path_(std::move(path)),
        window_(bytes_to_keep(options, version_.size), bytes_at_once(options, version_.size)) {}
  ~Impl() { options_.counters->unused(received_ - std::min(received_, given_)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  void moved_to(RemotePath path) FTPSFS_EXCLUDES(mutex_);
  void pause() FTPSFS_EXCLUDES(mutex_);

 private:
  using Source = std::unique_ptr<remote::ByteSource>;

  void take(Reader& reader) FTPSFS_REQUIRES(mutex_);
  void take_copied(Reader& reader) FTPSFS_REQUIRES(mutex_);
  void note_open(std::uint64_t offset) FTPSFS_REQUIRES(mutex_);
  Status wait_for_driver(Reader& reader) FTPSFS_REQUIRES(mutex_);

  // The driver's part. While `driving_` is set its caller alone owns the source and the window's end.
  Status drive(Reader& reader) FTPSFS_REQUIRES(mutex_);
  Status drive_with(Source& source, Reader& reader) FTPSFS_REQUIRES(mutex_);
  bool leads_to(const Source& source, std::uint64_t offset) const FTPSFS_REQUIRES(mutex_);
  Status open(Source& source, Reader& reader) FTPSFS_REQUIRES(mutex_);
  Status read_chunk(Source& source, Reader& reader) FTPSFS_REQUIRES(mutex_);
  void made_progress(Reader& driver) FTPSFS_REQUIRES(mutex_);
  void close(Source& source) FTPSFS_REQUIRES(mutex_);

  remote::RemoteFs& remote_;
  const model::FileVersion version_;
  const ReadStreamOptions options_;
  LocalCopies* const copies_;

  // The only lock; never held while remote_ or a source works.
  base::Mutex mutex_;
  base::CondVar moved_;  // bytes came, or the driver left
  RemotePath path_ FTPSFS_GUARDED_BY(mutex_);
  StreamWindow window_ FTPSFS_GUARDED_BY(mutex_);
  Source source_
      FTPSFS_GUARDED_BY(mutex_);  // the driver takes it along; null or positioned at the window's end
  std::shared_ptr<LocalCopy> copy_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t received_ FTPSFS_GUARDED_BY(mutex_) = 0;  // bytes, from sources
  std::uint64_t given_ FTPSFS_GUARDED_BY(mutex_) = 0;     // to readers; some perhaps more than once
  bool opened_ FTPSFS_GUARDED_BY(mutex_) = false;
  int seeks_ FTPSFS_GUARDED_BY(mutex_) = 0;
  bool driving_ FTPSFS_GUARDED_BY(mutex_) = false;
  bool pausing_ FTPSFS_GUARDED_BY(mutex_) = false;  // the driver is to leave no source behind
  std::uint64_t progress_ FTPSFS_GUARDED_BY(mutex_) = 0;
  std::uint64_t failures_ FTPSFS_GUARDED_BY(mutex_) = 0;
  base::Error last_failure_ FTPSFS_GUARDED_BY(mutex_);
};

Result<std::size_t> ReadStream::Impl::read_at(std::uint64_t offset, std::span<std::byte> out,
                                              const OpContext& ctx) {
  if (offset >= version_.size) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), version_.size - offset)));

  Reader reader{.offset = offset, .wanted = out, .patience = ctx.capped(options_.progress_timeout)};
  const MutexLock lock(mutex_);
  take(reader);
  while (!reader.wanted.empty()) {
    take_copied(reader);
    if (reader.wanted.empty()) break;
    if (auto ok = driving_ ? wait_for_driver(reader) : drive(reader); !ok) return fail(std::move(ok));
  }
  return out.size();
}

void ReadStream::Impl::take(Reader& reader) {
  const auto count = window_.copy(reader.offset, reader.wanted);
  given_ += count;
  reader.offset += count;
  reader.wanted = reader.wanted.subspan(count);
}

void ReadStream::Impl::take_copied(Reader& reader) {
  const auto copy = copy_;
  if (!copy) return;
  mutex_.unlock();
  const bool copied = copy->read_at(reader.offset, reader.wanted);
  mutex_.lock();
  if (copied) reader.wanted = {};
}

Status ReadStream::Impl::wait_for_driver(Reader& reader) {
  const auto progress = progress_;
  const auto failures = failures_;
  const auto waited = moved_.wait(mutex_, reader.patience, "waiting for bytes of a file");
  take(reader);
  if (reader.wanted.empty()) return {};
  if (failures != failures_) return std::unexpected(last_failure_);
  if (progress != progress_ && !reader.patience.stop.stop_requested()) {
    reader.patience = reader.patience.with_time_limit(options_.progress_timeout);
    return {};
  }
  return waited;
}

Status ReadStream::Impl::drive(Reader& reader) {
  driving_ = true;
  auto source = std::move(source_);
  auto done = drive_with(source, reader);
  if (!done || pausing_ || window_.end() >= version_.size) close(source);
  if (!done && !is_private(done.error().code)) {
    ++failures_;
    last_failure_ = done.error();
  }
  source_ = std::move(source);
  pausing_ = false;
  driving_ = false;
  moved_.notify_all();
  return done;
}

Status ReadStream::Impl::drive_with(Source& source, Reader& reader) {
  while (!reader.wanted.empty()) {
    if (!leads_to(source, reader.offset)) {
      if (auto ok = open(source, reader); !ok) return ok;
    }
    if (auto ok = read_chunk(source, reader); !ok) return ok;
    take(reader);
  }
  return {};
}

bool ReadStream::Impl::leads_to(const Source& source, std::uint64_t offset) const {
  return source != nullptr && offset >= window_.end() && offset - window_.end() <= options_.max_forward_gap;
}

Status ReadStream::Impl::open(Source& source, Reader& reader) {
  close(source);
  const auto path = path_;
  auto opened =
      without_lock(mutex_, [&] { return remote_.open_read(path, reader.offset, version_, reader.patience); });
  if (!opened) {
    const bool moved_meanwhile = opened.error().code == Errc::not_found && path != path_;
    return moved_meanwhile ? open(source, reader) : fail(std::move(opened));
  }
  source = std::move(*opened);
  note_open(reader.offset);
  window_.continue_at(reader.offset);
  made_progress(reader);
  return {};
}

// What only goes on where it was paused is no seek.
void ReadStream::Impl::note_open(std::uint64_t offset) {
  if (std::exchange(opened_, true) && offset != window_.end()) ++seeks_;
  if (seeks_ == options_.seeks_before_copy && copies_ != nullptr) {
    ++seeks_;  // once
    copy_ = copies_->begin(path_, version_);
  }
}

Status ReadStream::Impl::read_chunk(Source& source, Reader& reader) {
  const auto room = window_.room(version_.size - window_.end());
  const auto count = without_lock(mutex_, [&] { return source->read(room, reader.patience); });
  if (!count) return std::unexpected(count.error());
  if (*count == 0) {
    return fail(Errc::stale, fmt::format("'{}' ended after {} of {} bytes", base::printable(path_.str()),
                                         window_.end(), version_.size));
  }
  window_.advance(*count);
  received_ += *count;
  made_progress(reader);
  return {};
}

void ReadStream::Impl::made_progress(Reader& driver) {
  driver.patience = driver.patience.with_time_limit(options_.progress_timeout);
  ++progress_;
  moved_.notify_all();
}

void ReadStream::Impl::close(Source& source) {
  if (!source) return;
  mutex_.unlock();
  source.reset();
  mutex_.lock();
}

void ReadStream::Impl::moved_to(RemotePath path) {
  const MutexLock lock(mutex_);
  if (copy_) copy_->moved_to(path);
  path_ = std::move(path);
}

void ReadStream::Impl::pause() {
  Source abandoned;  // ends after the lock
  std::shared_ptr<LocalCopy> copy;
  {
    const MutexLock lock(mutex_);
    pausing_ = driving_;
    abandoned = std::move(source_);
    copy = copy_;
  }
  if (copy) copy->pause();
}

ReadStream::ReadStream(remote::RemoteFs& remote, RemotePath path, model::FileVersion version,
                       const ReadStreamOptions& options, LocalCopies* copies)
    : impl_(std::make_unique<Impl>(remote, std::move(path), std::move(version), options, copies)) {}
ReadStream::~ReadStream() = default;

Result<std::size_t> ReadStream::read_at(std::uint64_t offset, std::span<std::byte> out,
                                        const OpContext& ctx) {
  return impl_->read_at(offset, out, ctx);
}
void ReadStream::moved_to(RemotePath path) { impl_->moved_to(std::move(path)); }
void ReadStream::pause() { impl_->pause(); }

}  // namespace ftpsfs::cache
