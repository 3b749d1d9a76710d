#include "mount/tree.h"

#include <array>
#include <chrono>
#include <random>

#include "support/mounting/test_process.h"

namespace ftpsfs::mount_test {

namespace fs = std::filesystem;

namespace {

constexpr std::array kFolders{"",           "plain",      "with space", "with space/deeper/still deeper",
                              "[brackets]", "größe/日本", "-dash",      "it's \"quoted\""};

constexpr std::array kAwkwardNames{
    "-rf",
    "--help",
    " leading space",
    "two  spaces",
    "semi;colon&and|pipe",
    "star*and?",
    "[a-z]",
    "{x,y}",
    "back\\slash",
    "dollar$HOME",
    "100%",
    "#hash",
    "tilde~",
    "quote'",
    "double\"quote",
    "back`tick",
    "umlaut-äöüß",
    "日本語.txt",
    "emoji-🎉",
    ".hidden",
    "...three",
    "dot.",
    "total 0",
    "a -> b",
    "colon:",
    "comma,semi;",
    "equals=sign",
    "<angle>",
    "par(en)s",
    "plus+minus-",
    "@at",
    "!bang",
    "caret^",
    "tab\tinside",
    "nbsp\u00a0inside",
    "é-composed",
    "e\u0301-decomposed",
};

std::size_t size_of(std::size_t index, const TreeShape& shape) {
  constexpr std::array<std::size_t, 10> kSmall{0, 1, 2, 100, 511, 4095, 4096, 4097, 20'000, 70'001};
  constexpr std::size_t kMebibyte = 1U << 20;
  if (shape.largest > 0) {
    if (index == 40) return shape.largest;
    if (index > 40 && index < 45) return (index - 40) * kMebibyte + index;
  }
  return kSmall[index % kSmall.size()];
}

std::string name_of(std::size_t index) {
  if (index < kAwkwardNames.size()) return kAwkwardNames[index];
  return "file " + std::to_string(index) + ".dat";
}

fs::file_time_type time_of(std::size_t index) {
  const auto age = std::chrono::hours(7 * index) + std::chrono::seconds(index * 13);
  return fs::file_time_type::clock::now() - std::chrono::hours(24) - age;
}

}  // namespace

std::string random_bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937_64 generator(seed);
  std::string bytes(size + sizeof(std::uint64_t), '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    const std::uint64_t word = generator();
    bytes.replace(at, sizeof word, reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

void make_tree(const fs::path& folder, const TreeShape& shape) {
  fs::create_directories(folder / "empty folder");
  for (const auto* name : kFolders) fs::create_directories(folder / name);
  for (std::size_t i = 0; i < shape.files; ++i) {
    const auto file = folder / kFolders[i % kFolders.size()] / name_of(i);
    write_file(file, random_bytes(size_of(i, shape), static_cast<std::uint32_t>(i)));
    fs::last_write_time(file, time_of(i));
  }
}

}  // namespace ftpsfs::mount_test
