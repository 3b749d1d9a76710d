#include "stream_window.h"

#include <algorithm>

namespace ftpsfs::cache {

StreamWindow::StreamWindow(std::size_t keep, std::size_t chunk)
    : capacity_(keep + std::max<std::size_t>(chunk, 1)), chunk_(std::max<std::size_t>(chunk, 1)) {}

void StreamWindow::continue_at(std::uint64_t offset) {
  if (offset == end_) return;
  begin_ = offset;
  end_ = offset;
}

std::span<std::byte> StreamWindow::room(std::uint64_t limit) {
  if (!ring_) ring_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  const auto room = piece(end_, static_cast<std::size_t>(std::min<std::uint64_t>(limit, chunk_)));
  const auto end_of_room = end_ + room.size();
  if (end_of_room > capacity_) begin_ = std::max(begin_, end_of_room - capacity_);
  return room;
}

void StreamWindow::advance(std::size_t count) { end_ += count; }

std::size_t StreamWindow::copy(std::uint64_t offset, std::span<std::byte> out) const {
  std::size_t copied = 0;
  while (copied < out.size() && contains(offset + copied)) {
    const auto position = offset + copied;
    const auto available =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - copied, end_ - position));
    const auto bytes = piece(position, available);
    std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(copied));
    copied += bytes.size();
  }
  return copied;
}

std::span<std::byte> StreamWindow::piece(std::uint64_t offset, std::size_t limit) const {
  const auto index = static_cast<std::size_t>(offset % capacity_);
  return {ring_.get() + index, std::min(limit, capacity_ - index)};
}

}  // namespace ftpsfs::cache
