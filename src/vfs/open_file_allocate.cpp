// The part of OpenFile that makes room and zeros (fallocate).

#include <algorithm>
#include <chrono>

#include "open_file.h"

namespace ftpsfs::vfs {

using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Status;
using cache::Spool;

namespace {

Status allocate_in(Spool& spool, Allocation how, std::uint64_t offset, std::uint64_t length,
                   const OpContext& ctx) {
  switch (how) {
    case Allocation::extend: return spool.reserve(offset, length, true, ctx);
    case Allocation::keep_size: return spool.reserve(offset, length, false, ctx);
    case Allocation::zero: return spool.zero(offset, length, true, ctx);
    case Allocation::zero_keep_size: return spool.zero(offset, length, false, ctx);
  }
  return fail(base::Errc::internal, "an unknown kind of allocation");
}

bool zeroes(Allocation how) { return how == Allocation::zero || how == Allocation::zero_keep_size; }

}  // namespace

// Room alone is no change: a time that was set outlives it, and there is nothing to upload.
Status OpenFile::allocate(Epoch epoch, Allocation how, std::uint64_t offset, std::uint64_t length,
                          const OpContext& ctx) {
  auto turn = take_turn(ctx);
  if (!turn) return fail(std::move(turn));
  auto spool = spool_for_change(epoch);
  if (!spool) return fail(std::move(spool));
  const std::uint64_t before = (*spool)->generation();
  const Change allocation{
      .apply = [&](Spool& to) { return allocate_in(to, how, offset, length, ctx); },
      .begin = [&](const Spool& to) { return zeroes(how) ? std::min(offset, to.size()) : to.size(); },
  };
  if (auto ok = apply(allocation, **spool); !ok) return ok;
  if ((*spool)->generation() == before) return {};
  MutexLock lock(mutex_);
  written_ = std::chrono::system_clock::now();
  postponed_modified_.reset();
  return {};
}

}  // namespace ftpsfs::vfs
