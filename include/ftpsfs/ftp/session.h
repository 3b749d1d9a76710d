#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/base/secret.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/ready_channel.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/ftp/time_zone.h"
#include "ftpsfs/ftp/transfer.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/tls/context.h"

namespace ftpsfs::ftp {

enum class Security {
  explicit_tls,  // AUTH TLS (RFC 4217)
  implicit_tls,  // TLS from the first byte
  none,          // clear text, only because the user said so
};

// Where and how to log in, and how long things may take. Shared by all sessions of a mount; read only.
struct SessionSettings {
  std::string host;
  std::uint16_t port = 21;
  Security security = Security::explicit_tls;
  std::string user;
  base::Secret password;
  std::shared_ptr<tls::Context> tls;                  // unless Security::none
  std::chrono::milliseconds connect_timeout{15'000};  // TCP, TLS and login together
  std::chrono::milliseconds reply_timeout{30'000};    // of one command, or of the start of a transfer
  std::chrono::milliseconds data_timeout{30'000};     // of a data channel without progress
  // After an upload: some servers scan or commit first.
  std::chrono::milliseconds final_reply_timeout{300'000};
  std::optional<TimeZone> time_zone;  // of the times in LIST; absent: learnt from the first MDTM
  DataChannelSettings data;
};

// A logged-in control connection with PROT P (PROT C where the settings say so; neither with Security::none) and
// TYPE I. Not thread safe; the pool lends it to one user at a time. `settings`, `dialer` and `server` must outlive it.
class Session {
 public:
  // Connects, secures, logs in. Never sends the password, or anything after AUTH, in the clear. Errors: unreachable,
  // tls_refused (the server knows neither AUTH TLS nor AUTH SSL, or no PROT P), tls_untrusted, login_refused,
  // too_many_sessions, busy, timed_out, cancelled, connection_lost, protocol_error.
  static base::Result<std::unique_ptr<Session>> open(const SessionSettings& settings, net::Dialer& dialer,
                                                     ServerKnowledge& server, const base::OpContext& ctx);
  ~Session();  // leaves what its connection has learnt to ServerKnowledge
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One command; a refusal becomes the Error that classify makes of it.
  base::Result<Reply> perform(const Command& command, const base::OpContext& ctx);

  // Independent commands in as few flights as ControlConnection allows, or each on its own where the server is known to
  // want that; refusals are in the replies.
  base::Result<std::vector<Reply>> ask(std::span<const Command> commands, const base::OpContext& ctx);

  // Over the ready data channel where there is one. When that turns out dead it costs an opening as usual: the command
  // is sent again if the server has not carried it out, which is certain of a download, and of an upload when the
  // server says so (425).
  base::Result<std::unique_ptr<Transfer>> transfer(Command command, const base::OpContext& ctx,
                                                   std::optional<std::uint64_t> restart_at = std::nullopt,
                                                   Inquiry* inquiry = nullptr);

  // Where the login put us (PWD); the first session of a mount has asked for it at its login.
  base::Result<model::RemotePath> working_directory(const base::OpContext& ctx);

  // Whether a next user may have it: replies and commands are in step.
  bool reusable() const { return control_->in_step(); }

  // Whether it has been given up because its replies came in another order than the commands.
  bool answers_out_of_order() const { return control_->answers_out_of_order(); }

  // Looks without waiting whether the server has closed an idle session.
  bool still_quiet() { return control_->still_quiet(); }

  // Whether the ticket that data channels resume has run out at `now`, or will have within kResumptionMargin, on a
  // server that resumes data channels: they would then be refused, or cost a full handshake each. Only a new session
  // helps.
  static constexpr std::chrono::seconds kResumptionMargin{10};
  bool resumption_expired(base::SystemTime now) const;

  void quit() { control_->quit(); }

  // Suspects the connection to be dead: nobody shall have it again.
  void give_up() { control_->give_up(); }

  // The data channel of its next transfer.
  ReadyChannel& ready_channel() { return ready_; }

  // For a probe, which looks at single steps. What `perform` and `transfer` do goes through it, too.
  ControlConnection& control() { return *control_; }

  const SessionSettings& settings() const { return settings_; }
  ServerKnowledge& server() { return server_; }

 private:
  Session(const SessionSettings& settings, net::Dialer& dialer, ServerKnowledge& server,
          std::unique_ptr<ControlConnection> control);

  const SessionSettings& settings_;
  net::Dialer& dialer_;
  ServerKnowledge& server_;
  std::unique_ptr<ControlConnection> control_;
  ReadyChannel ready_;
  std::optional<Reply> login_directory_;  // the answer to PWD
};

}  // namespace ftpsfs::ftp
