#include "flights.h"

#include <utility>

namespace ftpsfs::ftp {

using base::fail;
using base::OpContext;
using base::Result;

namespace {

// Under way at any time, so that the replies fit what both ends buffer while the other one writes. vsftpd, ProFTPD and
// Pure-FTPd take as many at once.
constexpr std::size_t kMostUnderWay = 2000;
constexpr std::size_t kMostBytesUnderWay = 64 << 10;

// About a packet: less would cost more of them, and a server reads nothing of a record before all of it has come.
constexpr std::size_t kMostBytesOfARecord = 1400;

// Tells which commands may be sent next.
class Window {
 public:
  Window(std::span<const Command> commands, std::size_t most) : commands_(commands), most_(most) {}

  bool all_answered() const { return answered_ == commands_.size(); }

  // For one record; none while enough are under way.
  std::span<const Command> next() {
    if (filled_ && (sent_ - answered_ > most_ / 2 || bytes_ > kMostBytesUnderWay / 2)) return {};
    const std::size_t first = sent_;
    std::size_t record = 0;
    while (sent_ < commands_.size() && has_room(record)) {
      record += commands_[sent_].wire().size();
      bytes_ += commands_[sent_++].wire().size();
    }
    filled_ = sent_ == first;
    return commands_.subspan(first, sent_ - first);
  }

  void note_answer() { bytes_ -= commands_[answered_++].wire().size(); }

 private:
  bool has_room(std::size_t record) const {
    const std::size_t size = commands_[sent_].wire().size();
    const std::size_t under_way = sent_ - answered_;
    if (under_way == 0) return true;
    return under_way < most_ && bytes_ + size <= kMostBytesUnderWay &&
           (record == 0 || record + size <= kMostBytesOfARecord);
  }

  const std::span<const Command> commands_;
  const std::size_t most_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t bytes_ = 0;  // of those under way
  bool filled_ = false;    // until half of it has been answered
};

}  // namespace

Result<std::vector<Reply>> ask_in_flights(ControlConnection& control, const ServerKnowledge& server,
                                          std::span<const Command> commands,
                                          std::chrono::milliseconds reply_timeout, const OpContext& ctx) {
  Window window(commands, server.one_at_a_time ? 1 : kMostUnderWay);
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  while (!window.all_answered()) {
    const OpContext limited = ctx.capped(reply_timeout);
    for (auto next = window.next(); !next.empty(); next = window.next()) {
      if (auto ok = control.send_in_one_record(next.first(next.size() - 1), next.back(), limited); !ok)
        return fail(std::move(ok));
    }
    auto reply = control.read_final_reply(limited);
    if (!reply) return fail(std::move(reply));
    window.note_answer();
    replies.push_back(std::move(*reply));
  }
  return replies;
}

}  // namespace ftpsfs::ftp
