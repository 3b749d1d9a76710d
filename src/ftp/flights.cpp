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

// Tells which command may be sent next.
class Window {
 public:
  Window(std::span<const Command> commands, std::size_t most) : commands_(commands), most_(most) {}

  bool all_answered() const { return answered_ == commands_.size(); }

  const Command* next() {
    const std::size_t under_way = sent_ - answered_;
    if (sent_ == commands_.size() || under_way >= most_) return nullptr;
    const Command& command = commands_[sent_];
    if (under_way > 0 && bytes_ + command.wire().size() > kMostBytesUnderWay) return nullptr;
    bytes_ += command.wire().size();
    ++sent_;
    return &command;
  }

  void note_answer() { bytes_ -= commands_[answered_++].wire().size(); }

 private:
  const std::span<const Command> commands_;
  const std::size_t most_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t bytes_ = 0;  // of those under way
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
    while (const Command* command = window.next()) {
      if (auto ok = control.send(*command, limited); !ok) return fail(std::move(ok));
    }
    auto reply = control.read_reply(limited);
    if (!reply) return fail(std::move(reply));
    if (reply->preliminary()) continue;
    window.note_answer();
    replies.push_back(std::move(*reply));
  }
  return replies;
}

}  // namespace ftpsfs::ftp
