#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "client_names.h"
#include "control_session.h"
#include "text.h"

namespace ftpsfs::testing {

namespace {

struct LongUtime {
  std::string_view path;
  std::string_view modified;
};

// "path atime mtime ctime UTC"
std::optional<LongUtime> long_utime(std::string_view argument) {
  constexpr std::string_view kZone = " UTC";
  if (!argument.ends_with(kZone)) return std::nullopt;
  argument.remove_suffix(kZone.size());
  std::array<std::string_view, 3> times;
  for (auto& time : times) {
    const auto blank = argument.rfind(' ');
    if (blank == std::string_view::npos || !parse_utc_stamp(argument.substr(blank + 1))) return std::nullopt;
    time = argument.substr(blank + 1);
    argument = argument.substr(0, blank);
  }
  return LongUtime{.path = argument, .modified = times[1]};
}

}  // namespace

std::string ControlSession::ftp_path(std::string_view argument) const {
  return PathResolver::normalise(cwd_, name_from_client(argument, personality_, utf8_));
}

std::optional<std::string> ControlSession::disk_path(std::string_view argument, bool follow_last) {
  const auto wanted = ftp_path(argument);
  if (personality_.windows_names && windows_refuses(wanted)) {
    reply_errno(argument, EINVAL);
    return std::nullopt;
  }
  auto path = environment_.resolver.resolve(wanted, follow_last);
  if (path) return std::move(*path);
  reply_errno(argument, path.error());
  return std::nullopt;
}

std::optional<struct stat> ControlSession::status_of(std::string_view argument) {
  const auto path = disk_path(argument, true);
  if (!path) return std::nullopt;
  struct stat status{};
  if (::stat(path->c_str(), &status) == 0) return status;
  reply_errno(argument, errno);
  return std::nullopt;
}

void ControlSession::cmd_pwd(std::string_view /*argument*/) {
  reply("257 " + quoted_path(name_to_client(cwd_, personality_, utf8_)) + " is the current directory");
}

void ControlSession::cmd_cwd(std::string_view argument) {
  const auto path = disk_path(argument, true);
  if (!path) return;
  struct stat status{};
  if (::stat(path->c_str(), &status) != 0) return reply_errno(argument, errno);
  if (!S_ISDIR(status.st_mode)) return reply_errno(argument, ENOTDIR);
  if (::access(path->c_str(), X_OK) != 0) return reply_errno(argument, errno);
  cwd_ = ftp_path(argument);
  reply("250 Directory successfully changed.");
}

void ControlSession::cmd_cdup(std::string_view /*argument*/) { cmd_cwd(".."); }

void ControlSession::cmd_size(std::string_view argument) {
  const auto status = status_of(argument);
  if (!status) return;
  const bool is_directory = S_ISDIR(status->st_mode);
  if (is_directory && personality_.size_of_directory == SizeOfDirectory::several_lines) {
    return reply("213-" + std::string(argument) + "\r\n 0\r\n213 End");
  }
  const bool numbered = is_directory && personality_.size_of_directory == SizeOfDirectory::number;
  if (!S_ISREG(status->st_mode) && !numbered) return reply_errno(argument, is_directory ? EISDIR : EINVAL);
  if (status->st_size == 0 && !personality_.size_of_empty_file) return reply("213 File status");
  reply("213 " + std::to_string(status->st_size));
}

void ControlSession::cmd_mdtm(std::string_view argument) {
  const auto blank = argument.find(' ');
  const bool may_set = personality_.mdtm_sets && blank != std::string_view::npos;
  if (may_set && parse_utc_stamp(argument.substr(0, blank))) {
    const auto path = argument.substr(blank + 1);
    const auto target = status_of(path);
    if (!target) return;
    if (!S_ISREG(target->st_mode) && !personality_.mdtm_of_directory) {
      return reply("550 Could not set file modification time.");
    }
    if (set_modification_time(argument.substr(0, blank), path)) reply(personality_.texts.modified_by_mdtm);
    return;
  }
  const auto status = status_of(argument);
  if (!status) return;
  if (!S_ISREG(status->st_mode) && !personality_.mdtm_of_directory) return reply_errno(argument, EISDIR);
  reply("213 " + utc_stamp(status->st_mtime));
}

void ControlSession::cmd_mfmt(std::string_view argument) {
  const auto blank = argument.find(' ');
  if (blank == std::string_view::npos) return reply("501 Syntax: MFMT YYYYMMDDHHMMSS path");
  const auto stamp = argument.substr(0, blank);
  const auto path = argument.substr(blank + 1);
  if (!personality_.mfmt_of_directory) {
    const auto status = status_of(path);
    if (!status) return;
    if (S_ISDIR(status->st_mode)) return reply("550 " + ftp_path(path) + " is not retrievable.");
  }
  if (!set_modification_time(stamp, path)) return;
  reply("213 Modify=" + std::string(stamp) + "; " + std::string(path));
}

// "MFF Modify=20200102030405; path", the only fact that can be changed here.
void ControlSession::cmd_mff(std::string_view argument) {
  constexpr std::string_view kFact = "Modify=";
  const auto end = argument.find("; ");
  if (!argument.starts_with(kFact) || end == std::string_view::npos) return reply("504 Unknown fact.");
  const auto stamp = argument.substr(kFact.size(), end - kFact.size());
  if (set_modification_time(stamp, argument.substr(end + 2))) reply("213 " + std::string(argument));
}

void ControlSession::cmd_avbl(std::string_view argument) {
  const auto path = disk_path(argument, true);
  if (!path) return;
  std::error_code error;
  const auto space = std::filesystem::space(*path, error);
  if (error) return reply_errno(argument, error.value());
  reply("213 " + std::to_string(personality_.available.value_or(space.available)));
}

void ControlSession::cmd_site_utime(std::string_view argument) {
  if (const auto times = long_utime(argument); times && personality_.site_utime_long) {
    if (set_modification_time(times->modified, times->path)) reply("200 UTIME ok.");
    return;
  }
  const auto blank = argument.find(' ');
  if (blank == std::string_view::npos || !personality_.site_utime_short) {
    return reply("501 Invalid number of arguments");
  }
  if (set_modification_time(argument.substr(0, blank), argument.substr(blank + 1))) reply("200 UTIME ok.");
}

void ControlSession::cmd_site_quota(std::string_view /*argument*/) {
  std::string text = "200-";
  for (const auto& line : personality_.quota) text += line + "\r\n";
  reply(text + "200 Please contact ftp-admin if these entries are inaccurate");
}

// ProFTPD's mod_site_misc: each name is one word, the target must exist, and what is stored is its absolute path.
void ControlSession::cmd_site_symlink(std::string_view argument) {
  const auto blank = argument.find(' ');
  if (blank == std::string_view::npos || argument.find(' ', blank + 1) != std::string_view::npos) {
    return reply("501 'SITE SYMLINK': Illegal number of parameters");
  }
  const auto target = argument.substr(0, blank);
  const auto link = argument.substr(blank + 1);
  if (!status_of(target)) return;
  const auto path = disk_path(link, false);
  if (!path) return;
  const std::string stored = personality_.symlink_to.empty() ? ftp_path(target) : personality_.symlink_to;
  if (::symlink(stored.c_str(), path->c_str()) != 0) return reply_errno(link, errno);
  reply("200 SITE SYMLINK command successful");
}

bool ControlSession::set_modification_time(std::string_view stamp, std::string_view argument) {
  const auto time = parse_utc_stamp(stamp);
  if (!time) {
    reply("501 Invalid time stamp.");
    return false;
  }
  const auto path = disk_path(argument, true);
  if (!path) return false;
  const std::array<timespec, 2> times{timespec{0, UTIME_OMIT}, timespec{*time, 0}};
  if (::utimensat(AT_FDCWD, path->c_str(), times.data(), 0) == 0) return true;
  reply_errno(argument, errno);
  return false;
}

void ControlSession::cmd_dele(std::string_view argument) {
  const auto path = disk_path(argument, false);
  if (!path) return;
  const bool gone = ::unlink(path->c_str()) == 0 ||
                    (errno == EISDIR && personality_.removes_any_type && ::rmdir(path->c_str()) == 0);
  if (!gone && !(errno == ENOENT && personality_.delete_of_missing)) return reply_errno(argument, errno);
  reply(personality_.texts.deleted);
}

void ControlSession::cmd_mkd(std::string_view argument) {
  const auto path = disk_path(argument, false);
  if (!path) return;
  std::error_code ignored;
  if (personality_.mkd_makes_parents) {
    std::filesystem::create_directories(std::filesystem::path(*path).parent_path(), ignored);
  }
  const bool there = ::mkdir(path->c_str(), 0777) == 0 || (errno == EEXIST && personality_.mkd_of_existing &&
                                                           std::filesystem::is_directory(*path, ignored));
  if (!there) return reply_errno(argument, errno);
  reply("257 " + quoted_path(ftp_path(argument)) + " created");
}

void ControlSession::cmd_rmd(std::string_view argument) {
  // Following nothing at the end also keeps "RMD /" from naming anything but the root itself.
  if (ftp_path(argument) == "/") return reply_errno(argument, EBUSY);
  const auto path = disk_path(argument, false);
  if (!path) return;
  const bool gone = ::rmdir(path->c_str()) == 0 ||
                    (errno == ENOTDIR && personality_.removes_any_type && ::unlink(path->c_str()) == 0);
  if (!gone) return reply_errno(argument, errno);
  reply("250 Remove directory operation successful.");
}

void ControlSession::cmd_rnfr(std::string_view argument) {
  rename_from_.reset();
  const auto path = disk_path(argument, false);
  if (!path) return;
  struct stat status{};
  if (::lstat(path->c_str(), &status) != 0) return reply_errno(argument, errno);
  rename_from_ = *path;
  reply("350 Ready for RNTO.");
}

void ControlSession::cmd_rnto(std::string_view argument) {
  if (!rename_from_) return reply("503 RNFR required first.");
  const auto path = disk_path(argument, false);
  if (!path) return;
  struct stat status{};
  const bool exists = ::lstat(path->c_str(), &status) == 0;
  if (exists && !personality_.rename_over_existing) return reply_errno(argument, EEXIST);
  std::error_code ignored;
  if (!personality_.rename_of_directories && std::filesystem::is_directory(*rename_from_, ignored)) {
    return reply_errno(argument, EPERM);
  }
  if (::rename(rename_from_->c_str(), path->c_str()) != 0) return reply_errno(argument, errno);
  reply("250 Rename successful.");
}

void ControlSession::cmd_site_chmod(std::string_view argument) {
  const auto blank = argument.find(' ');
  unsigned mode = 0;
  const auto digits = argument.substr(0, blank);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mode, 8);
  const bool complete = error == std::errc{} && end == digits.data() + digits.size();
  if (blank == std::string_view::npos || !complete || mode > 07777U) {
    return reply("501 Syntax: SITE CHMOD mode path");
  }
  const auto name = argument.substr(blank + 1);
  const auto path = disk_path(name, true);
  if (!path) return;
  if (::chmod(path->c_str(), mode) != 0) return reply_errno(name, errno);
  reply("200 SITE CHMOD command ok.");
}

}  // namespace ftpsfs::testing
