#include "list_line.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace ftpsfs::testing {

namespace {

constexpr std::time_t kDay = 24L * 3600;
constexpr std::uint64_t kVmsBlock = 512;

char type_letter(mode_t mode) {
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  if (S_ISFIFO(mode)) return 'p';
  if (S_ISSOCK(mode)) return 's';
  if (S_ISCHR(mode)) return 'c';
  if (S_ISBLK(mode)) return 'b';
  return '-';
}

std::string mode_text(mode_t mode) {
  std::string text = "-rwxrwxrwx";
  for (std::size_t bit = 0; bit < 9; ++bit) {
    if ((mode & (0400U >> bit)) == 0) text[bit + 1] = '-';
  }
  const auto special = [&](mode_t flag, std::size_t at, char set) {
    if ((mode & flag) != 0) text[at] = text[at] == 'x' ? set : static_cast<char>(set - 'a' + 'A');
  };
  special(S_ISUID, 3, 's');
  special(S_ISGID, 6, 's');
  special(S_ISVTX, 9, 't');
  text[0] = type_letter(mode);
  return text;
}

std::tm local_time(std::time_t time, const Personality& personality) {
  const std::time_t shifted = time + personality.list_zone_minutes * 60L;
  std::tm parts{};
  ::gmtime_r(&shifted, &parts);
  return parts;
}

std::string formatted(const char* format, const std::tm& parts) {
  std::array<char, 48> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

bool shows_year(std::time_t time, std::time_t now, const Personality& personality) {
  switch (personality.year_rule) {
    case YearRule::older_or_future: return time > now || time < now - 183 * kDay;
    case YearRule::older: return time < now - 180 * kDay;
    case YearRule::older_than_350_days: return time > now || time < now - 350 * kDay;
    case YearRule::other_calendar_year:
      return local_time(time, personality).tm_year != local_time(now, personality).tm_year;
  }
  return true;
}

std::string unix_line(const ListingEntry& entry, const Personality& personality, std::time_t now) {
  const auto& status = entry.status;
  const bool with_year = shows_year(status.st_mtime, now, personality);
  const std::string when =
      formatted(with_year ? "%b %d  %Y" : "%b %d %H:%M", local_time(status.st_mtime, personality));
  std::array<char, 160> head{};
  const int size =
      std::snprintf(head.data(), head.size(), "%s %4lu %-8u %-8u %12lld %s ",
                    mode_text(status.st_mode).c_str(), static_cast<unsigned long>(status.st_nlink),
                    status.st_uid, status.st_gid, static_cast<long long>(status.st_size), when.c_str());
  std::string line(head.data(), static_cast<std::size_t>(size));
  line += entry.name;
  if (personality.link_targets_in_list && S_ISLNK(status.st_mode)) line += " -> " + entry.link_target;
  return line;
}

// "11-22-26  08:54PM       <DIR>          name"
std::string dos_line(const ListingEntry& entry, const Personality& personality) {
  const auto& status = entry.status;
  const char* format = personality.four_digit_years ? "%m-%d-%Y  %I:%M%p" : "%m-%d-%y  %I:%M%p";
  const std::string what = S_ISDIR(status.st_mode) ? "<DIR>         " : std::to_string(status.st_size);
  const std::size_t width = 21;
  return formatted(format, local_time(status.st_mtime, personality)) +
         (S_ISDIR(status.st_mode) ? "       " + what
                                  : std::string(width - std::min(width, what.size()), ' ') + what) +
         " " + entry.name;
}

// What ODS-5 escapes: blanks become "^_", and of several dots all but the last "^.".
std::string vms_name(const ListingEntry& entry) {
  const bool is_directory = S_ISDIR(entry.status.st_mode);
  const auto last_dot = is_directory ? std::string::npos : entry.name.rfind('.');
  std::string name;
  for (std::size_t i = 0; i < entry.name.size(); ++i) {
    const char c = entry.name[i];
    if (c == ' ') {
      name += "^_";
    } else if (c == '.' && i != last_dot) {
      name += "^.";
    } else {
      name += c;
    }
  }
  if (is_directory) return name + ".DIR;1";
  return name + (last_dot == std::string::npos ? ".;1" : ";1");
}

// "NAME.EXT;1  1/3  22-NOV-2026 20:54:06  [FTPT]  (RWED,RWED,RE,)"; long names have a line of their own.
std::string vms_line(const ListingEntry& entry, const Personality& personality) {
  constexpr std::size_t kNameColumn = 20;
  std::string name = vms_name(entry);
  name += name.size() < kNameColumn ? std::string(kNameColumn - name.size(), ' ')
                                    : "\r\n" + std::string(kNameColumn, ' ');
  const auto used = (static_cast<std::uint64_t>(entry.status.st_size) + kVmsBlock - 1) / kVmsBlock;
  auto when = formatted("%d-%b-%Y %H:%M:%S", local_time(entry.status.st_mtime, personality));
  std::ranges::transform(when, when.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name + std::to_string(used) + "/" + std::to_string((used + 2) / 3 * 3) + "  " + when +
         "  [FTPT]  (RWED,RWED,RE,)";
}

}  // namespace

std::string list_line(const ListingEntry& entry, const Personality& personality, std::time_t now) {
  switch (personality.list_style) {
    case ListStyle::unix_long: return unix_line(entry, personality, now);
    case ListStyle::dos: return dos_line(entry, personality);
    case ListStyle::vms: return vms_line(entry, personality);
  }
  return {};
}

std::string list_head(const std::string& directory, const Personality& personality) {
  if (personality.list_style != ListStyle::vms) return {};
  std::string dots = directory == "/" ? "/000000" : directory;
  std::ranges::replace(dots, '/', '.');
  return "\r\nDirectory DISK$USER:[" + dots.substr(1) + "]\r\n\r\n";
}

std::string list_tail(std::size_t entries, const Personality& personality) {
  if (personality.list_style != ListStyle::vms) return {};
  return "\r\nTotal of " + std::to_string(entries) + (entries == 1 ? " file.\r\n" : " files.\r\n");
}

}  // namespace ftpsfs::testing
