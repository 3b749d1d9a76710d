#pragma once

#include <atomic>
#include <cstdint>

namespace ftpsfs::vfs {

// A point in the order of this mount's questions and changes. What the server answered to a question that was
// asked before a change of ours ended may describe the file as it was before: such an answer is older
// knowledge.
using Moment = std::uint64_t;

class MomentCounter {
 public:
  Moment next() { return last_.fetch_add(1) + 1; }

 private:
  std::atomic<Moment> last_{0};
};

}  // namespace ftpsfs::vfs
