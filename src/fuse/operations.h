#pragma once

#include "libfuse.h"

namespace ftpsfs::fuse {

// All operations, to be served with a SessionContext as user data.
fuse_lowlevel_ops all_operations();

// The themes they are written in; each fills its fields.
void add_session_operations(fuse_lowlevel_ops& operations);
void add_name_operations(fuse_lowlevel_ops& operations);
void add_attribute_operations(fuse_lowlevel_ops& operations);
void add_file_operations(fuse_lowlevel_ops& operations);
void add_directory_operations(fuse_lowlevel_ops& operations);

}  // namespace ftpsfs::fuse
