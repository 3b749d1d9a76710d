#include "open_file.h"

#include <algorithm>
#include <chrono>

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using cache::Spool;

namespace {

base::SystemTime wall_clock() { return std::chrono::system_clock::now(); }

Status replaced_on_server() {
  return fail(Errc::stale, "the file was replaced on the server while it was open; open it again");
}

Spool::Fetch fetch_from(std::shared_ptr<RemoteContent> content) {
  return [content = std::move(content)](std::uint64_t offset, std::span<std::byte> out,
                                        const OpContext& ctx) -> Status {
    while (!out.empty()) {
      auto count = content->read_at(offset, out, ctx);
      if (!count) return fail(std::move(count));
      if (*count == 0) return fail(Errc::stale, "the file became shorter on the server");
      offset += *count;
      out = out.subspan(*count);
    }
    return {};
  };
}

}  // namespace

OpenFile::OpenFile(const FileServices& services, std::unique_ptr<Spool> empty, std::uint32_t permissions)
    : services_(services),
      created_here_(true),
      spool_(std::move(empty)),
      written_up_to_(0),
      written_(wall_clock()),
      postponed_permissions_(permissions) {}

// --- Turns ---

Result<OpenFile::Turn> OpenFile::take_turn(const OpContext& ctx) {
  MutexLock lock(mutex_);
  while (turn_taken_) {
    if (auto ok = changed_.wait(mutex_, ctx, "waiting for another writer of this file"); !ok) {
      return fail(std::move(ok));
    }
  }
  turn_taken_ = true;
  return Turn(*this);
}

void OpenFile::end_turn() {
  {
    MutexLock lock(mutex_);
    turn_taken_ = false;
  }
  changed_.notify_all();
}

// --- Handles ---

Epoch OpenFile::add_handle(bool writes) {
  MutexLock lock(mutex_);
  ++handles_;
  if (writes) ++writers_;
  return epoch_;
}

void OpenFile::remove_handle(bool writes) {
  MutexLock lock(mutex_);
  --handles_;
  if (writes) --writers_;
}

bool OpenFile::has_handles() const {
  MutexLock lock(mutex_);
  return handles_ > 0;
}

bool OpenFile::has_writers() const {
  MutexLock lock(mutex_);
  return writers_ > 0;
}

void OpenFile::expect_flush(bool expected) {
  MutexLock lock(mutex_);
  if (expected) {
    ++flushes_expected_;
  } else {
    --flushes_expected_;
  }
}

bool OpenFile::expects_flush() const {
  MutexLock lock(mutex_);
  return flushes_expected_ > 0;
}

// --- Content ---

void OpenFile::adopt(const model::RemotePath& path, const model::FileVersion& version, Moment asked) {
  std::shared_ptr<Spool> outdated;  // closed outside the lock
  MutexLock lock(mutex_);
  if (discarded_ || dirty() || turn_taken_ || asked < content_known_at_) return;
  content_known_at_ = asked;
  if (content_ && content_->version().may_equal(version)) {
    if (content_->version() != version) content_->renew(version);  // the same, but known more exactly
    return;
  }
  if (content_) ++epoch_;
  content_ = content_at(path, version);
  outdated = std::exchange(spool_, nullptr);
  saved_generation_.reset();
  written_up_to_.reset();
}

model::FileVersion OpenFile::version() const {
  MutexLock lock(mutex_);
  return content_ ? content_->version() : model::FileVersion{};
}

Result<std::size_t> OpenFile::read_at(Epoch epoch, std::uint64_t offset, std::span<std::byte> out,
                                      const OpContext& ctx) {
  std::shared_ptr<Spool> spool;
  std::shared_ptr<RemoteContent> content;
  {
    MutexLock lock(mutex_);
    if (epoch != epoch_) return fail(replaced_on_server());
    spool = spool_;
    content = content_;
    if (!spool && !content) return fail(Errc::stale, "the file is no longer on the server");
    if (!spool) ++remote_reads_;
  }
  if (spool) return spool->read_at(offset, out, ctx);
  auto count = content->read_at(offset, out, ctx);
  end_remote_read();
  return count;
}

void OpenFile::end_remote_read() {
  {
    MutexLock lock(mutex_);
    --remote_reads_;
  }
  changed_.notify_all();
}

Status OpenFile::write_at(Epoch epoch, std::uint64_t offset, std::span<const std::byte> data,
                          const OpContext& ctx) {
  return change(epoch,
                {.apply = [&](Spool& spool) { return spool.write_at(offset, data, ctx); },
                 .begin = [&](const Spool&) { return offset; },
                 .length = data.size()},
                ctx);
}

Status OpenFile::append(Epoch epoch, std::span<const std::byte> data, const OpContext& ctx) {
  return change(epoch,
                {.apply = [&](Spool& spool) { return spool.write_at(spool.size(), data, ctx); },
                 .begin = [](const Spool& spool) { return spool.size(); },
                 .length = data.size()},
                ctx);
}

Status OpenFile::truncate(std::uint64_t size, const OpContext& ctx) {
  return change(std::nullopt,
                {.apply = [&](Spool& spool) { return spool.truncate(size, ctx); },
                 .begin = [&](const Spool&) { return size; },
                 .truncates = true},
                ctx);
}

// Under a turn. What is about to change is not sent to the server, and has not been, or that upload ends.
Status OpenFile::apply(const Change& change, Spool& spool) {
  const std::uint64_t begin = change.begin(spool);
  std::optional<std::uint64_t> written;
  std::shared_ptr<ConcurrentUpload> upload;
  {
    const MutexLock lock(mutex_);
    changed_from_ = std::min(changed_from_, begin);
    written = written_up_to_;
    if (written_up_to_) written_up_to_ = std::min(*written_up_to_, begin);
    upload = concurrent_;
  }
  if (upload) upload->before_change(begin);
  const auto done = change.apply(spool);

  const MutexLock lock(mutex_);
  if (done && change.truncates) {
    if (written) written = std::min(*written, begin);
    if (begin == 0) {
      end_concurrent_upload();
      written = 0;
      concurrent_tried_ = false;
    }
  } else if (done && written && begin <= *written) {
    written = std::max(*written, begin + change.length);
  }
  written_up_to_ = written;
  if (concurrent_ && written) concurrent_->after_change(*written);
  return done;
}

Status OpenFile::change(std::optional<Epoch> epoch, const Change& wanted, const OpContext& ctx) {
  auto turn = take_turn(ctx);
  if (!turn) return fail(std::move(turn));
  auto spool = spool_for_change(epoch);
  if (!spool) return fail(std::move(spool));
  if (auto ok = apply(wanted, **spool); !ok) return ok;
  MutexLock lock(mutex_);
  written_ = wall_clock();
  postponed_modified_.reset();
  return {};
}

// Under a turn, hence nobody else makes a spool meanwhile, nor replaces the content.
Result<std::shared_ptr<Spool>> OpenFile::spool_for_change(std::optional<Epoch> epoch) {
  std::shared_ptr<RemoteContent> content;
  {
    MutexLock lock(mutex_);
    if (epoch && *epoch != epoch_) return fail(replaced_on_server());
    if (spool_) return spool_;
    content = content_;
  }
  if (!content) return fail(Errc::stale, "the file is no longer on the server");
  const std::uint64_t size = content->version().size;
  auto created = Spool::create(services_.spools, size, fetch_from(content));
  if (!created) return fail(std::move(created));
  MutexLock lock(mutex_);
  spool_ = std::move(*created);
  saved_generation_ = spool_->generation();
  left_on_server_ = size;
  changed_from_ = unsaved_from_ = kNowhere;
  append_failed_ = append_is_open_ = false;
  return spool_;
}

std::uint64_t OpenFile::size() const {
  MutexLock lock(mutex_);
  if (spool_) return spool_->size();
  return content_ ? content_->version().size : 0;
}

// --- What the server lacks ---

bool OpenFile::dirty() const { return spool_ && !discarded_ && saved_generation_ != spool_->generation(); }

LocalView OpenFile::view() const {
  MutexLock lock(mutex_);
  LocalView view;
  view.on_server = !created_here_;
  view.answers_alone = discarded_ || dirty() || !view.on_server;
  if (view.answers_alone) {
    if (spool_) view.size = spool_->size();
    view.modified = written_;
  }
  if (postponed_modified_) view.modified = postponed_modified_;
  view.permissions = postponed_permissions_;
  return view;
}

bool OpenFile::on_server() const {
  MutexLock lock(mutex_);
  return !created_here_;
}

bool OpenFile::may_be_on_server() const {
  MutexLock lock(mutex_);
  return !created_here_ || upload_tried_;
}

bool OpenFile::has_unsaved() const {
  MutexLock lock(mutex_);
  return !discarded_ && (dirty() || postponed_modified_);
}

bool OpenFile::postpone_modified(base::SystemTime modified) {
  MutexLock lock(mutex_);
  if (!dirty() && !discarded_) return false;
  postponed_modified_ = modified;
  return true;
}

bool OpenFile::postpone_permissions(std::uint32_t permissions) {
  MutexLock lock(mutex_);
  if (!created_here_ && !discarded_) return false;
  postponed_permissions_ = permissions;
  return true;
}

// --- Names ---

void OpenFile::moved_to(const model::RemotePath& path) {
  MutexLock lock(mutex_);
  if (content_) content_->moved_to(path);
}

void OpenFile::pause() {
  if (const auto paused = content()) paused->pause();
}

std::shared_ptr<RemoteContent> OpenFile::content() const {
  MutexLock lock(mutex_);
  return content_;
}

std::shared_ptr<RemoteContent> OpenFile::content_at(const model::RemotePath& path,
                                                    const model::FileVersion& version) const {
  return std::make_shared<RemoteContent>(services_.remote, path, version, services_.reading,
                                         services_.copies);
}

Status OpenFile::keep_for_handles(std::uint64_t limit, const OpContext& ctx) {
  {
    MutexLock lock(mutex_);
    if (handles_ == 0) return {};
    const bool too_much = spool_ ? left_on_server_ > limit : content_ && content_->version().size > limit;
    if (too_much) return {};
  }
  auto spool = spool_for_change(std::nullopt);
  if (!spool) return fail(std::move(spool));
  if (auto ok = (*spool)->complete(ctx); !ok) return ok;
  return wait_for_readers(ctx);
}

void OpenFile::discard() {
  MutexLock lock(mutex_);
  discarded_ = true;
  end_concurrent_upload();
  if (content_) content_->close();
}

bool OpenFile::discarded() const {
  MutexLock lock(mutex_);
  return discarded_;
}

}  // namespace ftpsfs::vfs
