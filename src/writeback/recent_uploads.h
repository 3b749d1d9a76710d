#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/dir_entry.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::writeback {

// What the server has made of the latest uploads: whoever has seen a file while it waited knows it by other attributes.
// Not thread safe.
class RecentUploads {
 public:
  struct Upload {
    std::uint64_t number = 0;  // later ones have higher numbers
    model::FileVersion shown;  // while it waited
    model::Attributes on_the_server;
  };

  // The number of the last one.
  std::uint64_t last() const { return last_; }

  void put(const model::RemotePath& path, model::FileVersion shown, model::Attributes on_the_server);
  const Upload* find(const model::RemotePath& path) const;

  // Those in a directory with a higher number.
  std::vector<model::DirEntry> since(const model::RemotePath& directory, std::uint64_t number) const;

  // This path and all below it have changed in another way.
  void forget(const model::RemotePath& path);

 private:
  std::map<std::string, Upload> uploads_;
  std::deque<std::pair<std::uint64_t, model::RemotePath>> order_;
  std::uint64_t last_ = 0;
};

}  // namespace ftpsfs::writeback
