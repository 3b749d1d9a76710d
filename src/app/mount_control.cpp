#include "mount_control.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <thread>
#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/control/messages.h"
#include "ftpsfs/control/mounts.h"
#include "ftpsfs/control/socket_candidates.h"
#include "ftpsfs/net/blocking.h"
#include "writeback.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;

constexpr std::chrono::seconds kBetweenProgress{1};

control::WaitingFile told(const writeback::WaitingFile& file) {
  return {.path = file.path.str(),
          .size = file.size,
          .uploading = file.uploading,
          .failures = file.failures,
          .last_error = file.last_error};
}

control::LostFile told(const writeback::LostFile& file) {
  return {.path = file.path, .kept = file.kept.string(), .reason = file.reason, .when = file.when};
}

// While it lives, tells the client from a thread of its own how much is left: at once, and every second.
class ProgressReports {
 public:
  ProgressReports(const WritebackAccess& writeback, const control::Progress& progress)
      : thread_([&writeback, &progress](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            progress(control::to_json(remaining_of(writeback.report())));
            [[maybe_unused]] const auto pause =
                net::wait({}, OpContext::with_timeout(kBetweenProgress, stop), "waiting to tell progress");
          }
        }) {}

 private:
  std::jthread thread_;
};

class Commands {
 public:
  Commands(const MountConfig& config, std::optional<WritebackAccess> writeback, SharedCounters counters)
      : mount_point_(config.mount_point.string()),
        source_(config.source.display()),
        writeback_(std::move(writeback)),
        counters_(std::move(counters)) {}

  control::MountStatus status() const;
  Result<std::string> flush(const OpContext& ctx, const control::Progress& progress) const;

 private:
  Status settle(const OpContext& ctx, const control::Progress& progress) const;

  const std::string mount_point_;
  const std::string source_;
  const base::SystemTime since_ = std::chrono::system_clock::now();
  const std::optional<WritebackAccess> writeback_;
  const SharedCounters counters_;
};

control::MountStatus Commands::status() const {
  control::MountStatus status;
  status.mount_point = mount_point_;
  status.source = source_;
  status.since = since_;
  const auto fetched = counters_->totals();
  status.fetched = {.bytes = fetched.fetched, .unused = fetched.unused};
  if (!writeback_) return status;
  const writeback::Report report = writeback_->report();
  status.writeback = writeback_->accepts;
  status.waiting = remaining_of(report);
  status.lost = report.lost.size();
  for (const auto& file : report.waiting) status.waiting_files.push_back(told(file));
  for (const auto& file : report.lost) status.lost_files.push_back(told(file));
  return status;
}

Status Commands::settle(const OpContext& ctx, const control::Progress& progress) const {
  if (!writeback_) return {};
  const ProgressReports reports(*writeback_, progress);
  return writeback_->settle(ctx);
}

Result<std::string> Commands::flush(const OpContext& ctx, const control::Progress& progress) const {
  const Status settled = settle(ctx, progress);
  if (ctx.stop.stop_requested()) {
    return fail(Errc::cancelled, "the mount ends; what it cannot upload meanwhile is kept for the next one");
  }
  return control::to_json(control::FlushOutcome{.error = settled ? std::string() : settled.error().describe(),
                                                .status = status()});
}

// At the first place that will do; null when there is none.
std::unique_ptr<control::Server> serve(const MountConfig& config, const control::Handlers& handlers) {
  const auto mount = control::find_mount(config.mount_point);
  Status failure = mount ? Status() : fail(Result<control::Mount>(mount));
  const auto sockets = mount ? control::socket_candidates(*mount, control::Environment::of_process())
                             : std::vector<std::filesystem::path>();
  for (const auto& socket : sockets) {
    auto server = control::Server::open(socket, handlers);
    if (server) return std::move(*server);
    failure = fail(std::move(server));
  }
  base::log("app").warn("ftpsctl cannot ask this mount, which works all the same: {}",
                        failure.error().describe());
  return nullptr;
}

}  // namespace

control::Handlers mount_handlers(const MountConfig& config, std::optional<WritebackAccess> writeback,
                                 SharedCounters counters) {
  const auto commands = std::make_shared<const Commands>(config, std::move(writeback), std::move(counters));
  return {{"status",
           [commands](const OpContext&, const control::Progress&) -> Result<std::string> {
             return control::to_json(commands->status());
           }},
          {"flush", [commands](const OpContext& ctx, const control::Progress& progress) {
             return commands->flush(ctx, progress);
           }}};
}

MountControl::MountControl(const MountConfig& config, std::optional<WritebackAccess> writeback,
                           SharedCounters counters)
    : server_(serve(config, mount_handlers(config, std::move(writeback), std::move(counters)))) {}

}  // namespace ftpsfs::app
