#include "uploader.h"

#include <signal.h>

#include <limits>

#include "upload_attempt.h"

namespace ftpsfs::writeback {

using base::OpContext;
using base::Priority;

namespace {

// Bytes whose transfer takes hardly longer than the round trips of any upload.
constexpr std::uint64_t kLongestShort = 256 << 10;

// In this thread and those that it makes: signals are for those that wait for them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &previous_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t previous_{};
};

}  // namespace

Uploader::Uploader(remote::RemoteFs& remote, Ledger& ledger, const WritebackOptions& options)
    : remote_(remote), ledger_(ledger), attempt_timeout_(options.attempt_timeout) {
  const SignalsBlocked while_they_begin;
  start_threads(options.most_uploads, std::numeric_limits<std::uint64_t>::max());
  start_threads(options.more_short_uploads, kLongestShort);
}

void Uploader::start_threads(std::size_t count, std::uint64_t longest) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, longest](const std::stop_token& stop) { work(longest, stop); });
  }
}

Uploader::~Uploader() {
  ledger_.stop();
  for (auto& thread : threads_) thread.request_stop();
}

void Uploader::work(std::uint64_t longest, const std::stop_token& stop) {
  while (const auto task = ledger_.next(longest, stop)) perform(*task);
}

void Uploader::perform(const UploadTask& task) {
  if (!task.data) return ledger_.failed(task, task.data.error());
  OpContext ctx = OpContext::with_timeout(attempt_timeout_, task.stop);
  ctx.priority = task.urgent ? Priority::foreground : Priority::deferred;
  const UploadAttempt attempt(remote_, task.record, *task.data, task.earlier, attempt_timeout_);

  const auto findings = attempt.look(ctx);
  if (!findings) return ledger_.failed(task, findings.error());
  if (findings->finding == Finding::changed) {
    const auto aside = attempt.free_path_beside(ctx);
    return aside ? ledger_.moved_aside(task, *aside) : ledger_.failed(task, aside.error());
  }
  if (findings->finding == Finding::may_upload) {
    if (const auto begun = ledger_.begin(task); !begun) return ledger_.failed(task, begun.error());
  }
  const auto result = findings->finding == Finding::arrived ? attempt.complete(*findings->there, ctx)
                                                            : attempt.upload(*findings, ctx);
  return result ? ledger_.succeeded(task, *result) : ledger_.failed(task, result.error());
}

}  // namespace ftpsfs::writeback
