// The part of OpenFile that takes an upload from the spool to the next clean state.

#include "open_file.h"

namespace ftpsfs::vfs {

using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using cache::Spool;

// Only where something of the rest would have to be fetched for the upload's sake.
std::optional<model::FileVersion> OpenFile::appends_to() const {
  if (!content_ || append_failed_ || left_on_server_ == 0) return std::nullopt;
  auto version = content_->version();
  const bool only_behind = std::min(changed_from_, unsaved_from_) >= version.size;
  return only_behind && spool_->size() > version.size ? std::optional(std::move(version)) : std::nullopt;
}

Result<std::optional<OpenFile::Upload>> OpenFile::prepare_upload(Extent extent, const OpContext& ctx) {
  Upload upload;
  {
    MutexLock lock(mutex_);
    if (!dirty()) return std::nullopt;
    upload.spool = spool_;
    if (extent == Extent::changed) upload.appends_to = appends_to();
  }
  if (!upload.appends_to) {
    if (auto ok = upload.spool->complete(ctx); !ok) return fail(std::move(ok));
  }
  // vsftpd locks files: a STOR waits for every RETR of the same path.
  if (auto ok = wait_for_readers(ctx); !ok) return fail(std::move(ok));

  MutexLock lock(mutex_);
  // A write or truncation may have come in between.
  if (upload.appends_to && upload.appends_to != appends_to()) {
    lock.unlock();
    return prepare_upload(Extent::whole, ctx);
  }
  if (!upload.appends_to) left_on_server_ = 0;
  unsaved_from_ = std::min(unsaved_from_, std::exchange(changed_from_, kNowhere));
  upload.creates = created_here_ && !upload_tried_;
  upload_tried_ = true;
  upload.generation = upload.spool->generation();
  upload.written = written_.value_or(base::SystemTime{});
  upload.modified = postponed_modified_;
  upload.permissions = postponed_permissions_;
  return upload;
}

// With a spool in place no new read of the server's file begins, so this ends when the present ones do.
Status OpenFile::wait_for_readers(const OpContext& ctx) {
  pause();
  {
    MutexLock lock(mutex_);
    while (remote_reads_ > 0) {
      if (auto ok = changed_.wait(mutex_, ctx, "waiting for readers of this file to stop"); !ok) return ok;
    }
  }
  pause();  // a read that was under way may have started the transfer again
  return {};
}

// --- Concurrent upload ---

bool OpenFile::due_for_concurrent_upload() const {
  const MutexLock lock(mutex_);
  return written_up_to_ && *written_up_to_ >= kConcurrentFrom && !concurrent_tried_ && !discarded_;
}

std::shared_ptr<ConcurrentUpload> OpenFile::begin_concurrent_upload(const model::RemotePath& path,
                                                                    const remote::StoreOptions& options) {
  const MutexLock lock(mutex_);
  if (!written_up_to_ || concurrent_tried_ || discarded_ || !spool_) return nullptr;
  concurrent_tried_ = true;
  concurrent_ = std::make_shared<ConcurrentUpload>(spool_, path, options, *written_up_to_);
  return concurrent_;
}

void OpenFile::drop_concurrent_upload(const std::shared_ptr<ConcurrentUpload>& upload) {
  const MutexLock lock(mutex_);
  if (concurrent_ != upload) return;
  concurrent_.reset();
  concurrent_tried_ = false;
}

std::shared_ptr<ConcurrentUpload> OpenFile::take_concurrent_upload() {
  const MutexLock lock(mutex_);
  return std::exchange(concurrent_, nullptr);
}

std::optional<base::Error> OpenFile::take_lack_of_space() {
  const MutexLock lock(mutex_);
  return concurrent_ ? concurrent_->take_lack_of_space() : std::nullopt;
}

void OpenFile::end_concurrent_upload() {
  if (const auto ended = std::exchange(concurrent_, nullptr)) ended->abandon();
}

void OpenFile::uploaded(const Upload& upload, const model::RemotePath& path,
                        const model::FileVersion& version, Moment now) {
  MutexLock lock(mutex_);
  created_here_ = false;
  saved_generation_ = upload.generation;
  unsaved_from_ = kNowhere;
  written_up_to_.reset();
  content_known_at_ = now;
  if (content_) {
    content_->renew(version);
  } else {
    content_ = content_at(path, version);
  }
  if (!dirty()) written_.reset();
}

void OpenFile::append_failed() {
  const MutexLock lock(mutex_);
  append_failed_ = append_is_open_ = true;
}

bool OpenFile::append_is_open() const {
  const MutexLock lock(mutex_);
  return append_is_open_;
}

void OpenFile::append_ended(const model::FileVersion& version, Moment now) {
  const MutexLock lock(mutex_);
  append_is_open_ = false;
  if (!content_ || !spool_) return;
  // Otherwise somebody else has been there, and what is fetched will be `stale`.
  const bool may_be_ours = version.size >= content_->version().size && version.size <= spool_->size();
  if (!may_be_ours) return;
  content_known_at_ = now;
  content_->renew(version);
}

std::optional<std::uint32_t> OpenFile::postponed_permissions() const {
  MutexLock lock(mutex_);
  return postponed_permissions_;
}

void OpenFile::drop_postponed_permissions(std::uint32_t applied) {
  MutexLock lock(mutex_);
  if (postponed_permissions_ == applied) postponed_permissions_.reset();
}

std::optional<base::SystemTime> OpenFile::postponed_modified() const {
  MutexLock lock(mutex_);
  return dirty() ? std::nullopt : postponed_modified_;
}

void OpenFile::drop_postponed_modified(base::SystemTime applied) {
  MutexLock lock(mutex_);
  if (postponed_modified_ == applied) postponed_modified_.reset();
}

void OpenFile::retouched(const model::FileVersion& version, Moment now) {
  MutexLock lock(mutex_);
  content_known_at_ = now;
  if (content_ && !discarded_) content_->renew(version);
}

void OpenFile::drop_saved_spool() {
  std::shared_ptr<Spool> saved;  // closed outside the lock
  MutexLock lock(mutex_);
  if (!spool_ || dirty() || discarded_ || turn_taken_ || writers_ > 0) return;
  saved = std::exchange(spool_, nullptr);
  saved_generation_.reset();
  written_up_to_.reset();
}

void OpenFile::undo(std::uint64_t generation) {
  std::shared_ptr<Spool> refused;  // closed outside the lock
  MutexLock lock(mutex_);
  if (!spool_ || !content_ || turn_taken_ || flushes_expected_ > 0 || spool_->generation() != generation)
    return;
  refused = std::exchange(spool_, nullptr);
  saved_generation_.reset();
  written_up_to_.reset();
  end_concurrent_upload();
  written_.reset();
}

std::uint64_t OpenFile::generation() const {
  MutexLock lock(mutex_);
  return spool_ ? spool_->generation() : 0;
}

}  // namespace ftpsfs::vfs
