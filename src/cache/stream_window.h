#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ftpsfs::cache {

// The latest bytes of a stream, in a ring of fixed size: [begin, end) of the file. Not thread safe, except that one
// thread may fill `room` while others copy.
class StreamWindow {
 public:
  // Keeps at least `keep` bytes and has room for `chunk` more. The memory is taken with the first `room`.
  StreamWindow(std::size_t keep, std::size_t chunk);

  std::uint64_t end() const { return end_; }
  bool contains(std::uint64_t offset) const { return offset >= begin_ && offset < end_; }

  // The stream goes on at `offset`: what is kept stays only if it ends there.
  void continue_at(std::uint64_t offset);

  // Where the next bytes go: at least 1, at most `limit` and a chunk. The oldest bytes make way.
  std::span<std::byte> room(std::uint64_t limit);

  // The first `count` bytes of the room have been filled.
  void advance(std::size_t count);

  // Copies what there is from `offset` on; returns how much.
  std::size_t copy(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  // The bytes from `offset` on that lie in one piece, at most `limit`.
  std::span<std::byte> piece(std::uint64_t offset, std::size_t limit) const;

  const std::size_t capacity_;
  const std::size_t chunk_;
  std::unique_ptr<std::byte[]> ring_;  // the byte at file offset x lies at x % capacity_
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace ftpsfs::cache
