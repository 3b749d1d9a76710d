#include "mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ftpsfs::differential {

namespace {

Outcome failed() { return {.error = errno, .text = {}, .handle = {}, .path = {}, .target = {}}; }
Outcome done(std::string text = {}) {
  return {.text = std::move(text), .handle = {}, .path = {}, .target = {}};
}

// Copies through the kernel, which answers EFAULT where a program would get SIGBUS.
class Courier {
 public:
  Courier() : descriptor_(memfd_create("courier", MFD_CLOEXEC)) {}
  ~Courier() { close(descriptor_); }
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  bool copy(const char* from, char* to, std::size_t size) const {
    const auto length = static_cast<ssize_t>(size);
    return pwrite(descriptor_, from, size, 0) == length && pread(descriptor_, to, size, 0) == length;
  }

 private:
  int descriptor_;
};

class Mapping {
 public:
  Mapping(int descriptor, std::size_t size, int protection)
      : size_(size), start_(mmap(nullptr, size, protection, MAP_SHARED, descriptor, 0)) {}
  ~Mapping() {
    if (valid()) munmap(start_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  bool valid() const { return start_ != MAP_FAILED; }
  char* at(std::size_t offset) const { return static_cast<char*>(start_) + offset; }
  bool sync(int flags) const { return msync(start_, size_, flags) == 0; }

 private:
  std::size_t size_;
  void* start_;
};

// The whole file, so that the offset need not be a page's.
std::size_t file_size(int descriptor) {
  struct stat status{};
  return fstat(descriptor, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

Outcome map_read(int descriptor, std::int64_t offset, std::size_t size) {
  const std::size_t end = file_size(descriptor);
  const auto begin = static_cast<std::size_t>(offset);
  if (begin >= end) return done();
  const Mapping mapping(descriptor, end, PROT_READ);
  if (!mapping.valid()) return failed();
  std::string bytes(std::min(size, end - begin), '\0');
  if (!Courier().copy(mapping.at(begin), bytes.data(), bytes.size())) return failed();
  return done(std::move(bytes));
}

Outcome map_write(int descriptor, std::int64_t offset, const std::string& bytes, int msync_flags) {
  const std::size_t end = file_size(descriptor);
  const auto begin = static_cast<std::size_t>(offset);
  if (begin >= end) return done();
  const Mapping mapping(descriptor, end, PROT_READ | PROT_WRITE);
  if (!mapping.valid()) return failed();
  const std::size_t size = std::min(bytes.size(), end - begin);
  if (!Courier().copy(bytes.data(), mapping.at(begin), size)) return failed();
  if (msync_flags != 0 && !mapping.sync(msync_flags)) return failed();
  return done();
}

}  // namespace ftpsfs::differential
