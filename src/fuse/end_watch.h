#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>

#include "end_signals.h"
#include "ftpsfs/base/unique_fd.h"
#include "libfuse.h"
#include "session_context.h"

namespace ftpsfs::fuse {

// Ends the loop of the thread that made this object, on the first signal or when the kernel has cut the connection
// (umount -f): stops the requests that only ask, then makes libfuse's loop return. It waits for its workers, so without
// the stop a stalled read would hold it. A second signal stops the requests that save data, too.
class EndWatch {
 public:
  EndWatch(fuse_session* session, SessionContext& context, const EndSignals& signals);
  ~EndWatch();  // after the loop
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

 private:
  void watch();
  void on_signals(unsigned count);
  void end_loop();

  fuse_session* session_;
  SessionContext& context_;
  const EndSignals& signals_;
  pthread_t loop_thread_;
  struct sigaction previous_nudge_{};
  base::UniqueFd done_;
  unsigned signals_seen_ = 0;
  std::thread thread_;
};

}  // namespace ftpsfs::fuse
