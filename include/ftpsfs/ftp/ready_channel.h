#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/net/dialer.h"

namespace ftpsfs::ftp {

// The next data channel of one session, opened before a transfer wants it: EPSV (or PASV, where that is known to be
// needed) and the TCP connection. It saves a transfer two round trips. TLS begins with the transfer, because most
// servers shake hands only behind its command.
//
// Other commands may be sent meanwhile; every server measured keeps the channel over them, and for at least 20 s. Left
// unused it must not simply be closed: pyftpdlib would say something about that which nobody has asked for. ABOR makes
// the server close it, with one reply, and a new EPSV does so without a word.
//
// No call blocks but `take`. Not thread safe; it belongs to whoever has the session. All references must outlive it.
class ReadyChannel {
 public:
  ReadyChannel(ControlConnection& control, net::Dialer& dialer, const DataChannelSettings& settings,
               ServerKnowledge& server);
  ~ReadyChannel();
  ReadyChannel(const ReadyChannel&) = delete;
  ReadyChannel& operator=(const ReadyChannel&) = delete;

  // Asks for one, unless there is one already or cannot be: in active mode, where the port depends on the command
  // (PRET), and on servers that get one command at a time. Where the connection has replies to catch up with, that comes
  // first.
  void begin(base::SteadyTime now);

  // Goes on as far as no waiting is needed.
  void advance();

  // What `advance` waits for; nothing when there is nothing to do.
  std::vector<net::Interest> interests() const;

  // Connected, as far as is known.
  bool is_open() const { return stage_ == Stage::open; }

  // When a channel that is connected, or about to be, was begun; absent otherwise.
  std::optional<base::SteadyTime> begun_at() const;

  // Lets the server close it (ABOR).
  void retire();

  // The connected channel, or null when there is none, the server has closed it, or it cannot be connected: then it is
  // to be opened as usual. Waits for what is still under way, for the connection no longer than a firewall's silence
  // deserves. Errors: those of the control connection.
  base::Result<std::unique_ptr<net::ByteStream>> take(const base::OpContext& ctx);

  // Whether the server has refused one, or closed it, since the last call: it is better not asked again for a while.
  bool take_failure() { return std::exchange(failed_, false); }

 private:
  enum class Stage { nothing, catching_up, asked, connecting, open, retiring };

  void ask();
  void connect(const Reply& offer);
  void advance_connection();
  bool still_open();
  void fail_silently(const base::Error& error);
  void drop();

  ControlConnection& control_;
  net::Dialer& dialer_;
  const DataChannelSettings& settings_;
  ServerKnowledge& server_;
  Stage stage_ = Stage::nothing;
  base::SteadyTime begun_at_;
  std::unique_ptr<net::PendingConnection> pending_;
  std::unique_ptr<net::ByteStream> stream_;
  bool failed_ = false;
};

}  // namespace ftpsfs::ftp
