#pragma once

#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// What a program that mounts may read as the target of the symlink `link`, a path on the server below `root`, which is
// what the mount shows. A target inside of `root` comes back in a form that stays inside: absolute ones become relative,
// and ".." only stands at the front, where no other link can lead it elsewhere. not_permitted for targets outside: they
// would be taken for paths of this machine.
base::Result<std::string> target_inside(const model::RemotePath& root, const model::RemotePath& link,
                                        std::string_view target);

}  // namespace ftpsfs::remote
