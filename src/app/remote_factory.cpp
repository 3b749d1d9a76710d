#include "remote_factory.h"

#include <utility>

#include "ftpsfs/base/log.h"
#include "ftpsfs/base/rate_limiter.h"
#include "ftpsfs/ftp/quirks.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/pool/session_pool.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "tls_context.h"

namespace ftpsfs::app {
namespace {

using base::fail;
using base::OpContext;
using base::Result;

ftp::Security security_of(TlsMode mode) {
  switch (mode) {
    case TlsMode::explicit_tls: return ftp::Security::explicit_tls;
    case TlsMode::implicit_tls: return ftp::Security::implicit_tls;
    case TlsMode::none: return ftp::Security::none;
  }
  return ftp::Security::explicit_tls;
}

}  // namespace

ftp::SessionSettings session_settings(const Options& options, const Source& source, Credentials&& credentials,
                                      std::shared_ptr<tls::Context> tls) {
  ftp::SessionSettings settings;
  settings.host = source.host;
  settings.port = source.port;
  settings.security = security_of(source.tls);
  settings.user = std::move(credentials.user);
  settings.password = std::move(credentials.password);
  settings.tls = std::move(tls);
  settings.connect_timeout = options.connect_timeout;
  settings.reply_timeout = options.reply_timeout;
  settings.data_timeout = options.data_timeout;
  settings.final_reply_timeout = options.upload_timeout;
  settings.time_zone = options.time_zone;
  settings.data = options.data_channels;
  if (options.rate_limit) {
    settings.data.download_limit = std::make_shared<base::RateLimiter>(*options.rate_limit);
    settings.data.upload_limit = std::make_shared<base::RateLimiter>(*options.rate_limit);
  }
  return settings;
}

Result<std::optional<model::RemotePath>> root_on_server(const Options& options, const Source& source) {
  const auto& names = options.presentation.names;
  if (!source.path || !names) return source.path;
  auto encoded = names->encode(*source.path);
  if (!encoded) return fail(std::move(encoded));
  return std::move(*encoded);
}

namespace {

remote::FtpRemoteOptions presentation_of(const Options& options) {
  auto presentation = options.presentation;
  presentation.read_only = options.read_only;
  return presentation;
}

class FtpStack final : public RemoteStack {
 public:
  FtpStack(ftp::SessionSettings settings, const Options& options)
      : settings_(std::move(settings)),
        presentation_(presentation_of(options)),
        dialer_(options.bind_address),
        pool_([this](const OpContext& ctx) { return ftp::Session::open(settings_, dialer_, server_, ctx); },
              {.max_sessions = options.max_sessions}, base::steady_clock()) {
    if (!options.server_speaks_utf8) server_.lacks_utf8_opts = true;
  }

  base::Status apply_quirks(const std::string& list) { return ftp::apply_quirks(list, server_); }

  // Logs in; the login directory is the root unless there is another.
  base::Status connect(std::optional<model::RemotePath> root, const OpContext& ctx) {
    auto lease = pool_.acquire(pool::Purpose::command, ctx);
    if (!lease) return fail(std::move(lease));
    if (!root) {
      auto login_directory = lease->session().working_directory(ctx);
      if (!login_directory) return fail(std::move(login_directory));
      root = std::move(*login_directory);
    }
    remote_.emplace(pool_, std::move(*root), presentation_);
    return {};
  }

  remote::RemoteFs& fs() override { return *remote_; }
  std::shared_ptr<remote::FetchCounters> counters() override { return presentation_.counters; }

 private:
  const ftp::SessionSettings settings_;
  const remote::FtpRemoteOptions presentation_;
  net::TcpDialer dialer_;
  ftp::ServerKnowledge server_;
  pool::SessionPool pool_;
  std::optional<remote::FtpRemote> remote_;
};

}  // namespace

Result<std::unique_ptr<RemoteStack>> connect_remote(const Options& options, const Source& source,
                                                    Credentials&& credentials, const OpContext& ctx) {
  std::shared_ptr<tls::Context> tls;
  if (source.tls != TlsMode::none) {
    auto created = make_tls_context(options);
    if (!created) return fail(std::move(created));
    tls = std::move(*created);
  }
  auto stack = std::make_unique<FtpStack>(
      session_settings(options, source, std::move(credentials), std::move(tls)), options);
  if (options.data_channels.clear && source.tls != TlsMode::none) {
    base::log("app").warn(
        "tls_data=clear: files and listings travel unprotected; only the login is encrypted");
  }
  if (auto ok = stack->apply_quirks(options.quirks); !ok) return fail(std::move(ok));
  auto root = root_on_server(options, source);
  if (!root) return fail(std::move(root));
  if (auto ok = stack->connect(std::move(*root), ctx); !ok) return fail(std::move(ok));
  return stack;
}

}  // namespace ftpsfs::app
