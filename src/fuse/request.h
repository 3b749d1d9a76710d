#pragma once

#include <exception>
#include <functional>
#include <new>
#include <stop_token>
#include <string_view>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "libfuse.h"
#include "session_context.h"

namespace ftpsfs::fuse {

// What a request may be stopped by, and how long it may take.
enum class RequestKind {
  question,  // lookup, read, …: a signal to the program or the end of the mount stops it
  change,    // rename, mkdir, …: goes on to its deadline when the mount ends
  upload,    // flush, fsync, …: the same with the long deadline, and routine signals do not count
  farewell,  // release: nobody waits for it, so nobody interrupts it
};

// One kernel request from arrival to reply. Not thread safe, except that an interrupt may come at any time.
class Request {
 public:
  Request(fuse_req_t handle, std::string_view operation, RequestKind kind);
  ~Request();  // a request that got no reply is answered with EIO: the program must not hang
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  fuse_req_t handle() const { return handle_; }
  vfs::Vfs& vfs() const { return session_.vfs; }
  const MountOptions& options() const { return session_.options; }
  const base::OpContext& ctx() const { return ctx_; }

  // Answers by `reply(fuse_req_t)`, one of fuse_reply_*, exactly once. False when the kernel did not take the answer,
  // because the program has been killed meanwhile: what the answer handed out must then be taken back.
  template <class Reply>
  [[nodiscard]] bool answer(Reply&& reply) {
    begin_reply();
    return std::forward<Reply>(reply)(handle_) == 0;
  }

  void succeed();                                                   // for operations without a result
  void fail(const base::Error& error, std::string_view name = {});  // logs; `name` is the file's
  void refuse(int errno_value);                                     // what this file system never does
  void finish(const base::Status& status, std::string_view name = {});

 private:
  struct Forward {
    std::stop_source stop;
    void operator()() { stop.request_stop(); }
  };

  static void on_interrupt(fuse_req_t handle, void* request);
  void begin_reply();
  void log_failure(const base::Error& error, std::string_view name) const;

  fuse_req_t handle_;
  std::string_view operation_;
  RequestKind kind_;
  SessionContext& session_;
  std::stop_source stop_;
  std::stop_callback<Forward> on_end_of_mount_;
  base::OpContext ctx_;
  bool answered_ = false;
};

// Runs one operation. libfuse is C, so no exception may pass it: out of memory becomes ENOMEM, a bug EIO.
template <class Body>
void serve(fuse_req_t handle, std::string_view operation, RequestKind kind, Body&& body);

void log_exception(std::string_view operation, const std::exception& bug);

template <class Body>
void serve(fuse_req_t handle, std::string_view operation, RequestKind kind, Body&& body) {
  Request request(handle, operation, kind);
  try {
    std::forward<Body>(body)(request);
  } catch (const std::bad_alloc&) {
    request.refuse(ENOMEM);
  } catch (const std::exception& bug) {
    log_exception(operation, bug);
    request.refuse(EIO);
  }
}

}  // namespace ftpsfs::fuse
