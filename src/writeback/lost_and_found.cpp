#include "lost_and_found.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "escaped.h"
#include "local_files.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndex = "INDEX.txt";
constexpr std::size_t kLargestIndex = 16 << 20;
constexpr std::size_t kMostListed = 10'000;
constexpr std::size_t kLongestName = 200;  // of 255, with room for a number
constexpr int kMostOfOneName = 100'000;
constexpr std::string_view kHeading =
    "# Files that ftpsfs could not upload. Copy them where they belong, or remove them.\n"
    "# time (UTC)\tkept as\tpath on the server\treason\n";

bool taken(const fs::path& file) {
  struct stat status{};
  return ::lstat(file.c_str(), &status) == 0;
}

// As the index has it; the bytes of a path stay apart from the tabs and lines of the index.
std::string line_of(base::SystemTime when, const std::string& name, const std::string& path,
                    const std::string& reason) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}\t{}\t{}\t{}\n", seconds, escaped(name, Keep::all_printable),
                     escaped(path, Keep::all_printable), escaped(reason, Keep::all_printable));
}

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// "2026-11-23T01:02:03Z"
std::optional<base::SystemTime> time_in(std::string_view text) {
  if (text.size() != 20) return std::nullopt;
  int parts[6];
  constexpr std::pair<std::size_t, std::size_t> kPlaces[] = {{0, 4},  {5, 2},  {8, 2},
                                                             {11, 2}, {14, 2}, {17, 2}};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto part = number_in(text.substr(kPlaces[i].first, kPlaces[i].second));
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                        std::chrono::month(static_cast<unsigned>(parts[1])),
                                        std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok()) return std::nullopt;
  return std::chrono::sys_days(day) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
         std::chrono::seconds(parts[5]);
}

std::optional<std::string> next_field(std::string_view& line) {
  const auto tab = line.find('\t');
  auto field = unescaped(line.substr(0, tab));
  line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  return field ? std::optional(*std::move(field)) : std::nullopt;
}

std::optional<LostFile> entry_of(std::string_view line) {
  if (line.starts_with('#')) return std::nullopt;
  const auto time = next_field(line);
  auto name = next_field(line);
  auto path = next_field(line);
  auto reason = next_field(line);
  if (!time || !name || name->empty() || !path || !reason) return std::nullopt;
  const auto when = time_in(*time);
  if (!when) return std::nullopt;
  return LostFile{
      .path = *std::move(path), .kept = *std::move(name), .reason = *std::move(reason), .when = *when};
}

// Not every file system has hard links.
Status give_name(const fs::path& file, const fs::path& name) {
  if (::link(file.c_str(), name.c_str()) == 0) return {};
  if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK)
    return local_error("cannot keep", name, errno);
  if (::rename(file.c_str(), name.c_str()) != 0) return local_error("cannot keep", name, errno);
  return {};
}

}  // namespace

Status LostAndFound::prepare() {
  if (auto ok = make_private_folder(folder_); !ok) return ok;
  if (taken(folder_ / kIndex)) return {};
  return append_to_file(folder_ / kIndex, kHeading);
}

Result<std::string> LostAndFound::free_name(const std::string& wanted) const {
  auto name = escaped(wanted, Keep::all_printable).substr(0, kLongestName);
  if (name.empty()) name = "file";
  for (int number = 2; taken(folder_ / name); ++number) {
    if (number > kMostOfOneName) {
      return fail(Errc::local_io,
                  fmt::format("'{}' is full; remove what is not needed any more", folder_.string()));
    }
    name = fmt::format("{}-{}", escaped(wanted, Keep::all_printable).substr(0, kLongestName), number);
  }
  return name;
}

Result<fs::path> LostAndFound::keep(const fs::path& file, const std::string& path, const std::string& name,
                                    const std::string& reason) {
  if (auto ok = prepare(); !ok) return fail(std::move(ok));
  auto free = free_name(name);
  if (!free) return fail(std::move(free));
  // A line without a file is not shown; a file without a line would be a riddle.
  const auto line = line_of(std::chrono::system_clock::now(), *free, path, reason);
  if (auto ok = append_to_file(folder_ / kIndex, line); !ok) return fail(std::move(ok));
  if (auto ok = give_name(file, folder_ / *free); !ok) return fail(std::move(ok));
  if (auto ok = sync_folder(folder_); !ok) return fail(std::move(ok));
  return folder_ / *free;
}

std::vector<LostFile> LostAndFound::list() const {
  const auto text = read_file(folder_ / kIndex, kLargestIndex);
  if (!text) return {};
  std::map<fs::path, LostFile> latest;  // a name that was freed may have been taken again
  for (std::string_view rest = *text; !rest.empty() && latest.size() < kMostListed;) {
    const auto end = rest.find('\n');
    auto entry = entry_of(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!entry) continue;
    entry->kept = folder_ / entry->kept;
    if (!taken(entry->kept)) continue;
    const auto kept = entry->kept;
    latest.insert_or_assign(kept, *std::move(entry));
  }
  std::vector<LostFile> files;
  for (auto& [name, entry] : latest) files.push_back(std::move(entry));
  return files;
}

}  // namespace ftpsfs::writeback
