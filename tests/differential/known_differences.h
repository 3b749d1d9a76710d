#pragma once

#include <string>

#include "folder.h"

namespace ftpsfs::differential {

// What a file system under test cannot do at all. Measured before the run, by trying.
struct Abilities {
  bool sets_modes = true;
  bool shows_modes = true;
  bool sets_times = true;
  bool makes_symlinks = true;
};

// With a few files that it makes and removes again.
Abilities measure_abilities(const std::filesystem::path& folder);
std::string to_text(const Abilities& abilities);

// The one place that knows where a mount may differ from a local folder, each with its reason. Everything else is a
// difference.
class KnownDifferences {
 public:
  explicit KnownDifferences(const Abilities& abilities) : abilities_(abilities) {}

  // True when the mount may refuse what the local folder has done; the local folder has to undo it then.
  bool may_refuse(const Operation& operation, int error) const;

  // Leaves of a status what both must show.
  Status comparable(Status status) const;

  // Both statuses, where the mount may keep an old time that the local folder has renewed.
  bool may_keep_time(const Operation& operation) const;

 private:
  Abilities abilities_;
};

}  // namespace ftpsfs::differential
