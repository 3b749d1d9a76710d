#include "generator.h"

#include <fcntl.h>
#include <stdio.h>  // RENAME_NOREPLACE
#include <sys/mman.h>
#include <unistd.h>

#include <array>

namespace ftpsfs::differential {

namespace {

// Any of them may be a file, a directory or a symlink.
constexpr std::array<const char*, 11> kPaths{"a",   "b",     "c",     "d", "d/a", "d/b",
                                             "d/e", "d/e/a", "d/e/b", "f", "f/a"};
constexpr std::array<const char*, 5> kLinkTargets{"a", "d", "d/a", "../b", "missing"};

struct Weighted {
  Kind kind;
  unsigned weight;
};

constexpr std::array kOnHandles{
    Weighted{Kind::read, 8},    Weighted{Kind::write, 12},   Weighted{Kind::pread, 8},
    Weighted{Kind::pwrite, 12}, Weighted{Kind::lseek, 5},    Weighted{Kind::ftruncate, 6},
    Weighted{Kind::fsync, 4},   Weighted{Kind::map_read, 3}, Weighted{Kind::map_write, 4},
    Weighted{Kind::close, 12},  Weighted{Kind::dup, 2},      Weighted{Kind::futimens, 2},
    Weighted{Kind::copy, 2},
};
constexpr std::array kOnNames{
    Weighted{Kind::open, 30},         Weighted{Kind::truncate, 5}, Weighted{Kind::mkdir, 8},
    Weighted{Kind::rmdir, 3},         Weighted{Kind::unlink, 6},   Weighted{Kind::rename, 10},
    Weighted{Kind::symlink, 2},       Weighted{Kind::readlink, 1}, Weighted{Kind::chmod, 3},
    Weighted{Kind::utimens, 4},       Weighted{Kind::list, 4},     Weighted{Kind::read_file, 6},
    Weighted{Kind::compare_trees, 2},
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Operation next() {
    if (one_in(150)) return all_closed(Kind::remount);
    if (one_in(60)) return all_closed(Kind::settle);
    if (!open_.empty() && below(100) < 62) return on_handle();
    return on_name();
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }  // the same with every library
  bool one_in(std::uint64_t number) { return below(number) == 0; }

  template <class List>
  auto one_of(const List& list) {
    return list[below(list.size())];
  }

  template <class List>
  Kind weighted(const List& list) {
    unsigned sum = 0;
    for (const Weighted& item : list) sum += item.weight;
    auto rest = below(sum);
    for (const Weighted& item : list) {
      if (rest < item.weight) return item.kind;
      rest -= item.weight;
    }
    return list[0].kind;
  }

  std::size_t size() {
    static constexpr std::array<std::size_t, 10> kSmall{0, 1, 2, 7, 100, 511, 1000, 4095, 4096, 4097};
    static constexpr std::array<std::size_t, 6> kMedium{8192, 10'000, 65'536, 131'071, 131'072, 131'073};
    static constexpr std::array<std::size_t, 3> kLarge{1'048'575, 1'048'576, 1'048'577};
    const auto kind = below(100);
    if (kind < 70) return one_of(kSmall);
    return kind < 94 ? one_of(kMedium) : one_of(kLarge);
  }

  Operation all_closed(Kind kind) {
    open_.clear();
    return {.kind = kind, .path = {}, .target = {}};
  }

  int open_handle() {
    auto at = open_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(open_.size())));
    return *at;
  }

  int free_handle() const {
    for (int handle = 0; handle < kHandles; ++handle) {
      if (!open_.contains(handle)) return handle;
    }
    return 0;
  }

  bool any_free() const { return open_.size() < static_cast<std::size_t>(kHandles); }

  int open_flags() {
    static constexpr std::array kAccess{O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR};
    int flags = one_of(kAccess);
    if (below(100) < 60) flags |= O_CREAT;
    if ((flags & O_CREAT) != 0 && one_in(6)) flags |= O_EXCL;
    if (one_in(5)) flags |= O_TRUNC;
    if (one_in(5)) flags |= O_APPEND;
    return flags;
  }

  Operation on_handle() {
    Operation operation{.kind = weighted(kOnHandles), .path = {}, .target = {}};
    operation.handle = open_handle();
    operation.size = size();
    operation.offset = static_cast<std::int64_t>(size());
    operation.fill = static_cast<std::uint32_t>(below(1U << 16U));
    switch (operation.kind) {
      case Kind::close: open_.erase(operation.handle); break;
      case Kind::dup:
        if (!any_free()) return {.kind = Kind::fsync, .handle = operation.handle, .path = {}, .target = {}};
        operation.other = free_handle();
        open_.insert(operation.other);
        break;
      case Kind::copy: operation.other = open_handle(); break;
      case Kind::lseek: seek(operation); break;
      case Kind::map_write: operation.flags = one_in(2) ? MS_SYNC : 0; break;
      case Kind::futimens: operation.offset = some_time(); break;
      default: break;
    }
    return operation;
  }

  void seek(Operation& operation) {
    static constexpr std::array kWhence{SEEK_SET, SEEK_CUR, SEEK_END};
    operation.flags = one_of(kWhence);
    if (operation.flags != SEEK_SET && one_in(2)) operation.offset = -operation.offset;
  }

  // Whole seconds, and long ago: who sees an old time knows that it was set.
  std::int64_t some_time() { return 1'000'000'000 + static_cast<std::int64_t>(below(400'000'000)); }

  Operation on_name() {
    // Owners keep all rights: the local folder is used by root, who has them in any case, and a server is not.
    static constexpr std::array kModes{0644U, 0600U, 0755U, 0666U, 0640U};
    static constexpr std::array kChangedModes{0700U, 0711U, 0755U, 0777U, 0750U};
    Operation operation{.kind = weighted(kOnNames), .path = one_of(kPaths), .target = {}};
    operation.mode = one_of(kModes);
    operation.offset = static_cast<std::int64_t>(size());
    switch (operation.kind) {
      case Kind::open:
        if (!any_free()) return on_handle();
        operation.handle = free_handle();
        operation.flags = open_flags();
        open_.insert(operation.handle);
        break;
      case Kind::rename:
        operation.target = one_of(kPaths);
        operation.flags = one_in(5) ? RENAME_NOREPLACE : 0;
        break;
      case Kind::chmod: operation.mode = one_of(kChangedModes); break;
      case Kind::symlink: operation.target = one_of(kLinkTargets); break;
      case Kind::utimens: operation.offset = some_time(); break;
      case Kind::mkdir: operation.mode = one_in(3) ? 0700 : 0755; break;
      case Kind::list:
        if (one_in(2)) operation.path = "";
        break;
      default: break;
    }
    return operation;
  }

  std::mt19937_64 random_;
  std::set<int> open_;  // as far as one knows without doing it
};

}  // namespace

std::vector<Operation> generate(std::uint64_t seed, std::size_t count) {
  Generator generator(seed);
  std::vector<Operation> operations;
  operations.reserve(count + 1);
  while (operations.size() < count) operations.push_back(generator.next());
  operations.push_back({.kind = Kind::remount, .path = {}, .target = {}});
  operations.push_back({.kind = Kind::compare_trees, .path = {}, .target = {}});
  return operations;
}

}  // namespace ftpsfs::differential
