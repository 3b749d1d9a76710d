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

// The other direction: where a new symlink `link` has to lead, so that its target is read back as `target`. Both paths
// are the mount's. not_permitted for a target that the mount would never show: an absolute one, one that leaves the
// mount, or one that has a shorter form.
base::Result<model::RemotePath> destination_inside(const model::RemotePath& link, std::string_view target);

}  // namespace ftpsfs::remote
