#include "mount_arguments.h"

#include <new>

namespace ftpsfs::fuse {

MountArguments::MountArguments(const MountOptions& options) {
  add("ftpsfs");
  add("-ofsname=" + escape_option(options.source));
  add("-osubtype=ftpsfs");
  for (const std::string& option : options.kernel_options) add("-o" + escape_option(option));
  if (options.debug_requests) add("-d");
}

MountArguments::~MountArguments() { fuse_opt_free_args(&arguments_); }

void MountArguments::add(const std::string& argument) {
  if (fuse_opt_add_arg(&arguments_, argument.c_str()) != 0) throw std::bad_alloc();
}

std::string escape_option(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == ',' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace ftpsfs::fuse
