#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/listing.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// What a name beside the file that is stored is for.
enum class Temporary {
  upload,        // .ftpsfs-upload-<32 hex digits>
  plain_upload,  // the same without the dot, for servers that refuse or hide dot files
  old,           // .ftpsfs-old-<32 hex digits>: a file that makes room for its successor, for a moment
  plain_old,     // the same without the dot
};

// The temporary files of one mount on its server: their names, which of them exist, and which ones of other mounts are
// left over. Thread safe; knows no server.
//
// Names are short, whatever the file's own name is, and random, so that two mounts never meet. What a mount that ended
// for good has left of uploads can be told from everything else by the name alone, and by its age from what is still
// being uploaded. An `old` file is never taken for a left-over: it may be the last copy of something.
class TemporaryFiles {
 public:
  // Makes a name and counts it as existing until `gone`. name_too_long in a folder whose path leaves no room.
  base::Result<model::RemotePath> make(Temporary kind, const model::RemotePath& folder)
      FTPSFS_EXCLUDES(mutex_);
  void gone(const model::RemotePath& path) FTPSFS_EXCLUDES(mutex_);

  // Nobody could remove it from the server: it waits to be taken by whoever works in its folder next.
  void abandon(const model::RemotePath& path) FTPSFS_EXCLUDES(mutex_);
  std::vector<model::RemotePath> take_abandoned(const model::RemotePath& folder) FTPSFS_EXCLUDES(mutex_);

  // While the server lists a folder. A file may go before the answer that shows it has come.
  class Listing {
   public:
    explicit Listing(TemporaryFiles& files);
    ~Listing();
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;

    // Takes this mount's own out of the answer: nobody shall see, copy or open them.
    void hide_own(model::Listing& entries, const model::RemotePath& folder) const;

   private:
    TemporaryFiles& files_;
  };

  static bool is_upload(std::string_view name);

  // Left over by a mount that ended: named like an upload, and not written to for more than a day.
  static bool is_left_over(const model::DirEntry& entry, base::SystemTime now);

 private:
  mutable base::Mutex mutex_;
  std::map<model::RemotePath, bool> existing_ FTPSFS_GUARDED_BY(mutex_);  // true: abandoned
  std::size_t listings_ FTPSFS_GUARDED_BY(mutex_) = 0;                    // under way
  std::set<model::RemotePath> lately_gone_ FTPSFS_GUARDED_BY(mutex_);     // since the first of them began
};

}  // namespace ftpsfs::remote
