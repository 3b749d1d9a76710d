#include "ftpsfs/ftp/server_knowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ftpsfs::ftp {

std::optional<Capabilities> ServerKnowledge::capabilities() const {
  const base::MutexLock lock(mutex_);
  return capabilities_;
}

void ServerKnowledge::set_capabilities(const Capabilities& capabilities) {
  const base::MutexLock lock(mutex_);
  capabilities_ = capabilities;
  if (capabilities.mlst) return;
  lacks_mlst = true;
  lacks_mlsd = true;
}

std::optional<std::chrono::minutes> ServerKnowledge::zone_offset() const {
  const base::MutexLock lock(mutex_);
  return zone_offset_;
}

void ServerKnowledge::set_zone_offset(std::chrono::minutes offset) {
  const base::MutexLock lock(mutex_);
  zone_offset_ = offset;
}

bool ServerKnowledge::first_truncated_listing(const model::RemotePath& directory) {
  constexpr std::size_t kMostWarnings = 100;
  const base::MutexLock lock(mutex_);
  return truncated_.size() < kMostWarnings && truncated_.insert(directory).second;
}

base::Status ServerKnowledge::check_new_name(const model::RemotePath& path) const {
  const auto known = capabilities();
  if (!known || !known->sizd_fact) return {};
  const std::string_view name = path.name();
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!name.ends_with(' ') && std::ranges::none_of(name, is_control)) return {};
  return base::fail(
      base::Errc::name_invalid,
      fmt::format("Pure-FTPd would change the name '{}': it replaces control characters and a blank at the "
                  "end by '_'",
                  base::printable(name)));
}

}  // namespace ftpsfs::ftp
