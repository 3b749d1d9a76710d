#pragma once

#include <string>

#include "ftpsfs/model/attributes.h"

namespace ftpsfs::model {

// One line of a listing. The name satisfies model::check_name.
struct DirEntry {
  std::string name;
  Attributes attributes;

  friend bool operator==(const DirEntry&, const DirEntry&) = default;
};

}  // namespace ftpsfs::model
