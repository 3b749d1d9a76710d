#pragma once

// Copies of files in which programs read here and there. Each such read costs several round trips, so that a file of
// moderate size is sooner here as a whole than its next few pieces.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::cache {

struct LocalCopiesOptions {
  std::uint64_t largest_file = 128ULL << 20;  // bytes: five seconds at 200 Mbit/s
  std::uint64_t budget = 256ULL << 20;        // bytes of local disk, all copies together
  std::size_t chunk = 256 << 10;              // bytes per read of the source
  std::chrono::milliseconds patience{
      2'000};  // a copy that nobody reads for so long stands still until somebody does
  std::chrono::milliseconds pause{500};  // after a failure that may pass
  std::chrono::milliseconds progress_timeout{30'000};
  std::shared_ptr<remote::FetchCounters> counters = std::make_shared<remote::FetchCounters>();  // never null
};

// The copy of one version of one file, which grows from its beginning to its end. Thread safe.
class LocalCopy {
 public:
  virtual ~LocalCopy() = default;  // gives the disk back; does not block on the network

  // Fills `out` if all of it is here. Each call tells that the file is being read, and so keeps the copy growing. Reads
  // the local disk, never the network.
  virtual bool read_at(std::uint64_t offset, std::span<std::byte> out) = 0;

  virtual void moved_to(model::RemotePath path) = 0;

  // Ends the transfer under way, soon but perhaps after the return; the next read lets the copy grow on.
  virtual void pause() = 0;
};

// All copies of a mount. Thread safe; no lock is held while `remote` or the disk works.
//
// One file is copied at a time, by a thread that starts with the first copy, with background priority: programs go first,
// and a copy that gets no session waits. Its errors are nobody's, and whoever reads meanwhile asks the server.
class LocalCopies {
 public:
  // `remote` and `clock` must outlive this object, and this object its copies. Copies are nameless files in `folder`.
  LocalCopies(remote::RemoteFs& remote, std::filesystem::path folder, const LocalCopiesOptions& options,
              const base::Clock& clock);
  ~LocalCopies();

  // Begins a copy. Null when the file is too large, or there is no room.
  std::unique_ptr<LocalCopy> begin(const model::RemotePath& path, const model::FileVersion& version);

  std::uint64_t bytes_reserved() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::cache
