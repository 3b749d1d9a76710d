#include "ftpsfs/ftp/space.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <vector>

#include "ftpsfs/base/log.h"
#include "ftpsfs/ftp/classify.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::OpContext;
using base::Result;
using model::RemotePath;

namespace {

constexpr double kMostBytes = 1e18;

std::optional<double> parse_amount(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end || !(value >= 0) || value > kMostBytes) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> bytes_in(std::string_view unit) {
  if (unit == "bytes") return 1;
  if (unit == "Kb") return 1024;
  if (unit == "Mb") return 1024.0 * 1024;
  if (unit == "Gb") return 1024.0 * 1024 * 1024;
  return std::nullopt;
}

std::optional<Space> parse_limit(std::string_view line) {
  constexpr std::string_view kUploaded = "Uploaded ";
  line = trim(line);
  const auto colon = line.find(':');
  if (!line.starts_with(kUploaded) || colon == std::string_view::npos) return std::nullopt;
  const auto unit = bytes_in(line.substr(kUploaded.size(), colon - kUploaded.size()));
  const auto amounts = trim(line.substr(colon + 1));
  const auto slash = amounts.find('/');
  if (!unit || slash == std::string_view::npos) return std::nullopt;
  const auto used = parse_amount(amounts.substr(0, slash));
  const auto limit = parse_amount(amounts.substr(slash + 1));
  if (!used || !limit || *limit * *unit > kMostBytes) return std::nullopt;
  const auto left = std::max(0.0, *limit - *used);
  return Space{.total = static_cast<std::uint64_t>(*limit * *unit),
               .available = static_cast<std::uint64_t>(left * *unit)};
}

bool is_unknown(const Command& command, const Reply& reply) {
  return reply.refused() && classify(command, reply).error.code == Errc::not_supported;
}

std::optional<Space> lesser(std::optional<Space> quota, std::optional<std::uint64_t> left_on_disk) {
  if (!left_on_disk) return quota;
  if (!quota) return Space{.total = std::nullopt, .available = *left_on_disk};
  quota->available = std::min(quota->available, *left_on_disk);
  return quota;
}

}  // namespace

std::optional<Space> parse_quota(const Reply& reply) {
  if (reply.code != 200) return std::nullopt;
  for (const auto& line : reply.lines) {
    if (const auto space = parse_limit(line)) return space;
  }
  return std::nullopt;
}

Result<std::optional<Space>> ask_space(Session& session, const RemotePath& path, const OpContext& ctx) {
  ServerKnowledge& server = session.server();
  std::vector<Command> questions;
  std::vector<std::reference_wrapper<std::atomic<bool>>> lacks;
  if (!server.lacks_avbl) {
    questions.push_back(Command::avbl(path));
    lacks.emplace_back(server.lacks_avbl);
  }
  if (!server.lacks_site_quota) {
    questions.push_back(Command::site_quota());
    lacks.emplace_back(server.lacks_site_quota);
  }
  if (questions.empty()) return std::nullopt;
  const auto replies = session.ask(questions, ctx);
  if (!replies) return std::unexpected(replies.error());

  std::optional<Space> quota;
  std::optional<std::uint64_t> left_on_disk;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const Reply& reply = (*replies)[i];
    if (is_unknown(questions[i], reply)) lacks[i].get() = true;
    if (&lacks[i].get() == &server.lacks_avbl) {
      left_on_disk = parse_size(reply);
    } else {
      quota = parse_quota(reply);
    }
  }
  return lesser(quota, left_on_disk);
}

}  // namespace ftpsfs::ftp
