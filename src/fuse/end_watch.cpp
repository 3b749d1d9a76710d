#include "end_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "ftpsfs/base/log.h"

namespace ftpsfs::fuse {
namespace {

// libfuse's loop waits in sem_wait and looks at its exit flag before that, so a single wake-up could come between the
// two. It is repeated until the loop has ended. SIGURG, because a stray one is ignored by default.
constexpr int kNudge = SIGURG;
constexpr int kNudgeIntervalMs = 20;

void do_nothing(int /*signal*/) {}

}  // namespace

EndWatch::EndWatch(fuse_session* session, SessionContext& context, const EndSignals& signals)
    : session_(session),
      context_(context),
      signals_(signals),
      loop_thread_(pthread_self()),
      done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!done_) throw std::system_error(errno, std::generic_category(), "eventfd");
  struct sigaction nudge{};
  nudge.sa_handler = do_nothing;  // without SA_RESTART: the wait ends with EINTR
  sigemptyset(&nudge.sa_mask);
  sigaction(kNudge, &nudge, &previous_nudge_);
  thread_ = std::thread([this] { watch(); });
}

EndWatch::~EndWatch() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(done_.get(), &one, sizeof one));
  thread_.join();
  sigaction(kNudge, &previous_nudge_, nullptr);
}

void EndWatch::watch() {
  bool ending = false;
  while (true) {
    // POLLERR comes without being asked for, and means that the kernel has cut the connection.
    std::array<pollfd, 3> waits{pollfd{done_.get(), POLLIN, 0}, pollfd{signals_.fd(), POLLIN, 0},
                                pollfd{ending ? -1 : fuse_session_fd(session_), 0, 0}};
    const int ready = ::poll(waits.data(), waits.size(), ending ? kNudgeIntervalMs : -1);
    if (ready < 0 && errno != EINTR) return;
    if (waits[0].revents != 0) return;
    if (ready > 0 && waits[1].revents != 0) on_signals(signals_.take());
    if (ready > 0 && waits[2].revents != 0) context_.end_of_questions.request_stop();
    ending = ending || signals_seen_ > 0 || context_.end_of_questions.stop_requested();
    if (ending) end_loop();
  }
}

void EndWatch::on_signals(unsigned count) {
  if (count == 0) return;
  if (signals_seen_ == 0) base::log("fuse").info("asked to end");
  signals_seen_ += count;
  context_.end_of_questions.request_stop();
  if (signals_seen_ > 1 && context_.end_of_changes.request_stop()) {
    base::log("fuse").warn("asked to end again: uploads under way are given up");
  }
}

void EndWatch::end_loop() {
  fuse_session_exit(session_);
  pthread_kill(loop_thread_, kNudge);
}

}  // namespace ftpsfs::fuse
