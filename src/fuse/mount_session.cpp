#include "ftpsfs/fuse/mount_session.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "end_signals.h"
#include "end_watch.h"
#include "ftpsfs/base/log.h"
#include "libfuse.h"
#include "libfuse_log.h"
#include "mount_arguments.h"
#include "mount_point.h"
#include "operations.h"
#include "session_context.h"

namespace ftpsfs::fuse {
namespace {

struct DestroySession {
  void operator()(fuse_session* session) const { fuse_session_destroy(session); }
};
using SessionPtr = std::unique_ptr<fuse_session, DestroySession>;

struct DestroyLoopConfig {
  void operator()(fuse_loop_config* config) const { fuse_loop_cfg_destroy(config); }
};
using LoopConfigPtr = std::unique_ptr<fuse_loop_config, DestroyLoopConfig>;

base::Status check_environment(const MountOptions& options) {
  if (auto status = check_mount_point(options.mount_point); !status) return status;
  return check_fuse(options.kernel_options);
}

std::unexpected<base::Error> libfuse_error(std::string_view what) {
  const std::string reason = take_libfuse_error();
  return base::fail(base::Errc::not_permitted,
                    reason.empty() ? std::string(what) : fmt::format("{}: {}", what, reason));
}

LoopConfigPtr make_loop_config(unsigned max_threads) {
  LoopConfigPtr config(fuse_loop_cfg_create());
  if (!config) throw std::bad_alloc();
  fuse_loop_cfg_set_max_threads(config.get(), max_threads);
  return config;
}

}  // namespace

class MountSession::Impl {
 public:
  Impl(vfs::Vfs& vfs, const MountOptions& options, EndSignals signals)
      : context_{.vfs = vfs, .options = options, .end_of_questions = {}, .end_of_changes = {}, .ready = {}},
        signals_(std::move(signals)) {}

  ~Impl() {
    if (mounted_) fuse_session_unmount(session_.get());
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Status mount() {
    MountArguments arguments(context_.options);
    const fuse_lowlevel_ops operations = all_operations();
    session_.reset(fuse_session_new(arguments.get(), &operations, sizeof operations, &context_));
    if (!session_) return libfuse_error("libfuse refuses the mount options");
    if (fuse_session_mount(session_.get(), context_.options.mount_point.c_str()) != 0) {
      return libfuse_error(
          fmt::format("cannot mount on {}", base::printable(context_.options.mount_point.native())));
    }
    mounted_ = true;
    return {};
  }

  base::Status run(const std::function<void()>& ready) {
    context_.ready = ready;
    const LoopConfigPtr config = make_loop_config(context_.options.max_threads);
    const EndWatch watch(session_.get(), context_, signals_);
    const int result = fuse_session_loop_mt(session_.get(), config.get());
    if (result == 0) return {};
    return base::fail(base::Errc::internal, fmt::format("the connection to the kernel failed: {}",
                                                        std::strerror(std::abs(result))));
  }

  void stop() const { signals_.raise(); }

 private:
  SessionContext context_;
  EndSignals signals_;
  SessionPtr session_;
  bool mounted_ = false;
};

base::Result<std::unique_ptr<MountSession>> MountSession::mount(vfs::Vfs& vfs, const MountOptions& options) {
  route_libfuse_log();
  if (auto status = check_environment(options); !status) return base::fail(std::move(status));
  auto signals = EndSignals::install();
  if (!signals) return base::fail(std::move(signals));
  auto impl = std::make_unique<Impl>(vfs, options, std::move(*signals));
  if (auto status = impl->mount(); !status) return base::fail(std::move(status));
  return std::unique_ptr<MountSession>(new MountSession(std::move(impl)));
}

MountSession::MountSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MountSession::~MountSession() = default;

base::Status MountSession::run(const std::function<void()>& ready) { return impl_->run(ready); }

void MountSession::stop() { impl_->stop(); }

}  // namespace ftpsfs::fuse
