#pragma once

#include <string>

#include "folder.h"

namespace ftpsfs::differential {

// What a file system under test cannot do at all. Measured before the run, by trying.
struct Abilities {
  bool sets_modes = true;
  bool shows_modes = true;
  bool sets_times = true;
  bool renews_empty_files = true;  // the time, when nothing is stored in what was empty
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

  // The time that the local folder has to take over: to truncate a file to the size that it has costs the mount no
  // upload and leaves the time alone, which local file systems renew. `before` is the local folder's file.
  std::optional<std::int64_t> kept_time(const Operation& operation, const std::optional<Status>& before,
                                        const Outcome& tested) const;

 private:
  Abilities abilities_;
};

}  // namespace ftpsfs::differential
