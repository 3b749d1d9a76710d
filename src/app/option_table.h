#pragma once

#include <span>
#include <string_view>

#include "ftpsfs/app/options.h"
#include "ftpsfs/base/error.h"

namespace ftpsfs::app {

// One option of ours.
struct OptionSpec {
  std::string_view name;
  std::string_view
      argument;  // how help shows the value; empty: the option has none; "[=…]": it may be left out
  std::string_view help;
  base::Status (*apply)(Options& options, std::string_view value);  // an error completes "<name>: …"
};

std::span<const OptionSpec> option_table();

// Words that libfuse, fusermount3 and the kernel understand.
std::span<const std::string_view> kernel_words();

// Whether it is for mount(8), fstab or systemd and means nothing to a file system.
bool is_for_others(std::string_view name, bool has_value);

// Whether it is one of the ways in which people try to write a password.
bool is_password(std::string_view name);

}  // namespace ftpsfs::app
