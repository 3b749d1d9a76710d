#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/dir_entry.h"
#include "ftpsfs/model/remote_path.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/probe/probe.h"
#include "ftpsfs/probe/report.h"

namespace ftpsfs::probe {

using SessionPtr = std::unique_ptr<ftp::Session>;

// What one check tells the next.
struct Facts {
  std::string greeting;
  std::string feat;
  std::chrono::milliseconds round_trip{0};
  model::RemotePath folder;
  std::vector<model::DirEntry> entries;  // of that folder
  std::optional<model::RemotePath> large_file;
  bool zone_known = false;
};

// The workbench of a probe: settings, report, what was learnt so far, and the sessions, one at a time as some
// servers allow no more. Not thread safe.
class Lab {
 public:
  Lab(const ProbeSettings& settings, net::Dialer& dialer, const base::OpContext& ctx);

  const ProbeSettings& settings() const { return settings_; }
  net::Dialer& dialer() { return dialer_; }
  const base::OpContext& context() const { return ctx_; }
  base::OpContext step() const { return ctx_.capped(settings_.step_timeout); }  // one question
  bool wants_tls() const { return settings_.login.security != ftp::Security::none; }
  bool wants_data_tls() const { return wants_tls() && !settings_.login.data.clear; }
  const std::shared_ptr<tls::Context>& tls() const { return settings_.login.tls; }

  Report& report() { return report_; }
  Report take_report() { return std::move(report_); }

  // As the report's, unless the probe has been stopped or its time is up: what fails then says nothing about the server.
  void suggest(Suggestion suggestion);
  void obstruct(std::string sentence);

  Facts facts;
  ftp::ServerKnowledge server;

  // A connection that has greeted; with Security::implicit_tls after the handshake.
  base::Result<std::unique_ptr<ftp::ControlConnection>> open(ftp::Security security,
                                                             const std::shared_ptr<tls::Context>& tls);

  // Logged in as a mount does it, but with TLS settings of its own.
  base::Result<SessionPtr> log_in_with(const std::shared_ptr<tls::Context>& tls);

  // The session that checks use one after the other; a new one when the last check has lost it.
  base::Result<ftp::Session*> session();
  base::Result<ftp::ControlConnection*> control();
  base::Result<ftp::Reply> ask(const ftp::Command& command);

  // Gives it up, so that the server has a session to spare for a check that needs a connection of its own.
  void leave();
  // QUIT, and waits until the server has hung up: only then it counts a session less.
  void leave(SessionPtr session);

  void leave(ftp::ControlConnection& control);

  // For the removal of what a check has made, also when time is up or the user has said stop. Gives the context that
  // `restore` puts back.
  base::OpContext allow_cleanup(std::chrono::milliseconds limit);
  void restore(const base::OpContext& ctx) { ctx_ = ctx; }

 private:
  base::Status count_connection();

  // Opens a connection, and again after a pause while the server may still count one that has just been left.
  template <class Open>
  std::invoke_result_t<Open> patiently(const Open& open);

  const ftp::SessionSettings& with_tls(const std::shared_ptr<tls::Context>& tls);

  const ProbeSettings& settings_;
  net::Dialer& dialer_;
  base::OpContext ctx_;
  Report report_;
  std::list<ftp::SessionSettings> variants_;  // of the settings, with other TLS; sessions refer to them
  SessionPtr session_;
  bool departed_ = false;  // a session has been left, and none opened since
  unsigned connections_ = 0;
  unsigned cleanups_ = 0;
};

// Adds findings to one section.
class Notes {
 public:
  Notes(Report& report, std::string id, std::string title)
      : report_(report), id_(std::move(id)), title_(std::move(title)) {}

  Finding& add(std::string id, std::string title, Mark mark, std::string text, Value value = {}) {
    return report_.add(id_, title_,
                       {std::move(id), std::move(title), mark, std::move(text), std::move(value), {}});
  }

 private:
  Report& report_;
  std::string id_;
  std::string title_;
};

// Milliseconds since it was made.
class Stopwatch {
 public:
  std::chrono::milliseconds read() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin_);
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace ftpsfs::probe
