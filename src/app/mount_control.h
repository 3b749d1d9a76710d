#pragma once

// The side of a mount that answers ftpsctl.

#include <functional>
#include <memory>
#include <optional>

#include "ftpsfs/app/mount.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/control/server.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/writeback/writeback_fs.h"

namespace ftpsfs::app {

// What is asked of WritebackFs; its contract holds for both.
struct WritebackAccess {
  std::function<writeback::Report()> report;
  std::function<base::Status(const base::OpContext&)> settle;  // everything
  bool accepts = true;  // false: only what an earlier mount has left is uploaded
};

// `fs` must outlive the result.
inline WritebackAccess access_to(writeback::WritebackFs& fs, bool accepts) {
  return {.report = [&fs] { return fs.report(); },
          .settle = [&fs](const base::OpContext& ctx) { return fs.settle(model::RemotePath(), ctx); },
          .accepts = accepts};
}

using SharedCounters = std::shared_ptr<remote::FetchCounters>;

// The commands of a mount: "status" and "flush" (control/messages.h). Without `writeback` nothing waits. `counters` is
// never null.
control::Handlers mount_handlers(const MountConfig& config, std::optional<WritebackAccess> writeback,
                                 SharedCounters counters);

// Serves them at the mount's control socket as long as it lives. To be made once the mount is there. A socket that
// cannot be made is a warning in the log: the mount works without.
class MountControl {
 public:
  MountControl(const MountConfig& config, std::optional<WritebackAccess> writeback, SharedCounters counters);

 private:
  std::unique_ptr<control::Server> server_;  // null without a socket
};

}  // namespace ftpsfs::app
