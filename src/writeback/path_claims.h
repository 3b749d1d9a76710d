#pragma once

#include <list>
#include <utility>
#include <vector>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::writeback {

// Lets only one change at a time touch a path, what is below it, or what is above it. Nobody takes a second claim while
// holding one. Thread safe.
class PathClaims {
 public:
  using Paths = std::vector<model::RemotePath>;

  class Claim {
   public:
    Claim(PathClaims& owner, std::list<Paths>::iterator place) : owner_(&owner), place_(place) {}
    Claim(Claim&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), place_(other.place_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (owner_ != nullptr) owner_->give_back(place_);
    }

   private:
    PathClaims* owner_;
    std::list<Paths>::iterator place_;
  };

  // Waits for others that have them, until ctx's deadline or stop.
  base::Result<Claim> claim(Paths paths, const base::OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

 private:
  bool free(const Paths& wanted) const FTPSFS_REQUIRES(mutex_);
  void give_back(std::list<Paths>::iterator place) FTPSFS_EXCLUDES(mutex_);

  base::Mutex mutex_;
  base::CondVar changed_;
  std::list<Paths> claimed_ FTPSFS_GUARDED_BY(mutex_);
};

}  // namespace ftpsfs::writeback
