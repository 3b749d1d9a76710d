#pragma once

// Who is changing which path on the server right now. A claim is state, not a lock: it is held across the
// network, and waiting for one ends with the waiter's deadline or stop.

#include <functional>
#include <list>
#include <utility>
#include <vector>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::remote {

// Two claims collide when a path of one is, or lies below, a path of the other: so an upload waits for the
// upload of the same path, and a rename of a directory for everything that happens below it. Thread safe.
//
// An operation takes all its paths in one claim and never a second claim while it holds one, hence no
// deadlock.
class PathClaims {
 public:
  using Paths = std::vector<model::RemotePath>;

  class Claim {
   public:
    Claim(Claim&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), position_(other.position_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (owner_) owner_->give_back(position_);
    }

    // The claimed paths, in the order they were asked for.
    const model::RemotePath& path(std::size_t index = 0) const { return (*position_)[index]; }

   private:
    friend class PathClaims;
    Claim(PathClaims& owner, std::list<Paths>::iterator position) : owner_(&owner), position_(position) {}

    PathClaims* owner_;
    std::list<Paths>::iterator position_;
  };

  // Waits for others that have them.
  base::Result<Claim> claim(Paths paths, const base::OpContext& ctx);

  // Claims the paths that `find` names. They may be renamed during the wait; what is claimed in the end is
  // where they are then. Passes on the error of `find`.
  base::Result<Claim> claim(const std::function<base::Result<Paths>()>& find, const base::OpContext& ctx);

  // Waits until nobody claims `path`; false when there was nothing to wait for.
  base::Result<bool> wait_until_free(const model::RemotePath& path, const base::OpContext& ctx);

 private:
  bool is_taken(const Paths& wanted) const FTPSFS_REQUIRES(mutex_);
  void give_back(std::list<Paths>::iterator position);

  base::Mutex mutex_;
  base::CondVar freed_;
  std::list<Paths> held_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::remote
