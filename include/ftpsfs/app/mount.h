#pragma once

// The composition root: puts the layers together, mounts, and takes everything down in order.

#include <filesystem>
#include <functional>

#include "ftpsfs/app/credentials.h"
#include "ftpsfs/app/options.h"
#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

struct MountConfig {
  Source source;
  Options options;
  std::filesystem::path mount_point;  // absolute
};

// Logs in and looks at the source's root before it mounts, serves until the mount ends, uploads what is still dirty.
// `ready` is called once, when the mount answers. Blocks; no thread is left when it returns. An error before `ready`
// says why there is no mount, one after it what was lost.
base::Status run_mount(const MountConfig& config, Credentials&& credentials,
                       const std::function<void()>& ready);

}  // namespace ftpsfs::app
