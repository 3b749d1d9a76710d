#pragma once

#include "contest.h"

namespace ftpsfs::differential {

// Two folders that are there already, say a mount made by hand and a local one. Both are emptied first.
class FolderContest : public Contest {
 public:
  FolderContest(const std::filesystem::path& tested, const std::filesystem::path& reference);

  Subject& tested() override { return tested_; }
  Folder& reference() override { return reference_; }
  Abilities abilities() const override { return abilities_; }

 private:
  Folder tested_;
  Folder reference_;
  Abilities abilities_;
};

// Removes what is in a folder, and leaves the folder.
void empty(const std::filesystem::path& folder);

}  // namespace ftpsfs::differential
