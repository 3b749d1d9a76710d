#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>

#include "ftpsfs/app/command_line.h"
#include "ftpsfs/app/service.h"
#include "ftpsfs/base/log.h"

namespace ftpsfs::app {
namespace {

int complain(const base::Error& error, int status) {
  fmt::print(stderr, "ftpsfs: {}\n", base::printable(error.message, 2048));
  return status;
}

// The password is in memory: no core file. What we create (the spool) is ours alone. A connection that broke is an
// error and not a signal.
void prepare_process() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::umask(077);
  std::signal(SIGPIPE, SIG_IGN);
}

int mount(MountCommand& command) {
  const std::string& level = command.config.options.log_level;
  if (auto status = base::configure_logging(base::LogTarget::standard_error, level); !status) {
    return complain(status.error(), kExitUsage);
  }
  auto credentials = find_credentials(command.config.options, command.config.source, ask_password);
  if (!credentials) return complain(credentials.error(), kExitMountFailed);
  const ServiceBody body = [&](const std::function<void()>& ready) {
    return run_mount(command.config, std::move(*credentials), ready);
  };
  return command.foreground ? run_in_foreground(body) : run_in_background(body, level);
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  prepare_process();
  auto parsed = parse_command_line(argc, argv);
  if (!parsed) return complain(parsed.error(), kExitUsage);
  if (const auto* const text = std::get_if<ShowText>(&*parsed)) {
    fmt::print("{}", text->text);
    return kExitOk;
  }
  return mount(std::get<MountCommand>(*parsed));
}

}  // namespace ftpsfs::app
