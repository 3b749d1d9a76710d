#include "flights.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ftpsfs::ftp {

using base::fail;
using base::OpContext;
using base::Result;

Result<std::vector<Reply>> ask_in_flights(ControlConnection& control, const ServerKnowledge& server,
                                          std::span<const Command> commands,
                                          std::chrono::milliseconds reply_timeout, const OpContext& ctx) {
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  const std::size_t most_in_flight = server.one_at_a_time ? 1 : ControlConnection::kLongestBatch;
  while (!commands.empty()) {
    const auto flight = commands.first(std::min(commands.size(), most_in_flight));
    auto part = control.exchange_batch(flight, ctx.capped(reply_timeout));
    if (!part) return fail(std::move(part));
    std::ranges::move(*part, std::back_inserter(replies));
    commands = commands.subspan(flight.size());
  }
  return replies;
}

}  // namespace ftpsfs::ftp
