#include "folder_contest.h"

#include <vector>

namespace ftpsfs::differential {

void empty(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) entries.push_back(entry.path());
  for (const auto& entry : entries) std::filesystem::remove_all(entry);
}

FolderContest::FolderContest(const std::filesystem::path& tested, const std::filesystem::path& reference)
    : tested_(tested), reference_(reference) {
  empty(tested);
  empty(reference);
  abilities_ = measure_abilities(tested);
}

}  // namespace ftpsfs::differential
