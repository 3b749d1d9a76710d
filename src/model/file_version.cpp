#include "ftpsfs/model/file_version.h"

namespace ftpsfs::model {

FileVersion FileVersion::of(const Attributes& attributes) {
  FileVersion version;
  version.size = attributes.size.value_or(0);
  if (attributes.precision == TimePrecision::second) version.modified = attributes.modified;
  version.unique_id = attributes.unique_id;
  return version;
}

bool FileVersion::may_equal(const FileVersion& other) const {
  if (size != other.size) return false;
  if (modified && other.modified && *modified != *other.modified) return false;
  return unique_id.empty() || other.unique_id.empty() || unique_id == other.unique_id;
}

}  // namespace ftpsfs::model
