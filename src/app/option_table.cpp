#include "option_table.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include "connection_options.h"
#include "listing_options.h"
#include "option_values.h"
#include "tls_options.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Status;

constexpr unsigned kMostSessions = 32;
constexpr unsigned kLeastThreads = 4;
constexpr unsigned kMostThreads = 1024;
constexpr std::uint64_t kMostId = 0xffff'fffe;  // the last one means "none" to chown(2)

template <class Field, class T>
Status put(Field& field, base::Result<T>&& value) {
  if (!value) return fail(std::move(value));
  if constexpr (std::is_arithmetic_v<Field> && std::is_arithmetic_v<T>) {
    field = static_cast<Field>(*value);
  } else {
    field = std::move(*value);
  }
  return {};
}

// Setters, one per shape of value; the field is a template argument.
template <auto Field>
Status set_duration(Options& options, std::string_view text) {
  return put(options.*Field, parse_duration(text));
}

template <auto Field>
Status set_timeout(Options& options, std::string_view text) {
  auto time = parse_duration(text);
  if (time && time->count() == 0) return fail(Errc::invalid_argument, "it must be longer than nothing");
  return put(options.*Field, std::move(time));
}

template <auto Field>
Status set_size(Options& options, std::string_view text) {
  return put(options.*Field, parse_size(text));
}

template <auto Field>
Status set_mode(Options& options, std::string_view text) {
  return put(options.*Field, parse_mode(text));
}

template <auto Field>
Status set_path(Options& options, std::string_view text) {
  return put(options.*Field, parse_path_value(text));
}

template <auto Field, std::uint64_t Least, std::uint64_t Most>
Status set_number(Options& options, std::string_view text) {
  return put(options.*Field, parse_number(text, Least, Most));
}

template <auto Field>
Status set_id(Options& options, std::string_view text) {
  const auto number = parse_number(text, 0, kMostId);
  if (!number) return fail(base::Result<std::uint64_t>(number));
  options.*Field = static_cast<std::uint32_t>(*number);
  return {};
}

template <auto Field>
Status set_attribute_policy(Options& options, std::string_view text) {
  using vfs::AttributePolicy;
  constexpr std::array kWords{Word<AttributePolicy>{"auto", AttributePolicy::automatic},
                              Word<AttributePolicy>{"ignore", AttributePolicy::ignore},
                              Word<AttributePolicy>{"fail", AttributePolicy::fail}};
  return set_word(options.*Field, text, kWords);
}

Status set_fd(Options& options, std::string_view text) {
  const auto number = parse_number(text, 0, 1'000'000);
  if (!number) return fail(base::Result<std::uint64_t>(number));
  options.password_fd = static_cast<int>(*number);
  return {};
}

Status set_user(Options& options, std::string_view text) {
  if (text.empty()) return fail(Errc::invalid_argument, "it takes a user name");
  options.user = text;
  return {};
}

Status set_log_level(Options& options, std::string_view text) {
  constexpr std::array<std::string_view, 6> kLevels{"trace", "debug", "info", "warn", "error", "off"};
  if (std::ranges::find(kLevels, text) == kLevels.end()) {
    return fail(Errc::invalid_argument, "it takes trace, debug, info, warn, error or off");
  }
  options.log_level = text;
  return {};
}

Status set_uploads(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<remote::Uploads>{"auto", remote::Uploads::automatic},
                              Word<remote::Uploads>{"atomic", remote::Uploads::atomic},
                              Word<remote::Uploads>{"inplace", remote::Uploads::in_place}};
  return set_word(options.presentation.uploads, text, kWords);
}

Status set_prefetch(Options& options, std::string_view text) {
  constexpr std::array kWords{Word<Prefetch>{"auto", Prefetch::automatic},
                              Word<Prefetch>{"metadata", Prefetch::metadata},
                              Word<Prefetch>{"off", Prefetch::off}};
  return set_word(options.prefetch, text, kWords);
}

// Without a value, a file that is saved twice in a row is uploaded once, and others soon.
Status set_writeback(Options& options, std::string_view text) {
  constexpr std::chrono::seconds kDelay{5};
  if (text.empty()) {
    options.writeback_delay = kDelay;
    return {};
  }
  return put(options.writeback_delay, parse_duration(text));
}

Status set_read_only(Options& options, std::string_view /*none*/) {
  options.read_only = true;
  return {};
}

Status set_read_write(Options& options, std::string_view /*none*/) {
  options.read_only = false;
  return {};
}

Status set_trace(Options& options, std::string_view /*none*/) {
  options.trace_requests = true;
  options.log_level = "trace";
  return {};
}

constexpr std::array kLoginTable{
    OptionSpec{"user", "NAME", "who logs in (also user@ in the source)", set_user},
    OptionSpec{"credentials", "FILE", "file with username= and password= lines, mode 0600",
               set_path<&Options::credentials_file>},
    OptionSpec{"password_fd", "N", "read the password from this file descriptor", set_fd},
};

constexpr std::array kTable{
    OptionSpec{"max_sessions", "N", "most connections to the server (4)",
               set_number<&Options::max_sessions, 1, kMostSessions>},
    OptionSpec{"connect_timeout", "TIME", "for one connection: TCP, TLS and login (15)",
               set_timeout<&Options::connect_timeout>},
    OptionSpec{"timeout", "TIME", "for one request of a program (30)",
               set_timeout<&Options::operation_timeout>},
    OptionSpec{"data_timeout", "TIME", "silence on a transfer after which it is given up (30)",
               set_timeout<&Options::data_timeout>},
    OptionSpec{"reply_timeout", "TIME", "for the answer to one command (30)",
               set_timeout<&Options::reply_timeout>},
    OptionSpec{"upload_timeout", "TIME", "for the server's word that an upload is saved (300)",
               set_timeout<&Options::upload_timeout>},
    OptionSpec{"upload", "auto|atomic|inplace",
               "replace files at once; where that fails overwrite them, or do not, or always do (auto)",
               set_uploads},
    OptionSpec{"writeback", "[=TIME]",
               "close succeeds when the data is safe on this machine; uploads begin TIME later (no; 5)",
               set_writeback},
    OptionSpec{"journal_dir", "FOLDER", "where such data waits (~/.local/state/ftpsfs)",
               set_path<&Options::journal_folder>},
    OptionSpec{"journal_max", "SIZE", "most bytes there (10G)", set_size<&Options::journal_max>},
    OptionSpec{"unmount_timeout", "TIME", "for the uploads that an unmount finds waiting (300)",
               set_duration<&Options::unmount_timeout>},
    OptionSpec{"charset", "NAME", "charset of names on the server, as iconv knows it (bytes as they are)",
               set_charset},
    OptionSpec{"timezone", "ZONE", "zone of the times in LIST: Europe/Berlin, +02:00, UTC, local (learnt)",
               set_time_zone},
    OptionSpec{"symlinks", "show|hide|follow", "what becomes of symlinks (show)", set_symlinks},
    OptionSpec{"unsafe_symlinks", "", "show their targets even if they lead out of the mount",
               set_unsafe_symlinks},
    OptionSpec{"tls_data", "private|clear", "clear: files and listings travel unprotected (private)",
               set_tls_data},
    OptionSpec{"pasv_address", "peer|server",
               "where data channels go: the server's host, or what it names (peer)", set_pasv_address},
    OptionSpec{"active", "", "the server opens the data channels, to this machine", set_active},
    OptionSpec{"active_ports", "LOW-HIGH", "on these ports", set_active_ports},
    OptionSpec{"active_address", "ADDRESS", "the address it is told, for NAT", set_active_address},
    OptionSpec{"bind_address", "ADDRESS", "this machine's address for all connections", set_bind_address},
    OptionSpec{"rate_limit", "SIZE", "most bytes per second of all transfers, each way (none)",
               set_rate_limit},
    OptionSpec{"quirks", "A:B:…", "what the server cannot do or wants, see the README", set_quirks},
    OptionSpec{"cache_ttl", "TIME", "how long a directory listing is believed (10)",
               set_duration<&Options::cache_lifetime>},
    OptionSpec{"negative_ttl", "TIME", "how long a name is believed to be absent (cache_ttl)",
               set_duration<&Options::negative_lifetime>},
    OptionSpec{
        "prefetch", "auto|metadata|off",
        "what is fetched before it is asked for: listings and small files, only listings, nothing (auto)",
        set_prefetch},
    OptionSpec{"spool_dir", "FOLDER", "where files lie while they are written (~/.cache/ftpsfs)",
               set_path<&Options::spool_folder>},
    OptionSpec{"spool_max", "SIZE", "most bytes there, with K, M, G or T (10G)",
               set_size<&Options::spool_max>},
    OptionSpec{"log_level", "LEVEL", "trace, debug, info, warn, error or off (info)", set_log_level},
    OptionSpec{"uid", "N", "shown as the owner of all files (who mounts)", set_id<&Options::owner>},
    OptionSpec{"gid", "N", "shown as their group", set_id<&Options::group>},
    OptionSpec{"file_mode", "OCTAL", "permissions of files where the server shows none (0644)",
               set_mode<&Options::file_mode>},
    OptionSpec{"dir_mode", "OCTAL", "the same of directories (0755)", set_mode<&Options::directory_mode>},
    OptionSpec{"mtime", "auto|ignore|fail", "times that the server cannot set: go on, never ask, fail (auto)",
               set_attribute_policy<&Options::times>},
    OptionSpec{"chmod", "auto|ignore|fail", "the same of permissions (auto)",
               set_attribute_policy<&Options::permissions>},
    OptionSpec{"ro", "", "change nothing on the server", set_read_only},
    OptionSpec{"rw", "", "undo an earlier ro", set_read_write},
    OptionSpec{"max_threads", "N", "most requests served at a time (32)",
               set_number<&Options::max_threads, kLeastThreads, kMostThreads>},
    OptionSpec{"debug", "", "log every request of the kernel", set_trace},
};

constexpr std::array<std::string_view, 15> kKernelWords{"allow_other",  "allow_root", "default_permissions",
                                                        "auto_unmount", "nodev",      "dev",
                                                        "nosuid",       "suid",       "noexec",
                                                        "exec",         "sync",       "async",
                                                        "atime",        "noatime",    "dirsync"};

constexpr std::array<std::string_view, 21> kWordsForOthers{
    "_netdev",    "nofail",      "auto",       "noauto",   "defaults", "users",  "nouser",
    "group",      "nogroup",     "owner",      "noowner",  "mand",     "nomand", "relatime",
    "norelatime", "strictatime", "nodiratime", "diratime", "silent",   "loud",   "nonempty"};  // of fuse2

constexpr std::array<std::string_view, 5> kPasswordNames{"password", "pass", "passwd", "pw", "pwd"};

bool is_in(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

std::span<const OptionSpec> option_table() {
  static const std::vector<OptionSpec> all = [] {
    std::vector<OptionSpec> joined(kLoginTable.begin(), kLoginTable.end());
    std::ranges::copy(tls_option_table(), std::back_inserter(joined));
    std::ranges::copy(kTable, std::back_inserter(joined));
    return joined;
  }();
  return all;
}

std::span<const std::string_view> kernel_words() { return kKernelWords; }

bool is_for_others(std::string_view name, bool has_value) {
  if (name.starts_with("x-") || name.starts_with("X-") || name == "comment") return true;
  if (has_value) return false;
  return name == "user" || is_in(kWordsForOthers, name);
}

bool is_password(std::string_view name) { return is_in(kPasswordNames, name); }

}  // namespace ftpsfs::app
