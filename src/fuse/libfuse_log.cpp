#include "libfuse_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string_view>
#include <utility>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/log.h"
#include "libfuse.h"

namespace ftpsfs::fuse {
namespace {

thread_local std::string last_error;

spdlog::level::level_enum to_level(fuse_log_level level) {
  switch (level) {
    case FUSE_LOG_EMERG:
    case FUSE_LOG_ALERT:
    case FUSE_LOG_CRIT:
    case FUSE_LOG_ERR: return spdlog::level::err;
    case FUSE_LOG_WARNING: return spdlog::level::warn;
    case FUSE_LOG_NOTICE:
    case FUSE_LOG_INFO: return spdlog::level::info;
    case FUSE_LOG_DEBUG: return spdlog::level::trace;
  }
  return spdlog::level::err;
}

std::string_view without_newline(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

__attribute__((format(printf, 2, 0))) void on_message(fuse_log_level level, const char* format,
                                                      va_list arguments) {
  std::array<char, 1024> buffer{};
  if (std::vsnprintf(buffer.data(), buffer.size(), format, arguments) < 0) return;
  const std::string_view text = without_newline(buffer.data());
  const auto wanted = to_level(level);
  if (wanted == spdlog::level::err) last_error = text;
  base::log("fuse").log(wanted, "libfuse: {}", base::printable(text));
}

}  // namespace

void route_libfuse_log() { fuse_set_log_func(&on_message); }

std::string take_libfuse_error() { return std::exchange(last_error, {}); }

}  // namespace ftpsfs::fuse
