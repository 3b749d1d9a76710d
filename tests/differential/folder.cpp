#include "folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>  // renameat2
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

#include "mapping.h"

namespace ftpsfs::differential {

namespace fs = std::filesystem;

namespace {

constexpr int kClosed = -1;

Outcome with_error(int error) { return {.error = error, .text = {}, .handle = {}, .path = {}, .target = {}}; }

// Of a call that answers -1 and errno.
Outcome of(std::int64_t result) { return with_error(result < 0 ? errno : 0); }

Outcome of_number(std::int64_t result) {
  Outcome outcome = of(result);
  if (result >= 0) outcome.value = result;
  return outcome;
}

template <class Read>
Outcome reading(std::size_t size, Read read) {
  std::string bytes(size, '\0');
  const ssize_t count = read(bytes.data());
  Outcome outcome = of_number(count);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  outcome.text = std::move(bytes);
  return outcome;
}

Status seen(int result, const struct stat& status) {
  if (result != 0) return {.error = errno};
  Status seen{.type = status.st_mode & S_IFMT,
              .mode = status.st_mode & 07777U,
              .links = status.st_nlink,
              .modified = status.st_mtim.tv_sec};
  if (!S_ISDIR(status.st_mode)) seen.size = status.st_size;
  return seen;
}

Status look(const fs::path& path) {
  struct stat status{};
  return seen(lstat(path.c_str(), &status), status);
}

Status look(int descriptor) {
  struct stat status{};
  return seen(fstat(descriptor, &status), status);
}

std::array<std::timespec, 2> at_second(std::int64_t second) {
  const std::timespec time{.tv_sec = static_cast<time_t>(second), .tv_nsec = 0};
  return {time, time};
}

std::string kind_letter(const fs::file_status& status) {
  switch (status.type()) {
    case fs::file_type::directory: return "directory";
    case fs::file_type::symlink: return "symlink";
    case fs::file_type::regular: return "file";
    default: return "other";
  }
}

Outcome list(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> lines;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    lines.push_back(entry->path().filename().string() + " " + kind_letter(entry->symlink_status()) + "\n");
  }
  std::ranges::sort(lines);
  Outcome outcome = with_error(error.value());
  for (const auto& line : lines) outcome.text += line;
  return outcome;
}

Outcome read_whole(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return of(descriptor);
  Outcome outcome;
  std::string buffer(1U << 20U, '\0');
  for (;;) {
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count <= 0) {
      outcome.error = of(count).error;
      break;
    }
    outcome.text.append(buffer, 0, static_cast<std::size_t>(count));
  }
  close(descriptor);
  return outcome;
}

Outcome read_link(const fs::path& path) {
  std::string target(4096, '\0');
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  Outcome outcome = of(size);
  target.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  outcome.text = std::move(target);
  return outcome;
}

std::uint64_t checksum(const std::string& bytes) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return hash;
}

std::string describe(const fs::directory_entry& entry, const std::string& name) {
  const fs::file_status status = entry.symlink_status();  // never through a link: it may lead in a circle
  if (fs::is_symlink(status)) return fmt::format("{} -> {}", name, read_link(entry.path()).text);
  if (fs::is_directory(status)) return name + "/";
  const Outcome content = read_whole(entry.path());
  if (content.error != 0) return fmt::format("{} cannot be read: errno {}", name, content.error);
  return fmt::format("{} {} bytes, {:016x}", name, content.text.size(), checksum(content.text));
}

}  // namespace

std::string to_text(const Status& status) {
  if (status.error != 0) return fmt::format("errno {}", status.error);
  return fmt::format("type {:o} mode {:04o} size {} links {} modified {}", status.type, status.mode,
                     status.size, status.links, status.modified);
}

std::string describe_tree(const fs::path& root) {
  std::error_code error;
  std::vector<std::string> lines;
  for (fs::recursive_directory_iterator entry(root, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    lines.push_back(describe(*entry, entry->path().lexically_relative(root).string()) + "\n");
  }
  std::ranges::sort(lines);
  std::string text;
  for (const auto& line : lines) text += line;
  if (error) text += "the walk ends: " + error.message() + "\n";
  return text;
}

Folder::Folder(fs::path root) : root_(std::move(root)) { descriptors_.fill(kClosed); }

Folder::~Folder() { close_all(); }

int Folder::close_all() {
  int error = 0;
  for (int& descriptor : descriptors_) {
    if (descriptor == kClosed) continue;
    if (close(descriptor) != 0 && error == 0) error = errno;
    descriptor = kClosed;
  }
  return error;
}

bool Folder::is_writable(int handle) const {
  const int flags = descriptor(handle) == kClosed ? O_RDONLY : fcntl(descriptor(handle), F_GETFL);
  return (flags & O_ACCMODE) != O_RDONLY;
}

std::optional<fs::path> Folder::path_of(int handle) const {
  struct stat wanted{};
  if (descriptor(handle) == kClosed || fstat(descriptor(handle), &wanted) != 0) return std::nullopt;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    struct stat found{};
    if (lstat(entry.path().c_str(), &found) == 0 && found.st_ino == wanted.st_ino)
      return entry.path().lexically_relative(root_);
  }
  return std::nullopt;
}

std::optional<Status> Folder::subject_of(const Operation& operation) const {
  struct stat status{};
  if (!operation.path.empty()) return seen(stat(at(operation.path).c_str(), &status), status);
  if (descriptor(operation.handle) == kClosed) return std::nullopt;
  return look(descriptor(operation.handle));
}

Outcome Folder::apply(const Operation& operation) {
  Outcome outcome = perform(operation);
  if (descriptor(operation.handle) != kClosed) outcome.handle = look(descriptor(operation.handle));
  if (!operation.path.empty()) outcome.path = look(at(operation.path));
  if (operation.kind == Kind::rename) outcome.target = look(at(operation.target));
  return outcome;
}

Outcome Folder::perform(const Operation& operation) {
  switch (operation.kind) {
    case Kind::open: return open_file(operation);
    case Kind::close: return close_file(operation);
    case Kind::dup: return duplicate(operation);
    case Kind::copy: return copy(operation);
    case Kind::settle:
    case Kind::remount: return with_error(close_all());
    case Kind::compare_trees: {
      Outcome outcome;
      outcome.text = describe_tree(root_);
      return outcome;
    }
    case Kind::read:
    case Kind::write:
    case Kind::pread:
    case Kind::pwrite:
    case Kind::lseek:
    case Kind::ftruncate:
    case Kind::fsync:
    case Kind::map_read:
    case Kind::map_write:
    case Kind::futimens: return on_descriptor(operation);
    default: return on_name(operation);
  }
}

Outcome Folder::on_descriptor(const Operation& operation) {
  const int file = descriptor(operation.handle);
  if (file == kClosed) return with_error(EBADF);
  switch (operation.kind) {
    case Kind::read:
      return reading(operation.size, [&](char* to) { return ::read(file, to, operation.size); });
    case Kind::pread:
      return reading(operation.size,
                     [&](char* to) { return ::pread(file, to, operation.size, operation.offset); });
    case Kind::write:
      return of_number(::write(file, bytes_of(operation.fill, operation.size).data(), operation.size));
    case Kind::pwrite:
      return of_number(
          ::pwrite(file, bytes_of(operation.fill, operation.size).data(), operation.size, operation.offset));
    case Kind::lseek: return of_number(::lseek(file, operation.offset, operation.flags));
    case Kind::ftruncate: return of(::ftruncate(file, operation.offset));
    case Kind::fsync: return of(::fsync(file));
    case Kind::map_read: return map_read(file, operation.offset, operation.size);
    case Kind::map_write:
      return map_write(file, operation.offset, bytes_of(operation.fill, operation.size), operation.flags);
    default: return of(::futimens(file, at_second(operation.offset).data()));
  }
}

Outcome Folder::on_name(const Operation& operation) {
  const fs::path path = at(operation.path);
  switch (operation.kind) {
    case Kind::truncate: return of(::truncate(path.c_str(), operation.offset));
    case Kind::mkdir: return of(::mkdir(path.c_str(), operation.mode));
    case Kind::rmdir: return of(::rmdir(path.c_str()));
    case Kind::unlink: return of(::unlink(path.c_str()));
    case Kind::rename:
      return of(::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, at(operation.target).c_str(),
                            static_cast<unsigned>(operation.flags)));
    case Kind::symlink: return of(::symlink(operation.target.c_str(), path.c_str()));
    case Kind::readlink: return read_link(path);
    case Kind::chmod: return of(::chmod(path.c_str(), operation.mode));
    case Kind::utimens: return of(::utimensat(AT_FDCWD, path.c_str(), at_second(operation.offset).data(), 0));
    case Kind::list: return list(path);
    default: return read_whole(path);
  }
}

Outcome Folder::open_file(const Operation& operation) {
  if (descriptor(operation.handle) != kClosed) return with_error(EBUSY);
  const int opened =
      ::open(at(operation.path).c_str(), operation.flags | O_CLOEXEC, static_cast<mode_t>(operation.mode));
  if (opened < 0) return of(opened);
  struct stat status{};
  if (fstat(opened, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(opened);
    return with_error(0);
  }
  slot(operation.handle) = opened;
  return with_error(0);
}

Outcome Folder::close_file(const Operation& operation) {
  const int file = std::exchange(slot(operation.handle), kClosed);
  return file == kClosed ? with_error(EBADF) : of(::close(file));
}

Outcome Folder::duplicate(const Operation& operation) {
  if (descriptor(operation.handle) == kClosed) return with_error(EBADF);
  if (descriptor(operation.other) != kClosed) return with_error(EBUSY);
  slot(operation.other) = fcntl(descriptor(operation.handle), F_DUPFD_CLOEXEC, 0);
  return of(descriptor(operation.other));
}

// Until all is copied: a call may do less, and how much less is up to the file system.
Outcome Folder::copy(const Operation& operation) {
  const int from = descriptor(operation.handle);
  const int to = descriptor(operation.other);
  if (from == kClosed || to == kClosed) return with_error(EBADF);
  off_t offset = operation.offset;
  std::size_t left = operation.size;
  while (left > 0) {
    const ssize_t count = copy_file_range(from, &offset, to, nullptr, left, 0);
    if (count < 0) return of(count);
    if (count == 0) break;
    left -= static_cast<std::size_t>(count);
  }
  return of_number(static_cast<std::int64_t>(operation.size - left));
}

}  // namespace ftpsfs::differential
