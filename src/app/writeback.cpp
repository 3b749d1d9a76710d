#include "writeback.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "ftpsctl_text.h"
#include "ftpsfs/base/log.h"
#include "stop_on_signal.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using writeback::WritebackFs;

Result<std::filesystem::path> default_journals() {
  if (::geteuid() == 0) return std::filesystem::path("/var/lib/ftpsfs");
  if (const char* const state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/') {
    return std::filesystem::path(state) / "ftpsfs";
  }
  if (const char* const home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return std::filesystem::path(home) / ".local/state/ftpsfs";
  }
  return fail(Errc::invalid_argument,
              "no folder for the journal: HOME is not set; name one with -o journal_dir=FOLDER");
}

// Different texts give different names.
std::string as_folder_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '@' || c == '_' ||
                       (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else {
      fmt::format_to(std::back_inserter(name), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name;
}

writeback::WritebackOptions writeback_options(const Options& options, std::filesystem::path folder) {
  writeback::WritebackOptions result;
  result.folder = std::move(folder);
  result.accepts = options.writeback_delay.has_value();
  if (result.accepts) result.delay = *options.writeback_delay;
  result.keeps_times = options.times != vfs::AttributePolicy::ignore;
  result.most_bytes = options.journal_max;
  // One connection stays for commands. Another one is for transfers that somebody waits for, who waits for no more than a
  // short upload.
  constexpr unsigned kKept = 2;
  const bool has_more = options.max_sessions > kKept;
  result.most_uploads = has_more ? options.max_sessions - kKept : 1;
  result.more_short_uploads = has_more ? 1 : 0;
  return result;
}

// "3 files, 1.5 MB"
std::string what_waits(const writeback::Report& report) { return remaining_text(remaining_of(report)); }

}  // namespace

Result<std::filesystem::path> journal_folder(const Options& options, const Source& source,
                                             const std::string& user) {
  auto all = options.journal_folder ? *options.journal_folder : default_journals();
  if (!all) return all;
  std::string name = as_folder_name(fmt::format("{}@{}_{}", user, source.host, source.port));
  if (source.path) name += as_folder_name(source.path->str());
  constexpr std::size_t kLongestName = 255;
  if (name.size() <= kLongestName) return *all / name;
  // Cut in two components, and so on, instead of made shorter: names must differ where the sources do.
  std::filesystem::path folder = *all;
  for (std::size_t i = 0; i < name.size(); i += kLongestName) folder /= name.substr(i, kLongestName);
  return folder;
}

Result<std::unique_ptr<WritebackFs>> open_writeback(const Options& options, const Source& source,
                                                    const std::string& user, remote::RemoteFs& remote) {
  auto folder = journal_folder(options, source, user);
  const bool wanted = options.writeback_delay && !options.read_only;
  if (!folder) {
    if (wanted) return fail(std::move(folder));
    return nullptr;
  }
  const bool left = WritebackFs::has_waiting(*folder);
  if (options.read_only) {
    if (left) {
      base::log("app").warn("{} holds files of an earlier mount that are not on the server; mount without ro",
                            base::printable(folder->native()));
    }
    return nullptr;
  }
  if (!wanted && !left) return nullptr;
  const auto ctx = OpContext::with_timeout(options.operation_timeout);
  auto opened = WritebackFs::open(remote, writeback_options(options, *folder), ctx);
  if (opened || wanted) return opened;
  base::log("app").warn("what an earlier mount has left in {} is not uploaded now: {}",
                        base::printable(folder->native()), opened.error().describe());
  return nullptr;
}

control::Remaining remaining_of(const writeback::Report& report) {
  return {.files = report.waiting.size(), .bytes = report.waiting_bytes};
}

void finish_writeback(WritebackFs& writeback, const Options& options) {
  constexpr std::chrono::seconds kBetweenReports{5};
  const StopOnSignal signals;
  const auto all = OpContext::with_timeout(options.unmount_timeout, signals.token());
  std::mutex mutex;
  std::condition_variable_any pause;
  auto report = writeback.report();
  while (!report.waiting.empty() && all.check("uploading")) {
    base::log("app").info("unmounted; still to be uploaded: {}", what_waits(report));
    const auto begun = std::chrono::steady_clock::now();
    const auto settled = writeback.settle(model::RemotePath(), all.capped(kBetweenReports));
    if (!settled && std::chrono::steady_clock::now() - begun < kBetweenReports) {
      base::log("app").warn("not uploaded yet: {}", settled.error().describe());
      std::unique_lock lock(mutex);
      pause.wait_until(lock, all.stop, std::min(all.deadline, begun + kBetweenReports), [] { return false; });
    }
    report = writeback.report();
  }
  if (!report.waiting.empty()) {
    base::log("app").warn("left for the next mount of this source: {}, in the journal {}", what_waits(report),
                          base::printable(writeback.folder().native()));
  }
  if (!report.lost.empty()) {
    base::log("app").warn("the server refuses {} of this mount or earlier ones; they are in {}",
                          report.lost.size() == 1 ? "a file" : fmt::format("{} files", report.lost.size()),
                          base::printable((writeback.folder() / "lost+found").native()));
  }
}

}  // namespace ftpsfs::app
