#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fetch_credit.h"
#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/file_version.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "walk_orders.h"

namespace ftpsfs::cache {

// A file's content that was fetched before somebody asked for it. Not thread safe.
class FetchedContent {
 public:
  FetchedContent(std::vector<std::byte> bytes, std::shared_ptr<remote::FetchCounters> counters,
                 std::shared_ptr<FetchCredit> credit)
      : bytes_(std::move(bytes)), counters_(std::move(counters)), credit_(std::move(credit)) {}
  ~FetchedContent() {
    counters_->unused(bytes_.size() - used_);
    credit_->used(used_);
  }
  FetchedContent(const FetchedContent&) = delete;
  FetchedContent& operator=(const FetchedContent&) = delete;

  std::size_t size() const { return bytes_.size(); }

  // Copies what there is from `offset` on; returns how much.
  std::size_t copy(std::uint64_t offset, std::span<std::byte> out);

 private:
  const std::vector<std::byte> bytes_;
  const std::shared_ptr<remote::FetchCounters> counters_;
  const std::shared_ptr<FetchCredit> credit_;
  std::size_t used_ = 0;  // up to there somebody has read
};

using SharedContent = std::shared_ptr<FetchedContent>;

// One file's content, or one directory's listing, that is fetched before somebody asks for it.
struct Errand {
  enum class State { waiting, under_way, done };

  WalkStep step;
  std::uint64_t cost = 0;  // bytes of the budget
  State state = State::waiting;
  base::SteadyTime done_at{};
  SharedContent content{};                  // of a file, when done
  std::optional<model::Listing> listing{};  // of a directory, when done

  bool is_file() const { return step.attributes.type == model::FileType::file; }
  model::FileVersion version() const { return model::FileVersion::of(step.attributes); }
};

using SharedErrand = std::shared_ptr<Errand>;

// All errands, one per path, within a budget. Not thread safe.
class Errands {
 public:
  explicit Errands(std::uint64_t budget) : budget_(budget) {}

  // False when the budget has no room for it. A path that has an errand keeps that one.
  bool add(const WalkStep& step, std::uint64_t cost);

  SharedErrand find(const model::RemotePath& path) const;

  // The longest waiting one, from now on under way; null when none waits.
  SharedErrand start_next();
  bool any_waiting() const { return !waiting_.empty(); }

  // It has been fetched. False when it was dropped meanwhile.
  bool finish(const SharedErrand& errand, base::SteadyTime now);

  // Whatever its state. One that is under way goes on to its end, for nobody: a transfer that is cut off before the server
  // has seen the end of its handshake may cost the session.
  void drop(const SharedErrand& errand);
  void drop_waiting();
  void drop_done_before(base::SteadyTime time);

  // What a change of `path` makes doubtful: the path, all below it, and the listing that has it.
  void drop_touched_by(const model::RemotePath& path);

  std::optional<base::SteadyTime> earliest_done() const;

 private:
  bool has(const SharedErrand& errand) const;

  const std::uint64_t budget_;
  std::uint64_t spent_ = 0;
  std::map<model::RemotePath, SharedErrand> all_;
  std::deque<SharedErrand> waiting_;  // in line
};

}  // namespace ftpsfs::cache
