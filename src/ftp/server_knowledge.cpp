#include "ftpsfs/ftp/server_knowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ftpsfs::ftp {

namespace {

constexpr std::size_t kMostFolders = 1000;  // of each kind
constexpr std::size_t kMostWarnings = 100;  // likewise

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool changes_on_windows(std::string_view name) {
  return name.ends_with('.') || name.ends_with(' ') ||
         name.find_first_of("\\:*?\"<>|") != std::string_view::npos || std::ranges::any_of(name, is_control);
}

bool changes_on_pureftpd(std::string_view name) {
  return name.ends_with(' ') || std::ranges::any_of(name, is_control);
}

}  // namespace

std::optional<Capabilities> ServerKnowledge::capabilities() const {
  const base::MutexLock lock(mutex_);
  return capabilities_;
}

void ServerKnowledge::set_capabilities(const Capabilities& capabilities) {
  const base::MutexLock lock(mutex_);
  capabilities_ = capabilities;
  if (capabilities.type_list) learn_disorder();
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
  const base::MutexLock lock(mutex_);
  return truncated_.size() < kMostWarnings && truncated_.insert(directory).second;
}

bool ServerKnowledge::learn_stores_in_place(const model::RemotePath& folder) {
  const base::MutexLock lock(mutex_);
  if (in_place_.size() < kMostFolders) in_place_.insert(folder);
  return in_place_.size() == 1;
}

bool ServerKnowledge::stores_in_place(const model::RemotePath& folder) const {
  const base::MutexLock lock(mutex_);
  return in_place_.contains(folder);
}

void ServerKnowledge::learn_refuses_looks(const model::RemotePath& folder) {
  const base::MutexLock lock(mutex_);
  if (refuse_looks_.size() < kMostFolders) refuse_looks_.insert(folder);
}

bool ServerKnowledge::refuses_looks(const model::RemotePath& folder) const {
  const base::MutexLock lock(mutex_);
  return refuse_looks_.contains(folder);
}

bool ServerKnowledge::first_unseen_upload(const model::RemotePath& folder) {
  const base::MutexLock lock(mutex_);
  return took_unseen_.size() < kMostWarnings && took_unseen_.insert(folder).second;
}

void ServerKnowledge::learn_from_greeting(const Reply& greeting) {
  if (greeting.text().find("Microsoft FTP Service") != std::string::npos) runs_on_windows = true;
}

void ServerKnowledge::learn_family(const ServerFamily& family) {
  if (family.name != "vsftpd") return;
  is_vsftpd = true;
  leaves_commands_unread = true;
}

base::Status ServerKnowledge::check_new_name(const model::RemotePath& path) const {
  const std::string_view name = path.name();
  if (runs_on_windows && changes_on_windows(name)) {
    return base::fail(
        base::Errc::name_invalid,
        fmt::format("the server runs on Windows, which has no name '{}': none ends in a dot or a "
                    "blank, or contains \\ : * ? \" < > |",
                    base::printable(name)));
  }
  const auto known = capabilities();
  if (!known || !known->sizd_fact || !changes_on_pureftpd(name)) return {};
  return base::fail(
      base::Errc::name_invalid,
      fmt::format("Pure-FTPd would change the name '{}': it replaces control characters and a blank at the "
                  "end by '_'",
                  base::printable(name)));
}

}  // namespace ftpsfs::ftp
