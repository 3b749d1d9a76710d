#include "known_differences.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace ftpsfs::differential {

namespace {

// Times that a test sets lie before this one; those of what happens during a run do not.
constexpr std::int64_t kLongAgo = 1'500'000'000;
constexpr std::int64_t kProbedTime = 1'111'111'111;

Operation named(Kind kind, const std::string& path) { return {.kind = kind, .path = path, .target = {}}; }

}  // namespace

Abilities measure_abilities(const std::filesystem::path& root) {
  Folder folder(root);
  Operation open = named(Kind::open, "probe");
  open.flags = O_WRONLY | O_CREAT;
  open.mode = 0644;
  folder.apply(open);
  folder.close_all();

  Abilities abilities;
  Operation chmod = named(Kind::chmod, "probe");
  chmod.mode = 0600;
  abilities.sets_modes = folder.apply(chmod).error == 0;
  Operation touch = named(Kind::utimens, "probe");
  touch.offset = kProbedTime;
  abilities.sets_times = folder.apply(touch).path->modified == kProbedTime;
  // Without a look in between, which the kernel would remember.
  ::close(::open((root / "probe").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  abilities.renews_empty_files = folder.apply(named(Kind::readlink, "probe")).path->modified != kProbedTime;
  Operation link = named(Kind::symlink, "probe-link");
  link.target = "probe";
  abilities.makes_symlinks = folder.apply(link).error == 0;
  if (abilities.makes_symlinks) folder.apply(named(Kind::unlink, "probe-link"));
  folder.apply(named(Kind::unlink, "probe"));
  return abilities;
}

std::string to_text(const Abilities& abilities) {
  const auto word = [](bool can) { return can ? "yes" : "no"; };
  return fmt::format(
      "sets modes: {}, shows modes: {}, sets times: {}, renews empty files: {}, makes symlinks: {}",
      word(abilities.sets_modes), word(abilities.shows_modes), word(abilities.sets_times),
      word(abilities.renews_empty_files), word(abilities.makes_symlinks));
}

bool KnownDifferences::may_refuse(const Operation& operation, int error) const {
  // FTP has no command for it; some servers have one of their own (SITE SYMLINK, SITE CHMOD).
  if (operation.kind == Kind::symlink) return !abilities_.makes_symlinks && error == EPERM;
  if (operation.kind == Kind::chmod) return !abilities_.sets_modes && error == EPERM;
  return false;
}

Status KnownDifferences::comparable(Status status) const {
  // A mode that a server does not show is remembered by this mount, not by the next one.
  if (!abilities_.sets_modes || !abilities_.shows_modes || S_ISLNK(status.type)) status.mode = 0;
  // A directory shows one link, so that find(1) does not count subdirectories by it.
  if (S_ISDIR(status.type)) status.links = 0;
  // Servers show their own idea of when something was changed; only what a program has set is a promise. The times of
  // directories and symlinks are the server's business altogether.
  if (!S_ISREG(status.type) || !abilities_.sets_times || status.modified > kLongAgo) status.modified = 0;
  // Pure-FTPd leaves the time of an empty file alone when it is overwritten with nothing.
  if (!abilities_.renews_empty_files && status.size == 0) status.modified = 0;
  return status;
}

std::optional<std::int64_t> KnownDifferences::kept_time(const Operation& operation,
                                                        const std::optional<Status>& before,
                                                        const Outcome& tested) const {
  const bool truncates = operation.kind == Kind::truncate || operation.kind == Kind::ftruncate;
  if (!truncates || !before || before->size != operation.offset) return std::nullopt;
  const auto& now = operation.kind == Kind::truncate ? tested.path : tested.handle;
  if (!now || !S_ISREG(now->type) || now->modified > kLongAgo) return std::nullopt;
  return now->modified;
}

}  // namespace ftpsfs::differential
