#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/mutex.h"
#include "without_lock.h"

namespace ftpsfs::cache {

// Asks equal questions once: whoever comes while a question is under way waits for its answer, until his own deadline
// or stop. When the one who asked gives up, one of the waiting asks anew.
//
// Its owner guards it with the mutex that also guards what the answers are kept in. That makes "look, miss, join" and
// "land, keep" each one step, so that no question is asked again whose answer has just been kept.
template <class Key, class Answer>
class SingleFlight {
 public:
  struct Landing {
    base::Result<Answer> answer;
    bool first_hand = false;  // this caller asked; the others were given a copy
  };

  bool under_way(const Key& key) const { return flights_.contains(key); }

  // `question` is called without the mutex; the mutex is held again when this returns.
  template <class Question>
  Landing ask(base::Mutex& mutex, const Key& key, const base::OpContext& ctx, std::string_view what,
              Question&& question) FTPSFS_REQUIRES(mutex) {
    auto [found, leads] = flights_.try_emplace(key);
    if (leads) found->second = std::make_shared<Flight>();
    const auto flight = found->second;
    if (!leads) {
      if (auto ok = wait_for_turn(mutex, key, *flight, ctx, what); !ok)
        return {base::fail(std::move(ok)), false};
      if (flight->answer) return {*flight->answer, false};
    }
    flight->led = true;
    auto answer = without_lock(mutex, question);
    land(key, *flight, answer);
    return {std::move(answer), true};
  }

 private:
  struct Flight {
    bool led = true;          // someone is asking
    std::size_t waiting = 0;  // callers in wait_for_turn
    std::optional<base::Result<Answer>> answer;
    base::CondVar landed;
  };

  // Until there is an answer, or nobody asks any more.
  base::Status wait_for_turn(base::Mutex& mutex, const Key& key, Flight& flight, const base::OpContext& ctx,
                             std::string_view what) FTPSFS_REQUIRES(mutex) {
    base::Status ok;
    ++flight.waiting;
    while (ok && flight.led && !flight.answer) ok = flight.landed.wait(mutex, ctx, what);
    --flight.waiting;
    if (flight.answer) return {};  // came with the deadline or the stop, and is as good
    if (!ok && !flight.led && flight.waiting == 0) flights_.erase(key);
    return ok;
  }

  void land(const Key& key, Flight& flight, const base::Result<Answer>& answer) {
    flight.led = false;
    if (gave_up(answer) && flight.waiting > 0) {
      flight.landed.notify_all();
      return;
    }
    flight.answer = answer;
    flights_.erase(key);
    flight.landed.notify_all();
  }

  // Says something about the one who asked, not about what was asked.
  static bool gave_up(const base::Result<Answer>& answer) {
    return !answer &&
           (answer.error().code == base::Errc::cancelled || answer.error().code == base::Errc::timed_out);
  }

  std::map<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace ftpsfs::cache
