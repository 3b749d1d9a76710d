#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "folder.h"
#include "known_differences.h"

namespace ftpsfs::differential {

struct Difference {
  std::size_t position = 0;  // of the operation that showed it
  std::string description;
};

// A file system under test and a reference, both empty at first.
class Contest {
 public:
  virtual ~Contest() = default;

  virtual Subject& tested() = 0;
  virtual Folder& reference() = 0;
  virtual Abilities abilities() const = 0;

  // Where the files of the file system under test are kept, when one can look there: on the server.
  virtual std::optional<std::filesystem::path> store() const { return std::nullopt; }

  // Whether what is closed is there; otherwise only what is synced.
  virtual bool close_stores() const { return true; }

  // Everything is closed. A description when something is wrong.
  virtual std::optional<std::string> remount() { return std::nullopt; }

  // What the file system under test has logged.
  virtual std::string log() { return {}; }
};

using MakeContest = std::function<std::unique_ptr<Contest>()>;

// Does everything in both and compares; ends at the first difference. `watch` is told before each operation.
using Watch = std::function<void(const Operation&)>;
std::optional<Difference> compare(Contest& contest, std::span<const Operation> operations,
                                  const Watch& watch = nullptr);

// A shorter sequence that differs, too (perhaps in another way), found by dropping ever smaller pieces. Tries at most
// `most_tries` sequences, each in a new contest.
std::vector<Operation> shrink(const MakeContest& make, std::vector<Operation> operations,
                              std::size_t most_tries);

}  // namespace ftpsfs::differential
