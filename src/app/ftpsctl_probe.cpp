#include <fmt/format.h>
#include <langinfo.h>
#include <sys/resource.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "ftpsfs/app/credentials.h"
#include "ftpsfs/app/ftpsctl.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/probe/probe.h"
#include "remote_factory.h"
#include "standard_output.h"
#include "stop_on_signal.h"
#include "tls_context.h"

namespace ftpsfs::app {
namespace {

using base::fail;
using base::Result;

constexpr std::chrono::minutes kWholeProbe{5};

int complain(const base::Error& error) {
  fmt::print(stderr, "ftpsctl: {}\n", base::printable(error.message, 2048));
  return kExitControlUsage;
}

// The password is in memory: no core file. A connection that broke is an error and not a signal.
void prepare_process() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(SIGPIPE, SIG_IGN);
}

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

probe::TextStyle style_of_output() {
  std::setlocale(LC_CTYPE, "");
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return {.utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8",
          .colour = ::isatty(STDOUT_FILENO) == 1 && !dumb && !is_set("NO_COLOR")};
}

Result<probe::ProbeSettings> settings_of(ProbeCommand& command, Credentials&& credentials) {
  std::shared_ptr<tls::Context> tls;
  if (command.source.tls != TlsMode::none) {
    auto created = make_tls_context(command.options);
    if (!created) return fail(std::move(created));
    tls = std::move(*created);
  }
  probe::ProbeSettings settings;
  settings.source = command.source.display();
  settings.given_options = std::move(command.option_list);
  settings.quirks = command.options.quirks;
  settings.login = session_settings(command.options, command.source, std::move(credentials), std::move(tls));
  settings.make_tls = [options = command.options](const tls::Policy& policy) mutable {
    options.tls_policy = policy;
    return make_tls_context(options);
  };
  auto folder = root_on_server(command.options, command.source);
  if (!folder) return fail(std::move(folder));
  settings.folder = std::move(*folder);
  settings.server_speaks_utf8 = command.options.server_speaks_utf8;
  settings.write = command.write;
  return settings;
}

}  // namespace

int run_probe(ProbeCommand&& command) {
  prepare_process();
  const auto logging = base::configure_logging(base::LogTarget::standard_error, command.options.log_level);
  if (!logging) return complain(logging.error());
  auto credentials = find_credentials(command.options, command.source, ask_password);
  if (!credentials) return complain(credentials.error());
  auto settings = settings_of(command, std::move(*credentials));
  if (!settings) return complain(settings.error());
  const StopOnSignal stop;
  net::TcpDialer dialer(command.options.bind_address);
  const auto report = probe::run(*settings, dialer, base::OpContext::with_timeout(kWholeProbe, stop.token()));
  if (!print_to_standard_output(command.json ? probe::to_json(report)
                                             : probe::to_text(report, style_of_output()))) {
    fmt::print(stderr, "ftpsctl: the report could not be written\n");
    return kExitControlOutput;
  }
  return probe::exit_status(report);
}

}  // namespace ftpsfs::app
