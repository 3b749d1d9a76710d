#pragma once

// Straight-line code on non-blocking streams. This is the one place that polls.

#include <cstddef>
#include <span>
#include <string_view>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/net/byte_stream.h"

namespace ftpsfs::net {

struct Interest {
  int descriptor = -1;
  bool read = false;
  bool write = false;
  bool ready = false;  // out: what was asked for is possible, or the descriptor is in error
};

// Waits until one of them is ready, the deadline passes (timed_out) or the stop fires (cancelled). `what` completes
// "timed out while <what>".
base::Status wait(std::span<Interest> interests, const base::OpContext& ctx, std::string_view what);

// Looks without waiting whether one of them is ready.
bool look(std::span<Interest> interests);

// What has come and was not read yet, as far as the kernel tells. Does not wait.
std::size_t bytes_waiting(const ByteStream& stream);

// Waits for what a step said it wants on one stream.
base::Status wait_for(const ByteStream& stream, IoState wanted, const base::OpContext& ctx,
                      std::string_view what);

// At least one byte, or 0 at the end of the stream.
base::Result<std::size_t> read_some(ByteStream& stream, std::span<std::byte> out, const base::OpContext& ctx,
                                    std::string_view what);

base::Status write_all(ByteStream& stream, std::span<const std::byte> data, const base::OpContext& ctx,
                       std::string_view what);

}  // namespace ftpsfs::net
