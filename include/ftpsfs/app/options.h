#pragma once

// Mount options: the -o list of the command line and of fstab.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/time_zone.h"
#include "ftpsfs/net/socket_address.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "ftpsfs/tls/policy.h"
#include "ftpsfs/vfs/vfs.h"

namespace ftpsfs::app {

// What is fetched before a program asks for it.
enum class Prefetch { automatic, metadata, off };

struct Options {
  std::optional<std::string> user;
  std::optional<std::filesystem::path> credentials_file;
  std::optional<int> password_fd;

  std::optional<TlsMode> tls;  // what the user wrote; Source::tls is what holds
  tls::Policy tls_policy;
  std::optional<std::filesystem::path> tls_key_passphrase_file;

  unsigned max_sessions = 4;
  std::chrono::milliseconds connect_timeout{15'000};    // TCP, TLS and login of one connection
  std::chrono::milliseconds operation_timeout{30'000};  // one request of a program
  std::chrono::milliseconds data_timeout{30'000};       // silence on a data connection
  std::chrono::milliseconds reply_timeout{30'000};    // the answer to one command, or the start of a transfer
  std::chrono::milliseconds upload_timeout{300'000};  // the final reply of an upload

  std::optional<ftp::TimeZone> time_zone;  // of the times in LIST; absent: learnt
  remote::FtpRemoteOptions presentation;   // charset, symlinks, uploads
  bool server_speaks_utf8 = true;          // false: charset= names another one

  ftp::DataChannelSettings data_channels;   // without limiters, which belong to a mount
  std::optional<std::uint64_t> rate_limit;  // bytes per second of all transfers, each way; absent: none
  std::optional<net::SocketAddress> bind_address;  // where connections begin; absent: the system chooses
  std::string quirks;  // what is known of the server beforehand, for ftp::apply_quirks

  std::chrono::milliseconds cache_lifetime{10'000};
  std::optional<std::chrono::milliseconds> negative_lifetime;  // absent: cache_lifetime
  Prefetch prefetch = Prefetch::automatic;
  std::optional<std::filesystem::path> spool_folder;  // absent: default_spool_folder()
  std::uint64_t spool_max = 10ULL << 30;              // bytes, all files being written together

  std::optional<std::chrono::milliseconds> writeback_delay;  // absent: close waits for the server
  std::optional<std::filesystem::path> journal_folder;       // absent: the user's state folder
  std::uint64_t journal_max = 10ULL << 30;                   // bytes, all files that wait for their upload
  std::chrono::milliseconds unmount_timeout{300'000};        // for the uploads that an unmount finds waiting

  std::string log_level = "info";
  std::optional<std::uint32_t> owner;  // absent: who mounts
  std::optional<std::uint32_t> group;
  std::uint32_t file_mode = 0644;  // shown where the server tells none
  std::uint32_t directory_mode = 0755;
  vfs::AttributePolicy times = vfs::AttributePolicy::automatic;        // mtime=
  vfs::AttributePolicy permissions = vfs::AttributePolicy::automatic;  // chmod=
  bool read_only = false;
  bool trace_requests = false;  // libfuse's own trace of kernel requests
  unsigned max_threads = 32;

  std::vector<std::string> kernel_options;  // for mount(2)
};

// Adds one -o list to `options`: items separated by commas, "\," and "\\" stand for the characters themselves; a later
// item overrides an earlier one, only tls_pin adds. Words that only concern mount(8), fstab and systemd are dropped.
// invalid_argument for anything unknown (with the nearest known name), for a bad value, and for a password.
base::Status parse_options(std::string_view list, Options& options);

// What only the whole tells: tls_min must not be above tls_max, allow_other brings default_permissions with it (without
// it everybody might do everything), ro goes to the kernel as well.
base::Status complete_options(Options& options);

// The option table for --help, one line each.
std::string options_help();

// $XDG_CACHE_HOME/ftpsfs or ~/.cache/ftpsfs; /var/cache/ftpsfs for root.
base::Result<std::filesystem::path> default_spool_folder();

}  // namespace ftpsfs::app
