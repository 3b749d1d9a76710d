#include "departure.h"

#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::Result;

namespace {

// The file itself cannot be had, so keeping it from being removed would help nobody.
bool is_lost_anyway(const base::Error& error) {
  return error.code == Errc::stale || error.code == Errc::not_found ||
         error.code == Errc::permission_denied || error.code == Errc::no_space ||
         error.code == Errc::local_io;
}

}  // namespace

Result<Departure> Departure::prepare(InodeTable& inodes, InodeId directory, std::string_view name,
                                     const base::OpContext& ctx) {
  Departure departure;
  auto file = inodes.opened(directory, name);
  if (!file) return departure;
  departure.file_.emplace(std::move(*file));
  const FileRef& ref = *departure.file_;

  auto turn = ref->take_turn(ctx);
  if (!turn) return fail(std::move(turn));
  departure.turn_.emplace(std::move(*turn));

  if (auto kept = ref->keep_for_handles(kLargestKept, ctx); !kept) {
    if (!is_lost_anyway(kept.error())) return fail(std::move(kept));
    base::log("vfs").debug("{}: not kept for its open handles: {}", base::printable(name),
                           kept.error().describe());
  }
  ref->pause();
  return departure;
}

}  // namespace ftpsfs::vfs
