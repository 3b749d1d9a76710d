#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ftpsfs/ftp/session.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/pool/session_pool.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "ftpsfs/tls/context.h"
#include "support/ftps_server/server.h"
#include "support/temporary_folder.h"

namespace ftpsfs::testing {

// Bytes that never repeat at a power of two, so that a wrong offset shows.
std::string patterned_bytes(std::size_t size);

// A context with a deadline no test should reach.
base::OpContext test_context();

tls::Policy trusting(const Server& server);
tls::Policy trusting(const Server& server, tls::Version only);

// Where to log in on 127.0.0.1 as ftpt, with deadlines short enough for tests of silence.
ftp::SessionSettings login_to(std::uint16_t port, const tls::Policy& policy);

// All layers up to FtpRemote, for a server on this machine.
class FtpStack {
 public:
  explicit FtpStack(ftp::SessionSettings settings, const pool::PoolOptions& options = {},
                    model::RemotePath root = {});

  ftp::SessionSettings settings;
  net::TcpDialer dialer;
  ftp::ServerKnowledge knowledge;
  pool::SessionPool pool;
  remote::FtpRemote remote;

  base::Result<std::unique_ptr<ftp::Session>> open_session();
};

// One of our own servers with a folder, and a stack that talks to it.
class ServedStack {
 public:
  explicit ServedStack(Personality personality, const pool::PoolOptions& options = {});
  ServedStack(Personality personality, tls::Version only, const pool::PoolOptions& options = {});

  TemporaryFolder folder;
  Server server;
  FtpStack stack;

  remote::RemoteFs& fs() { return stack.remote; }

 private:
  static ServerOptions options_for(const TemporaryFolder& folder, Personality personality);
};

model::RemotePath at(std::string_view path);

// Reads everything from `offset`.
base::Result<std::string> read_all(remote::RemoteFs& fs, const model::RemotePath& path,
                                   std::uint64_t offset = 0);

remote::UploadContent content_of(const std::string& bytes);  // `bytes` must outlive it

}  // namespace ftpsfs::testing
