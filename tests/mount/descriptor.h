#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ftpsfs::mount_test {

// A file as open(2) gives it, for tests of what system calls do. What fails throws std::system_error. Children that are
// not forked on purpose do not get it: their end would count as a close.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& file, int flags, mode_t mode = 0644)
      : fd_(checked(::open(file.c_str(), flags | O_CLOEXEC, mode), "open")) {}
  explicit Descriptor(int fd) : fd_(checked(fd, "a descriptor")) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }

  void write(std::string_view text) const {
    check_count(::write(fd_, text.data(), text.size()), text.size(), "write");
  }
  void write_at(off_t offset, std::string_view text) const {
    check_count(::pwrite(fd_, text.data(), text.size(), offset), text.size(), "pwrite");
  }
  // Less only at the end of the file.
  std::string read_at(off_t offset, std::size_t size) const {
    std::string text(size, '?');
    std::size_t got = 0;
    while (got < size) {
      const auto count = ::pread(fd_, text.data() + got, size - got, offset + static_cast<off_t>(got));
      if (count < 0) throw std::system_error(errno, std::generic_category(), "pread");
      if (count == 0) break;
      got += static_cast<std::size_t>(count);
    }
    text.resize(got);
    return text;
  }
  std::string read_all() const { return read_at(0, 16U << 20); }
  off_t size() const { return ::lseek(fd_, 0, SEEK_END); }
  void sync() const { checked(::fsync(fd_), "fsync"); }

  // What no destructor can report.
  void close() {
    const int fd = std::exchange(fd_, -1);
    checked(::close(fd), "close");
  }

 private:
  static int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
  }
  static void check_count(ssize_t count, std::size_t expected, const char* what) {
    if (count < 0) throw std::system_error(errno, std::generic_category(), what);
    if (static_cast<std::size_t>(count) != expected)
      throw std::runtime_error(std::string(what) + ": too little");
  }

  int fd_;
};

}  // namespace ftpsfs::mount_test
