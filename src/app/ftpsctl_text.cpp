#include "ftpsctl_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace ftpsfs::app {
namespace {

constexpr std::size_t kMostShown = 20;
constexpr std::size_t kLongestPath = 4096;

std::string shown(const std::string& path) { return base::printable(path, kLongestPath); }

std::string files_text(std::uint64_t files) { return fmt::format("{} file{}", files, files == 1 ? "" : "s"); }

std::string local_time(base::SystemTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm fields{};
  std::array<char, 32> text{};
  if (::localtime_r(&seconds, &fields) == nullptr) return "?";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &fields)};
}

std::string state_of(const control::WaitingFile& file) {
  if (file.failures == 0) return file.uploading ? ", being uploaded" : "";
  return fmt::format(", {} failed attempt{}{}: {}", file.failures, file.failures == 1 ? "" : "s",
                     file.uploading ? ", being uploaded again" : "", base::printable(file.last_error));
}

std::string text_of(const control::WaitingFile& file) {
  return fmt::format("  {} ({}{})\n", shown(file.path), size_text(file.size), state_of(file));
}

std::string text_of(const control::LostFile& file) {
  return fmt::format("  {} ({}: {})\n    kept as {}\n", shown(file.path), local_time(file.when),
                     base::printable(file.reason), shown(file.kept));
}

template <class File>
std::string list_text(const std::vector<File>& files, std::uint64_t count) {
  std::string text;
  const std::size_t listed = std::min(files.size(), kMostShown);
  for (std::size_t i = 0; i < listed; ++i) text += text_of(files[i]);
  if (count > listed) {
    text += fmt::format("  and {} more (ftpsctl status --json lists up to {})\n", count - listed,
                        control::kMostListed);
  }
  return text;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  constexpr std::array kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {  // what would be shown as 1000.0
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string remaining_text(const control::Remaining& remaining) {
  return fmt::format("{}, {}", files_text(remaining.files), size_text(remaining.bytes));
}

std::string unsaved_text(const control::MountStatus& status) {
  std::string text;
  if (status.waiting.files > 0) {
    text += fmt::format("waiting for upload: {}\n", remaining_text(status.waiting));
    text += list_text(status.waiting_files, status.waiting.files);
  }
  if (status.lost > 0) {
    text += fmt::format("lost+found, not taken by the server: {}\n", files_text(status.lost));
    text += list_text(status.lost_files, status.lost);
  }
  return text;
}

std::string status_text(const control::MountStatus& status) {
  std::string text = fmt::format("{}: {}\n", shown(status.mount_point), base::printable(status.source, 2048));
  text += fmt::format("mounted since {}\n", local_time(status.since));
  text += status.writeback ? "write-back: on\n"
                           : "write-back: off; a file is on the server when close has returned success\n";
  text += fmt::format("read from the server: {}, of which {} for nothing\n", size_text(status.fetched.bytes),
                      size_text(status.fetched.unused));
  const auto unsaved = unsaved_text(status);
  text += unsaved.empty() ? "nothing waits for upload\n" : unsaved;
  return text + "Files that programs still have open are not counted.\n";
}

std::string flush_text(const control::FlushOutcome& outcome) {
  const control::MountStatus& status = outcome.status;
  if (!outcome.error.empty()) {
    return fmt::format("Not everything has reached the server: {}\nWhat waits is kept, and tried again.\n{}",
                       base::printable(outcome.error, 2048), unsaved_text(status));
  }
  if (status.lost > 0) {
    return "Not everything has reached the server. What is in lost+found is kept until you remove it "
           "there.\n" +
           unsaved_text(status);
  }
  if (status.writeback) return "Everything that was closed is on the server.\n";
  return "Everything that was closed is on the server: this mount defers nothing.\n";
}

}  // namespace ftpsfs::app
