#include "ftpsfs/cache/local_copies.h"

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "byte_budget.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/base/mutex.h"
#include "growing_copy.h"
#include "sparse_file.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Status;
using model::FileVersion;
using model::RemotePath;

namespace {

// What tells nothing of the file.
bool may_pass(Errc code) {
  return code == Errc::busy || code == Errc::cancelled || code == Errc::timed_out ||
         code == Errc::connection_lost;
}

}  // namespace

class LocalCopies::Impl {
 public:
  Impl(remote::RemoteFs& remote, std::filesystem::path folder, const LocalCopiesOptions& options,
       const base::Clock& clock)
      : remote_(remote),
        folder_(std::move(folder)),
        options_(options),
        clock_(clock),
        budget_(options.budget) {}

  std::unique_ptr<LocalCopy> begin(const RemotePath& path, const FileVersion& version);
  void want(const std::shared_ptr<GrowingCopy>& copy) FTPSFS_EXCLUDES(mutex_);
  std::uint64_t bytes_reserved() const { return budget_.used(); }

 private:
  class InUse;

  void work(const std::stop_token& ending) FTPSFS_EXCLUDES(mutex_);
  std::shared_ptr<GrowingCopy> next(const std::stop_token& ending) FTPSFS_EXCLUDES(mutex_);
  void run(GrowingCopy& copy, const std::stop_token& ending);
  Status fetch(GrowingCopy& copy, const GrowingCopy::Fetch& fetch);
  Status grow(GrowingCopy& copy, remote::ByteSource& source, const OpContext& ctx);

  remote::RemoteFs& remote_;
  const std::filesystem::path folder_;
  const LocalCopiesOptions options_;
  const base::Clock& clock_;
  ByteBudget budget_;

  // The only lock; never held while remote_ or a copy works.
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::shared_ptr<GrowingCopy>> waiting_ FTPSFS_GUARDED_BY(mutex_);  // bounded by the budget
  std::jthread thread_ FTPSFS_GUARDED_BY(mutex_);  // the last member: it ends before the others
};

// A reader's hold on a copy.
class LocalCopies::Impl::InUse final : public LocalCopy {
 public:
  InUse(Impl& copies, std::shared_ptr<GrowingCopy> copy) : copies_(copies), copy_(std::move(copy)) {}
  ~InUse() override {
    copy_->spoil();
    copy_->interrupt();
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

  bool read_at(std::uint64_t offset, std::span<std::byte> out) override {
    copies_.want(copy_);
    return copy_->read_at(offset, out);
  }
  void moved_to(RemotePath path) override { copy_->moved_to(std::move(path)); }
  void pause() override { copy_->interrupt(); }

 private:
  Impl& copies_;
  const std::shared_ptr<GrowingCopy> copy_;
};

std::unique_ptr<LocalCopy> LocalCopies::Impl::begin(const RemotePath& path, const FileVersion& version) {
  if (version.size > options_.largest_file) return nullptr;
  auto room = Reservation::take(budget_, version.size);
  if (!room) return nullptr;
  auto file = SparseFile::create(folder_);
  if (!file) return nullptr;
  auto copy = std::make_shared<GrowingCopy>(CopyFile{std::move(*file), std::move(*room)}, path, version,
                                            options_.counters);
  return std::make_unique<InUse>(*this, std::move(copy));
}

void LocalCopies::Impl::want(const std::shared_ptr<GrowingCopy>& copy) {
  if (!copy->wanted(clock_.now())) return;
  const MutexLock lock(mutex_);
  waiting_.push_back(copy);
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& ending) { work(ending); });
  changed_.notify_all();
}

void LocalCopies::Impl::work(const std::stop_token& ending) {
  while (const auto copy = next(ending)) run(*copy, ending);
}

std::shared_ptr<GrowingCopy> LocalCopies::Impl::next(const std::stop_token& ending) {
  const MutexLock lock(mutex_);
  while (waiting_.empty()) {
    if (!changed_.wait(mutex_, OpContext{.stop = ending}, "waiting for files to be copied")) return nullptr;
  }
  auto copy = std::move(waiting_.front());
  waiting_.pop_front();
  return copy;
}

void LocalCopies::Impl::run(GrowingCopy& copy, const std::stop_token& ending) {
  const auto begun = copy.begin_fetch();
  const std::stop_callback at_the_end(ending, [&copy] { copy.interrupt(); });
  const auto done = fetch(copy, begun);
  auto not_again_before = clock_.now();
  if (!done) {
    base::log("cache").debug("{} is not copied on: {}", base::printable(begun.path.str()),
                             done.error().describe());
    const bool moved = done.error().code == Errc::not_found && !copy.is_at(begun.path);
    if (!may_pass(done.error().code) && !moved) copy.spoil();
    not_again_before += options_.pause;
  }
  copy.end_fetch(not_again_before);
}

Status LocalCopies::Impl::fetch(GrowingCopy& copy, const GrowingCopy::Fetch& fetch) {
  if (copy.missing() == 0) return {};
  const OpContext unlimited{.stop = fetch.stop, .priority = base::Priority::background};
  const auto ctx = unlimited.with_time_limit(options_.progress_timeout);
  if (auto ok = remote_.warm_up(ctx); !ok) return ok;
  auto source = remote_.open_read(fetch.path, fetch.offset, copy.version(), ctx);
  if (!source) return fail(std::move(source));
  return grow(copy, **source, ctx);
}

Status LocalCopies::Impl::grow(GrowingCopy& copy, remote::ByteSource& source, const OpContext& ctx) {
  std::vector<std::byte> buffer(options_.chunk);
  while (const auto missing = copy.missing()) {
    if (!copy.read_since(clock_.now() - options_.patience)) return {};
    const auto room = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), missing));
    const auto count = source.read(room, ctx.with_time_limit(options_.progress_timeout));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(Errc::stale, "the file has become shorter");
    if (auto ok = copy.add(room.first(*count)); !ok) return ok;
  }
  return {};
}

LocalCopies::LocalCopies(remote::RemoteFs& remote, std::filesystem::path folder,
                         const LocalCopiesOptions& options, const base::Clock& clock)
    : impl_(std::make_unique<Impl>(remote, std::move(folder), options, clock)) {}
LocalCopies::~LocalCopies() = default;

std::unique_ptr<LocalCopy> LocalCopies::begin(const RemotePath& path, const FileVersion& version) {
  return impl_->begin(path, version);
}

std::uint64_t LocalCopies::bytes_reserved() const { return impl_->bytes_reserved(); }

}  // namespace ftpsfs::cache
