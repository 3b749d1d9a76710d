#include "concurrent_upload.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::Error;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using remote::Stored;

namespace {

// A writer that pauses longer is not waited for: it may itself wait for the connection that this holds, and servers end
// a data channel that stands still.
constexpr std::chrono::seconds kLongestPause{5};

// For what has been stopped to clean up after itself.
constexpr std::chrono::seconds kAfterStop{3};

}  // namespace

ConcurrentUpload::ConcurrentUpload(std::shared_ptr<cache::Spool> spool, model::RemotePath path,
                                   remote::StoreOptions options, std::uint64_t written)
    : spool_(std::move(spool)), path_(std::move(path)), options_(std::move(options)), written_(written) {}

void ConcurrentUpload::before_change(std::uint64_t offset) {
  bool too_late = false;
  {
    const MutexLock lock(mutex_);
    // Once the end is known the flush covers what was written before it, and the file stays dirty for the rest.
    too_late = !end_ && offset < taken_;
    written_ = std::min(written_, offset);
  }
  if (too_late) abandon();
}

void ConcurrentUpload::after_change(std::uint64_t written) {
  {
    const MutexLock lock(mutex_);
    written_ = written;
  }
  changed_.notify_all();
}

void ConcurrentUpload::abandon() { stop_.request_stop(); }

std::optional<Error> ConcurrentUpload::take_lack_of_space() {
  const MutexLock lock(mutex_);
  if (!result_ || *result_ || space_told_) return std::nullopt;
  const Error& error = result_->error();
  if (error.code != Errc::no_space && error.code != Errc::quota_exceeded) return std::nullopt;
  space_told_ = true;
  return error;
}

Result<Stored> ConcurrentUpload::finish(std::uint64_t size, const std::optional<base::SystemTime>& modified,
                                        const std::optional<std::uint32_t>& mode, const OpContext& ctx) {
  MutexLock lock(mutex_);
  if (taken_ == 0 && !result_) {
    // It may wait for a connection, which an upload with the caller's deadline does better.
    stop_.request_stop();
    return fail(Errc::cancelled, "the upload has not begun");
  }
  options_.modified = modified;
  options_.mode = mode;
  end_ = size;
  changed_.notify_all();
  OpContext unhurried = ctx;
  unhurried.deadline = base::SteadyTime::max();
  while (!result_) {
    if (auto ok = changed_.wait(mutex_, unhurried, "waiting for the rest of an upload"); !ok) {
      stop_.request_stop();
      const auto cleanup = OpContext::for_cleanup(kAfterStop);
      while (!result_ && changed_.wait(mutex_, cleanup, "stopping an upload")) {
      }
      return fail(std::move(ok));
    }
  }
  return *result_;
}

Result<std::size_t> ConcurrentUpload::wait_for_bytes(std::uint64_t offset, std::size_t most,
                                                     const OpContext& ctx) {
  const OpContext patient = ctx.with_time_limit(kLongestPause);
  MutexLock lock(mutex_);
  for (;;) {
    if (stop_.stop_requested()) return fail(Errc::cancelled, "the file changed while it was uploaded");
    const std::uint64_t end = end_.value_or(written_);
    if (offset < end) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, end - offset));
      taken_ = std::max(taken_, offset + count);
      return count;
    }
    if (end_) return 0;
    if (auto ok = changed_.wait(mutex_, patient, "waiting for the writer of a file"); !ok)
      return fail(Errc::cancelled, "the writer pauses");
  }
}

Result<std::size_t> ConcurrentUpload::read(std::uint64_t offset, std::span<std::byte> out,
                                           const OpContext& ctx) {
  auto count = wait_for_bytes(offset, out.size(), ctx);
  if (!count || *count == 0) return count;
  if (auto ok = spool_->read_local(offset, out.first(*count)); !ok) return fail(std::move(ok));
  return count;
}

void ConcurrentUpload::run(remote::RemoteFs& remote) {
  OpContext ctx;
  ctx.stop = stop_.get_token();
  ctx.priority = base::Priority::background;
  remote::UploadContent content{.size = std::nullopt, .read_at = {}};
  content.read_at = [this](std::uint64_t offset, std::span<std::byte> out, const OpContext& limits) {
    return read(offset, out, limits);
  };
  auto stored = remote.store(path_, content, options_, ctx);
  if (!stored) {
    base::log("vfs").debug("{}: not uploaded while it is written: {}", base::printable(path_.str()),
                           stored.error().describe());
  }
  {
    const MutexLock lock(mutex_);
    result_ = std::move(stored);
  }
  changed_.notify_all();
}

ConcurrentUploads::~ConcurrentUploads() {
  std::vector<Run> ending;
  {
    const MutexLock lock(mutex_);
    ending = std::exchange(runs_, {});
  }
  for (const Run& run : ending) run.upload->abandon();
}

bool ConcurrentUploads::start(const std::shared_ptr<ConcurrentUpload>& upload) {
  const MutexLock lock(mutex_);
  std::erase_if(runs_, [](const Run& run) { return run.ended->load(); });
  if (runs_.size() >= most_) return false;
  auto ended = std::make_shared<std::atomic<bool>>(false);
  try {
    std::jthread thread([this, upload, ended] {
      upload->run(remote_);
      *ended = true;
    });
    runs_.push_back({upload, ended, std::move(thread)});
  } catch (const std::system_error&) {
    return false;  // no thread to be had: the flush uploads
  }
  return true;
}

}  // namespace ftpsfs::vfs
