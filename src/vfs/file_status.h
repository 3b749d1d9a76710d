#pragma once

#include <optional>

#include "ftpsfs/vfs/vfs.h"
#include "open_file.h"

namespace ftpsfs::vfs {

// All that is known of one inode at a moment.
struct InodeView {
  InodeId inode = 0;
  model::Attributes attributes;    // the newest that the server told
  std::optional<LocalView> local;  // of an open or unsaved file
  bool nameless = false;           // removed, or replaced by another

  // The server need not, or cannot, be asked.
  bool answers_alone() const { return nameless || (local && local->answers_alone); }
};

// What is shown where neither the server nor the mount knows better.
struct StatusDefaults {
  std::uint32_t file_mode = 0644;
  std::uint32_t directory_mode = 0755;
  base::SystemTime modified;
};

FileStatus status_of(const InodeView& view, const StatusDefaults& defaults);

// What is known of a file after the server told `fresh` attributes and `older` ones before. Nothing that was
// known gets lost: neither the mode to an answer without one, nor the seconds of a time to a listing that
// shows minutes.
model::Attributes updated(const model::Attributes& older, const model::Attributes& fresh);

}  // namespace ftpsfs::vfs
