#pragma once

#include <memory>
#include <optional>

#include "ftpsfs/app/credentials.h"
#include "ftpsfs/app/options.h"
#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::app {

// Everything below the caches, in one owner: TLS context, dialer, session pool, FtpRemote.
class RemoteStack {
 public:
  virtual ~RemoteStack() = default;

  // Its root is the source's path (the login directory when the source has none). Valid as long as this object.
  virtual remote::RemoteFs& fs() = 0;

  // Of what `fs` fetches; never null.
  virtual std::shared_ptr<remote::FetchCounters> counters() = 0;
};

// What the options and the source mean for a session. `tls` is null when the source wants none.
ftp::SessionSettings session_settings(const Options& options, const Source& source, Credentials&& credentials,
                                      std::shared_ptr<tls::Context> tls);

// The source's path in the server's bytes; absent when the source has none. name_invalid where the charset that the
// options name lacks one of its characters.
base::Result<std::optional<model::RemotePath>> root_on_server(const Options& options, const Source& source);

// Connects and logs in once, so that a wrong host, certificate or password is known before anything is mounted.
base::Result<std::unique_ptr<RemoteStack>> connect_remote(const Options& options, const Source& source,
                                                          Credentials&& credentials,
                                                          const base::OpContext& ctx);

}  // namespace ftpsfs::app
