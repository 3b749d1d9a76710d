#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/writeback/writeback_fs.h"

namespace ftpsfs::writeback {

// A folder for people: the contents that could not go where they should, under their own names, and INDEX.txt, which
// says of each when, where it should have gone, and why it could not. Whoever takes a content away has dealt with it.
// One thread at a time may add; anybody may list.
class LostAndFound {
 public:
  explicit LostAndFound(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Gives `file` a name here, too, durably; the caller removes the old one. Returns the new one. `path`: on the server.
  base::Result<std::filesystem::path> keep(const std::filesystem::path& file, const std::string& path,
                                           const std::string& name, const std::string& reason);

  // Of the index, what is still here, at most 10,000 of them.
  std::vector<LostFile> list() const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  base::Status prepare();
  base::Result<std::string> free_name(const std::string& wanted) const;

  const std::filesystem::path folder_;
};

}  // namespace ftpsfs::writeback
