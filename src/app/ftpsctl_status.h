#pragma once

#include "mount_address.h"

namespace ftpsfs::app {

// run_status for a mount that is found already.
int show_status(const MountAddress& address, bool json);

}  // namespace ftpsfs::app
