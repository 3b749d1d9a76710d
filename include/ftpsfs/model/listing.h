#pragma once

#include <utility>
#include <vector>

#include "ftpsfs/model/dir_entry.h"

namespace ftpsfs::model {

// A directory's entries in the server's order, without "." and ".." and without duplicates. It is a vector, because
// nearly everybody only walks through it.
struct Listing : std::vector<DirEntry> {
  using vector::vector;
  // Implicit on purpose: any list of entries is a complete listing unless somebody says otherwise.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Listing(std::vector<DirEntry> entries) : vector(std::move(entries)) {}

  // False: the server cut it short, and a name that is not in it may exist all the same.
  bool complete = true;
};

}  // namespace ftpsfs::model
