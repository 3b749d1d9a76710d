#include "interrupt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <optional>
#include <string>

#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::fuse {
namespace {

using SignalMask = std::uint64_t;

SignalMask mask_of(int signal) { return SignalMask{1} << (signal - 1); }

SignalMask routine_signals() {
  return mask_of(SIGURG) | mask_of(SIGCHLD) | mask_of(SIGWINCH) | mask_of(SIGCONT) | mask_of(SIGALRM) |
         mask_of(SIGVTALRM) | mask_of(SIGPROF);
}

std::optional<SignalMask> field(std::string_view status, std::string_view name) {
  const auto start = status.find(name);
  if (start == std::string_view::npos) return std::nullopt;
  status.remove_prefix(start + name.size());
  SignalMask mask = 0;
  const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), mask, 16);
  if (error != std::errc{}) return std::nullopt;
  return mask;
}

}  // namespace

bool only_routine_signals_in_status(std::string_view status) {
  const auto own = field(status, "\nSigPnd:\t");
  const auto shared = field(status, "\nShdPnd:\t");
  const auto blocked = field(status, "\nSigBlk:\t");
  if (!own || !shared || !blocked) return false;
  const SignalMask pending = (*own | *shared) & ~*blocked;
  return pending != 0 && (pending & ~routine_signals()) == 0;
}

bool only_routine_signals_pending(pid_t thread) {
  const std::string path = fmt::format("/proc/{}/status", thread);
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  std::array<char, 8192> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size <= 0) return false;
  return only_routine_signals_in_status({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace ftpsfs::fuse
