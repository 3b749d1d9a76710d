#pragma once

#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "unix_socket.h"

namespace ftpsfs::control {

// While it lives: stops a command when its client hangs up or the server ends.
class CommandWatch {
 public:
  CommandWatch(const LineChannel& client, std::stop_token server_ends)
      : on_server_end_(std::move(server_ends), [this] { command_.request_stop(); }),
        watcher_([this, &client](const std::stop_token& command_ends) {
          if (client.wait_for_hang_up({.stop = command_ends})) command_.request_stop();
        }) {}
  CommandWatch(const CommandWatch&) = delete;
  CommandWatch& operator=(const CommandWatch&) = delete;

  std::stop_token token() const { return command_.get_token(); }
  void stop() { command_.request_stop(); }

 private:
  std::stop_source command_;
  std::stop_callback<std::function<void()>> on_server_end_;
  std::jthread watcher_;
};

}  // namespace ftpsfs::control
