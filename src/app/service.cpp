#include "ftpsfs/app/service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "ftpsfs/base/log.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::app {
namespace {

// What the child tells its parent: this byte, or a sentence that says why there is no mount.
constexpr char kReady = '\0';
constexpr std::size_t kMaxReport = 4096;

void complain(std::string_view sentence) { fmt::print(stderr, "ftpsfs: {}\n", sentence); }

void send(int pipe, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::write(pipe, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;  // nobody waits any more
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_all(int pipe) {
  std::string text;
  std::array<char, 512> buffer{};
  while (text.size() < kMaxReport && !text.starts_with(kReady)) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

void leave_terminal() {
  const base::UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing.get(), stream);
}

// The child's side.
class Background {
 public:
  Background(base::UniqueFd report, std::string log_level)
      : report_(std::move(report)), log_level_(std::move(log_level)) {}

  int run(const ServiceBody& body) {
    const auto status = body([this] { become_ready(); });
    if (status) return kExitOk;
    if (is_ready_) {
      base::log("app").error("{}", status.error().describe());
    } else {
      send(report_.get(), status.error().describe().substr(0, kMaxReport));
    }
    return kExitMountFailed;
  }

 private:
  void become_ready() {
    if (is_ready_) return;
    is_ready_ = true;
    ::setsid();
    static_cast<void>(::chdir("/") == 0);
    static_cast<void>(base::configure_logging(base::LogTarget::system_log, log_level_));
    leave_terminal();
    send(report_.get(), std::string_view(&kReady, 1));
    report_.reset();
  }

  base::UniqueFd report_;
  std::string log_level_;
  bool is_ready_ = false;  // ordered before the end of `run` by the end of the body's threads
};

std::string how_it_ended(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return "in an unknown way";
  }
  if (WIFSIGNALED(status)) {
    return fmt::format("by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("with status {}", WEXITSTATUS(status));
}

int await_child(pid_t child, const base::UniqueFd& report) {
  const std::string text = receive_all(report.get());
  if (text.starts_with(kReady)) return kExitOk;
  const std::string ending = how_it_ended(child);
  complain(text.empty() ? fmt::format("the background process ended {} before the mount was ready", ending)
                        : text);
  return kExitMountFailed;
}

}  // namespace

int run_in_foreground(const ServiceBody& body) {
  const auto status = body([] {});
  if (status) return kExitOk;
  complain(status.error().describe());
  return kExitMountFailed;
}

int run_in_background(const ServiceBody& body, const std::string& log_level) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    complain(fmt::format("cannot go to the background: {}", std::strerror(errno)));
    return kExitMountFailed;
  }
  base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) {
    complain(fmt::format("cannot go to the background: {}", std::strerror(errno)));
    return kExitMountFailed;
  }
  if (child == 0) {
    reading.reset();
    // Not back into the caller: this process has its own end, and the caller's clean-up belongs to the parent.
    ::_exit(Background(std::move(writing), log_level).run(body));
  }
  writing.reset();
  return await_child(child, reading);
}

}  // namespace ftpsfs::app
