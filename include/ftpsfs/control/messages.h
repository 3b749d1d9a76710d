#pragma once

// What a mount and ftpsctl tell each other, and its form in JSON. New fields may be added; a reader takes the default
// for one that is missing. Names that are not UTF-8 get U+FFFD where they are not.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::control {

// What has not reached the server yet: the progress of `flush`.
struct Remaining {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// File contents, in bytes, since the mount began.
struct Fetched {
  std::uint64_t bytes = 0;
  std::uint64_t unused = 0;  // of these: nobody has read them
};

struct WaitingFile {
  std::string path;  // in the mount, from its root
  std::uint64_t size = 0;
  bool uploading = false;
  std::uint64_t failures = 0;
  std::string last_error;  // empty before the first
};

// What the server will not take.
struct LostFile {
  std::string path;  // where it should have gone
  std::string kept;  // where its content is, on this machine
  std::string reason;
  base::SystemTime when;  // to the second
};

// The result of `status`.
struct MountStatus {
  std::string mount_point;
  std::string source;
  base::SystemTime since;  // to the second
  bool writeback = false;
  Fetched fetched;
  Remaining waiting;
  std::vector<WaitingFile> waiting_files;  // the oldest first
  std::uint64_t lost = 0;                  // how many
  std::vector<LostFile> lost_files;
};

// The result of `flush`.
struct FlushOutcome {
  std::string error;   // why something has not reached the server; empty when all has
  MountStatus status;  // afterwards
};

// As many of its files are listed, at most; fewer if their names or errors are very long. `waiting` and `lost` count all.
inline constexpr std::size_t kMostListed = 10'000;

enum class JsonForm { line, indented };

std::string to_json(const Remaining& remaining);
std::string to_json(const MountStatus& status, JsonForm form = JsonForm::line);
std::string to_json(const FlushOutcome& outcome);

// protocol_error when it is something else.
base::Result<Remaining> parse_remaining(std::string_view json);
base::Result<MountStatus> parse_status(std::string_view json);
base::Result<FlushOutcome> parse_flush_outcome(std::string_view json);

}  // namespace ftpsfs::control
