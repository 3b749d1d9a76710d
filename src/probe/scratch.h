#pragma once

#include <string>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/model/remote_path.h"
#include "lab.h"

namespace ftpsfs::probe {

// A folder for trials on the server. Whoever makes something in it says so before, so that it can be removed although
// the connection was lost in between. Not thread safe.
class Scratch {
 public:
  // Makes ".ftpsfs-probe-XXXXXXXX" in `parent`; and removes it when the reply to that is lost, for it may be there.
  static base::Result<Scratch> make(Lab& lab, const model::RemotePath& parent);

  const model::RemotePath& path() const { return path_; }

  // A path in it that shall be removed in the end.
  model::RemotePath file(std::string_view name);

  // STOR (APPE), and its final reply.
  base::Status store(Lab& lab, const model::RemotePath& path, std::string_view bytes, bool append = false);

  // Removes all that was made, and the folder, also when time is up or the user has said stop. An error when the folder
  // is still there.
  base::Status remove(Lab& lab);

 private:
  explicit Scratch(model::RemotePath path) : path_(std::move(path)) {}

  model::RemotePath path_;
  std::vector<model::RemotePath> files_;
};

}  // namespace ftpsfs::probe
