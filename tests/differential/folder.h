#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "operation.h"

namespace ftpsfs::differential {

// What stat(2) shows, as far as it can be compared.
struct Status {
  int error = 0;
  mode_t type = 0;  // S_IFMT bits
  unsigned mode = 0;
  std::int64_t size = 0;  // 0 of directories: every file system has its own idea of it
  std::uint64_t links = 0;
  std::int64_t modified = 0;  // seconds

  friend bool operator==(const Status&, const Status&) = default;
};

std::string to_text(const Status& status);

// What one operation did, and how the files that it names look afterwards.
struct Outcome {
  int error = 0;           // errno
  std::int64_t value = 0;  // the call's result, where it is a number that means something
  std::string text;        // bytes read, a link's target, or the lines of a listing
  std::optional<Status> handle;
  std::optional<Status> path;
  std::optional<Status> target;
};

// Where operations are done: on the file system under test, and on the one that it is compared with.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Outcome apply(const Operation& operation) = 0;
};

// Does them with the system's calls in a folder. A handle that is not open gives EBADF, one that is open already is
// not opened again (EBUSY), directories are opened and closed at once. settle and remount close all handles.
class Folder : public Subject {
 public:
  explicit Folder(std::filesystem::path root);
  ~Folder() override;
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Outcome apply(const Operation& operation) override;
  const std::filesystem::path& root() const { return root_; }

  // The first error of a close, or 0.
  int close_all();

  // What the operation is about, links followed, before or after it: its handle's file, or its path's.
  std::optional<Status> subject_of(const Operation& operation) const;

  // The name of an open file, if it still has one, relative to the root.
  std::optional<std::filesystem::path> path_of(int handle) const;
  bool is_writable(int handle) const;

 private:
  std::filesystem::path at(const std::string& path) const { return root_ / path; }
  int descriptor(int handle) const { return descriptors_.at(static_cast<std::size_t>(handle)); }
  int& slot(int handle) { return descriptors_.at(static_cast<std::size_t>(handle)); }

  Outcome perform(const Operation& operation);
  Outcome on_descriptor(const Operation& operation);
  Outcome on_name(const Operation& operation);
  Outcome open_file(const Operation& operation);
  Outcome close_file(const Operation& operation);
  Outcome duplicate(const Operation& operation);
  Outcome copy(const Operation& operation);

  std::filesystem::path root_;
  std::array<int, kHandles> descriptors_{};
};

// One line for everything below a folder: path, type, and of files the size and a checksum; sorted.
std::string describe_tree(const std::filesystem::path& root);

}  // namespace ftpsfs::differential
