#include "ftpsfs/base/log.h"

#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>

#include "ftpsfs/base/mutex.h"

namespace ftpsfs::base {
namespace {

constexpr const char* kTerminalPattern = "%H:%M:%S.%e %-5l %n: %v";
constexpr const char* kSystemLogPattern = "%n: %v";

// Every logger writes to this one sink, so that changing the target reaches loggers handed out before.
class LogRegistry {
 public:
  LogRegistry() : output_(std::make_shared<spdlog::sinks::dist_sink_mt>()) {
    direct_to(LogTarget::standard_error);
  }

  void direct_to(LogTarget target) {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (target == LogTarget::system_log) {
      sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("ftpsfs", LOG_PID, LOG_DAEMON, true);
      sink->set_pattern(kSystemLogPattern);
    } else {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      sink->set_pattern(kTerminalPattern);
    }
    output_->set_sinks({std::move(sink)});
  }

  void set_level(spdlog::level::level_enum level) FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    level_ = level;
    for (const auto& [name, logger] : loggers_) logger->set_level(level);
  }

  spdlog::logger& get(std::string_view name) FTPSFS_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    auto found = loggers_.find(name);
    if (found == loggers_.end()) {
      auto logger = std::make_unique<spdlog::logger>(std::string(name), output_);
      logger->set_level(level_);
      logger->flush_on(spdlog::level::trace);
      found = loggers_.emplace(std::string(name), std::move(logger)).first;
    }
    return *found->second;
  }

 private:
  std::shared_ptr<spdlog::sinks::dist_sink_mt> output_;
  Mutex mutex_;
  spdlog::level::level_enum level_ FTPSFS_GUARDED_BY(mutex_) = spdlog::level::warn;
  std::map<std::string, std::unique_ptr<spdlog::logger>, std::less<>> loggers_ FTPSFS_GUARDED_BY(mutex_);
};

LogRegistry& registry() {
  static auto* const instance = new LogRegistry;  // outlives static destructors that may still log
  return *instance;
}

}  // namespace

Status configure_logging(LogTarget target, std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") {
    return fail(
        Errc::invalid_argument,
        fmt::format("unknown log level '{}': use trace, debug, info, warn, error or off", printable(level)));
  }
  registry().direct_to(target);
  registry().set_level(parsed);
  return {};
}

spdlog::logger& log(std::string_view layer) { return registry().get(layer); }

}  // namespace ftpsfs::base
