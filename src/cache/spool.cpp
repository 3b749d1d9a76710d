#include "ftpsfs/cache/spool.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "byte_budget.h"
#include "ftpsfs/base/mutex.h"
#include "sparse_file.h"
#include "without_lock.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using model::ByteRange;
using model::RangeSet;

namespace {

constexpr std::uint64_t kLargestFetch = 1 << 20;
constexpr std::uint64_t kLargestFile = std::numeric_limits<std::int64_t>::max();

std::unexpected<base::Error> unusable(const std::filesystem::path& folder, std::string_view reason) {
  return fail(Errc::local_io,
              fmt::format("the spool folder '{}' cannot be used: {} (-o spool_dir=FOLDER names another)",
                          base::printable(folder.string()), reason));
}

Status make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (error) return unusable(folder, error.message());
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return unusable(folder, std::generic_category().message(errno));
  }
  return {};
}

Status too_large() { return fail(Errc::file_too_large, "no file can have so many bytes"); }

// The caller's time limit, counted anew from each step forward.
class MovingDeadline {
 public:
  explicit MovingDeadline(const OpContext& ctx) : ctx_(ctx) {
    if (ctx.deadline != base::SteadyTime::max()) limit_ = ctx.deadline - std::chrono::steady_clock::now();
  }
  const OpContext& ctx() const { return ctx_; }
  void renew() {
    if (limit_) ctx_ = ctx_.with_time_limit(*limit_);
  }

 private:
  OpContext ctx_;
  std::optional<base::SteadyDuration> limit_;
};

}  // namespace

// ---- SpoolDirectory

class SpoolDirectory::Impl {
 public:
  Impl(std::filesystem::path folder_of_spools, std::uint64_t max_bytes)
      : folder(std::move(folder_of_spools)), budget(max_bytes) {}

  const std::filesystem::path folder;
  ByteBudget budget;
};

SpoolDirectory::SpoolDirectory(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SpoolDirectory::~SpoolDirectory() = default;

Result<std::shared_ptr<SpoolDirectory>> SpoolDirectory::open(std::filesystem::path folder,
                                                             std::uint64_t max_bytes) {
  if (auto ok = make_private_folder(folder); !ok) return fail(std::move(ok));
  if (const auto probe = SparseFile::create(folder); !probe) return unusable(folder, probe.error().message);
  return std::shared_ptr<SpoolDirectory>(
      new SpoolDirectory(std::make_unique<Impl>(std::move(folder), max_bytes)));
}

std::uint64_t SpoolDirectory::bytes_used() const { return impl_->budget.used(); }
const std::filesystem::path& SpoolDirectory::folder() const { return impl_->folder; }

// ---- Spool

class Spool::Impl {
 public:
  Impl(std::shared_ptr<SpoolDirectory> directory, SparseFile file, std::uint64_t remote_size, Fetch fetch)
      : directory_(std::move(directory)),
        budget_(directory_->impl_->budget),
        fetch_(std::move(fetch)),
        file_(std::move(file)),
        size_(remote_size),
        old_end_(remote_size) {}

  ~Impl() FTPSFS_NO_ANALYSIS { budget_.give_back(present_.total()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint64_t size() const FTPSFS_EXCLUDES(mutex_);
  std::uint64_t generation() const FTPSFS_EXCLUDES(mutex_);
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Status read_local(std::uint64_t offset, std::span<std::byte> out) const FTPSFS_EXCLUDES(mutex_);
  Status write_at(std::uint64_t offset, std::span<const std::byte> data, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Status truncate(std::uint64_t new_size) FTPSFS_EXCLUDES(mutex_);
  Status reserve(ByteRange range, bool extend, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Status zero(ByteRange range, bool extend) FTPSFS_EXCLUDES(mutex_);
  Status complete(const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

 private:
  struct Lack {
    std::uint64_t bytes;  // that the budget did not give
    std::uint64_t own;    // that it has given to this spool
  };
  Status try_write(std::uint64_t offset, std::span<const std::byte> data, std::optional<Lack>& lack)
      FTPSFS_EXCLUDES(mutex_);
  std::uint64_t bytes_missing(ByteRange range) const FTPSFS_REQUIRES(mutex_);
  Result<Reservation> take_room(ByteRange range) FTPSFS_REQUIRES(mutex_);
  void add_present(ByteRange range, Reservation& room) FTPSFS_REQUIRES(mutex_);
  std::size_t clip(std::uint64_t offset, std::size_t count) const FTPSFS_REQUIRES(mutex_);
  std::vector<ByteRange> only_remote(ByteRange range) const FTPSFS_REQUIRES(mutex_);
  Status write_new(std::uint64_t offset, std::span<const std::byte> data) FTPSFS_REQUIRES(mutex_);

  // Fetching releases the mutex; afterwards writes and truncations may have happened.
  Status bring(ByteRange range, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  Status fetch_or_wait(ByteRange gap, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  Status fetch(ByteRange range, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  Status keep_fetched(ByteRange range, std::span<const std::byte> bytes, Reservation& reserved)
      FTPSFS_REQUIRES(mutex_);

  const std::shared_ptr<SpoolDirectory> directory_;
  ByteBudget& budget_;
  const Fetch fetch_;

  // Held during local I/O, never while fetch_ works. Taken before the budget's own lock.
  mutable base::Mutex mutex_;
  base::CondVar fetched_;  // a fetch has ended, well or not
  SparseFile file_ FTPSFS_GUARDED_BY(mutex_);
  std::uint64_t size_ FTPSFS_GUARDED_BY(mutex_);
  // What is not present lies on the server below this position, and is a hole above it. Never grows: what a truncation
  // cut off does not come back.
  std::uint64_t old_end_ FTPSFS_GUARDED_BY(mutex_);
  RangeSet present_ FTPSFS_GUARDED_BY(mutex_);   // each of its bytes is taken from the budget
  RangeSet fetching_ FTPSFS_GUARDED_BY(mutex_);  // each range by one caller
  std::uint64_t generation_ FTPSFS_GUARDED_BY(mutex_) = 0;
};

std::uint64_t Spool::Impl::size() const {
  const MutexLock lock(mutex_);
  return size_;
}

std::uint64_t Spool::Impl::generation() const {
  const MutexLock lock(mutex_);
  return generation_;
}

Result<std::size_t> Spool::Impl::read_at(std::uint64_t offset, std::span<std::byte> out,
                                         const OpContext& ctx) {
  const MutexLock lock(mutex_);
  const auto wanted = clip(offset, out.size());
  if (auto ok = bring({offset, offset + wanted}, ctx); !ok) return fail(std::move(ok));
  const auto count = clip(offset, wanted);
  if (auto ok = file_.read(offset, out.first(count)); !ok) return fail(std::move(ok));
  return count;
}

Status Spool::Impl::read_local(std::uint64_t offset, std::span<std::byte> out) const {
  const MutexLock lock(mutex_);
  if (clip(offset, out.size()) < out.size()) return fail(Errc::internal, "read behind the end of a spool");
  if (!only_remote({offset, offset + out.size()}).empty()) {
    return fail(Errc::internal, "read a part of a spool that has not been fetched");
  }
  return file_.read(offset, out);
}

Status Spool::Impl::write_at(std::uint64_t offset, std::span<const std::byte> data, const OpContext& ctx) {
  if (data.empty()) return {};
  if (data.size() > kLargestFile || offset > kLargestFile - data.size()) return too_large();
  while (true) {
    std::optional<Lack> lack;
    auto written = try_write(offset, data, lack);
    if (!lack || !budget_.wait_for_room(lack->bytes, lack->own, ctx)) return written;
  }
}

Status Spool::Impl::try_write(std::uint64_t offset, std::span<const std::byte> data,
                              std::optional<Lack>& lack) {
  const MutexLock lock(mutex_);
  const ByteRange range{offset, offset + data.size()};
  const std::uint64_t new_bytes = bytes_missing(range);
  auto reserved = Reservation::take(budget_, new_bytes);
  if (!reserved) {
    lack = Lack{.bytes = new_bytes, .own = present_.total()};
    return fail(std::move(reserved));
  }
  if (auto ok = write_new(offset, data); !ok) return ok;
  reserved->keep(new_bytes);
  present_.add(range);
  size_ = std::max(size_, range.end);
  ++generation_;
  return {};
}

Status Spool::Impl::write_new(std::uint64_t offset, std::span<const std::byte> data) {
  const ByteRange range{offset, offset + data.size()};
  for (const auto& gap : present_.missing(range)) {
    if (auto ok = file_.reserve(gap); !ok) return ok;
  }
  auto written = file_.write(offset, data);
  if (!written && range.end > size_) static_cast<void>(file_.cut(size_));  // half a write behind the end
  return written;
}

Status Spool::Impl::truncate(std::uint64_t new_size) {
  if (new_size > kLargestFile) return too_large();
  const MutexLock lock(mutex_);
  if (new_size < size_) {
    if (auto ok = file_.cut(new_size); !ok) return ok;
    const auto before = present_.total();
    present_.remove({new_size, kLargestFile});
    budget_.give_back(before - present_.total());
    old_end_ = std::min(old_end_, new_size);
  }
  size_ = new_size;
  ++generation_;
  return {};
}

std::uint64_t Spool::Impl::bytes_missing(ByteRange range) const {
  std::uint64_t bytes = 0;
  for (const auto& gap : present_.missing(range)) bytes += gap.size();
  return bytes;
}

// Budget and disk for what is not present of `range`.
Result<Reservation> Spool::Impl::take_room(ByteRange range) {
  auto reserved = Reservation::take(budget_, bytes_missing(range));
  if (!reserved) return reserved;
  for (const auto& gap : present_.missing(range)) {
    if (auto ok = file_.reserve(gap); !ok) return fail(std::move(ok));
  }
  return reserved;
}

void Spool::Impl::add_present(ByteRange range, Reservation& room) {
  const auto before = present_.total();
  present_.add(range);
  room.keep(present_.total() - before);
}

Status Spool::Impl::reserve(ByteRange range, bool extend, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  if (auto ok = bring(range, ctx); !ok) return ok;
  auto room = take_room(range);
  if (!room) return fail(std::move(room));
  add_present(range, *room);
  if (!extend || range.end <= size_) return {};
  size_ = range.end;
  ++generation_;
  return {};
}

Status Spool::Impl::zero(ByteRange range, bool extend) {
  const MutexLock lock(mutex_);
  if (!extend) range.end = std::min(range.end, size_);
  if (range.empty()) return {};
  auto room = take_room(range);
  if (!room) return fail(std::move(room));
  const std::vector<std::byte> zeros(static_cast<std::size_t>(std::min(range.size(), kLargestFetch)));
  for (std::uint64_t at = range.begin; at < range.end; at += zeros.size()) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), range.end - at));
    if (auto ok = file_.write(at, std::span(zeros).first(count)); !ok) return ok;
  }
  add_present(range, *room);
  size_ = std::max(size_, range.end);
  ++generation_;
  return {};
}

Status Spool::Impl::complete(const OpContext& ctx) {
  const MutexLock lock(mutex_);
  return bring({0, old_end_}, ctx);
}

// How many of `count` bytes from `offset` on the file has.
std::size_t Spool::Impl::clip(std::uint64_t offset, std::size_t count) const {
  return offset < size_ ? static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset)) : 0;
}

std::vector<ByteRange> Spool::Impl::only_remote(ByteRange range) const {
  return present_.missing({range.begin, std::min(range.end, old_end_)});
}

Status Spool::Impl::bring(ByteRange range, const OpContext& ctx) {
  MovingDeadline deadline(ctx);
  while (range.begin < std::min(range.end, old_end_)) {
    const ByteRange next{range.begin, std::min(range.end, range.begin + kLargestFetch)};
    const auto gaps = only_remote(next);
    if (gaps.empty()) {
      range.begin = next.end;
      continue;
    }
    if (auto ok = fetch_or_wait(gaps.front(), deadline.ctx()); !ok) return ok;
    deadline.renew();
  }
  return {};
}

Status Spool::Impl::fetch_or_wait(ByteRange gap, const OpContext& ctx) {
  const auto unclaimed = fetching_.missing(gap);
  if (unclaimed.empty() || unclaimed.front().begin != gap.begin) {
    return fetched_.wait(mutex_, ctx, "waiting for a part of a file");
  }
  return fetch(unclaimed.front(), ctx);
}

Status Spool::Impl::fetch(ByteRange range, const OpContext& ctx) {
  auto reserved = Reservation::take(budget_, range.size());
  if (!reserved) return fail(std::move(reserved));
  std::vector<std::byte> bytes(static_cast<std::size_t>(range.size()));
  fetching_.add(range);
  auto done = without_lock(mutex_, [&] { return fetch_(range.begin, bytes, ctx); });
  fetching_.remove(range);
  fetched_.notify_all();
  return done ? keep_fetched(range, bytes, *reserved) : done;
}

// What was written or cut off during the fetch is newer than the fetched bytes.
Status Spool::Impl::keep_fetched(ByteRange range, std::span<const std::byte> bytes, Reservation& reserved) {
  for (const auto& gap : only_remote(range)) {
    const auto start = static_cast<std::size_t>(gap.begin - range.begin);
    if (auto ok = file_.write(gap.begin, bytes.subspan(start, static_cast<std::size_t>(gap.size()))); !ok)
      return ok;
    present_.add(gap);
    reserved.keep(gap.size());
  }
  return {};
}

Result<std::unique_ptr<Spool>> Spool::create(std::shared_ptr<SpoolDirectory> directory,
                                             std::uint64_t remote_size, Fetch fetch) {
  auto file = SparseFile::create(directory->folder());
  if (!file) return fail(std::move(file));
  return std::unique_ptr<Spool>(new Spool(
      std::make_unique<Impl>(std::move(directory), std::move(*file), remote_size, std::move(fetch))));
}

Spool::Spool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Spool::~Spool() = default;

std::uint64_t Spool::size() const { return impl_->size(); }
Result<std::size_t> Spool::read_at(std::uint64_t offset, std::span<std::byte> out, const OpContext& ctx) {
  return impl_->read_at(offset, out, ctx);
}
Status Spool::write_at(std::uint64_t offset, std::span<const std::byte> data, const OpContext& ctx) {
  return impl_->write_at(offset, data, ctx);
}
Status Spool::truncate(std::uint64_t new_size, const OpContext&) { return impl_->truncate(new_size); }
Status Spool::reserve(std::uint64_t offset, std::uint64_t length, bool extend, const OpContext& ctx) {
  if (length > kLargestFile || offset > kLargestFile - length) return too_large();
  return impl_->reserve({offset, offset + length}, extend, ctx);
}
Status Spool::zero(std::uint64_t offset, std::uint64_t length, bool extend, const OpContext&) {
  if (length > kLargestFile || offset > kLargestFile - length) return too_large();
  return impl_->zero({offset, offset + length}, extend);
}
Status Spool::complete(const OpContext& ctx) { return impl_->complete(ctx); }
Status Spool::read_local(std::uint64_t offset, std::span<std::byte> out) const {
  return impl_->read_local(offset, out);
}
std::uint64_t Spool::generation() const { return impl_->generation(); }

}  // namespace ftpsfs::cache
