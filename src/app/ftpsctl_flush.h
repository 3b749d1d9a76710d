#pragma once

#include "mount_address.h"

namespace ftpsfs::app {

// run_flush for a mount that is found already. A stop leaves the mount alone, as the deadline does.
int flush_mount(const MountAddress& address, const base::OpContext& ctx);

}  // namespace ftpsfs::app
