#include "request.h"

#include <fmt/format.h>

#include <cerrno>

#include "ftpsfs/base/log.h"
#include "interrupt.h"

namespace ftpsfs::fuse {
namespace {

SessionContext& session_of(fuse_req_t handle) {
  return *static_cast<SessionContext*>(fuse_req_userdata(handle));
}

std::stop_token end_of_mount(const SessionContext& session, RequestKind kind) {
  const auto& source = kind == RequestKind::question ? session.end_of_questions : session.end_of_changes;
  return source.get_token();
}

std::chrono::milliseconds time_limit(const MountOptions& options, RequestKind kind) {
  const bool is_upload = kind == RequestKind::upload || kind == RequestKind::farewell;
  return is_upload ? options.upload_timeout : options.operation_timeout;
}

// Errors that answer the program's question about the tree; the others are worth a person's look.
bool is_expected(base::Errc code) {
  using base::Errc;
  switch (code) {
    case Errc::not_found:
    case Errc::exists:
    case Errc::not_empty:
    case Errc::not_a_directory:
    case Errc::is_a_directory:
    case Errc::not_permitted:
    case Errc::read_only:
    case Errc::name_invalid:
    case Errc::name_too_long:
    case Errc::invalid_argument:
    case Errc::not_supported:
    case Errc::cancelled: return true;
    default: return false;
  }
}

}  // namespace

Request::Request(fuse_req_t handle, std::string_view operation, RequestKind kind)
    : handle_(handle),
      operation_(operation),
      kind_(kind),
      session_(session_of(handle)),
      on_end_of_mount_(end_of_mount(session_, kind), Forward{stop_}),
      ctx_(base::OpContext::with_timeout(time_limit(session_.options, kind), stop_.get_token())) {
  if (kind_ != RequestKind::farewell) fuse_req_interrupt_func(handle_, &Request::on_interrupt, this);
}

Request::~Request() {
  if (answered_) return;
  base::log("fuse").error("{} was left without an answer", operation_);
  refuse(EIO);
}

// libfuse calls this with the request's lock held, so it cannot run once begin_reply has passed.
void Request::on_interrupt(fuse_req_t handle, void* request) {
  auto& self = *static_cast<Request*>(request);
  if (self.kind_ == RequestKind::upload && only_routine_signals_pending(fuse_req_ctx(handle)->pid)) return;
  self.stop_.request_stop();
}

void Request::begin_reply() {
  answered_ = true;
  if (kind_ != RequestKind::farewell) fuse_req_interrupt_func(handle_, nullptr, nullptr);
}

void Request::refuse(int errno_value) {
  if (answered_) return;
  begin_reply();
  fuse_reply_err(handle_, errno_value);
}

void Request::succeed() { refuse(0); }

void Request::fail(const base::Error& error, std::string_view name) {
  log_failure(error, name);
  refuse(to_errno(error));
}

void Request::finish(const base::Status& status, std::string_view name) {
  if (status) {
    succeed();
  } else {
    fail(status.error(), name);
  }
}

void Request::log_failure(const base::Error& error, std::string_view name) const {
  const auto level = is_expected(error.code) ? spdlog::level::debug : spdlog::level::warn;
  auto& logger = base::log("fuse");
  if (!logger.should_log(level)) return;
  const std::string about = name.empty() ? std::string() : fmt::format(" of \"{}\"", base::printable(name));
  logger.log(level, "{}{} failed: {}", operation_, about, error.describe());
}

void log_exception(std::string_view operation, const std::exception& bug) {
  base::log("fuse").error("{} failed by a bug in ftpsfs: {}", operation, bug.what());
}

}  // namespace ftpsfs::fuse
