#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace ftpsfs::mount_test {

// The same bytes for the same seed; not compressible.
std::string random_bytes(std::size_t size, std::uint32_t seed);

struct TreeShape {
  std::size_t files = 500;
  std::size_t largest = 64U << 20;  // bytes; 0: no large files at all
};

// Makes `folder` and fills it: empty, small, MiB-sized and one largest file, in nested folders, with every kind of name
// that is awkward for a shell, for FTP or for a listing's parser, and modification times of the past years.
void make_tree(const std::filesystem::path& folder, const TreeShape& shape = {});

}  // namespace ftpsfs::mount_test
