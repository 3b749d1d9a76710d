#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/command.h"
#include "ftpsfs/ftp/control_connection.h"
#include "ftpsfs/ftp/data_channel_settings.h"
#include "ftpsfs/ftp/server_knowledge.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/tls/stream.h"

namespace ftpsfs::ftp {

// Questions that go ahead of a data command in its flight, or behind the data of an upload, and so cost no round trip;
// the answers come back in their order. Those ahead travel in one TLS record with the command: pyftpdlib works on one
// record, then on the ClientHello of the data channel, and does not know then what that is for. None of them may need a
// data channel or be answered by a 1yz, nor, behind data, by a 226.
struct Inquiry {
  std::vector<Command> questions;
  // All of them, if the server has judged the data command; fewer, or none, otherwise.
  std::vector<Reply> answers;
};

// One data command with its data channel, from EPSV to the final reply. This is the order that works on every server
// measured, under TLS 1.2 and 1.3:
//
//   1. EPSV (or PASV), then TCP connect to the control connection's peer, whatever address a PASV names. In active mode
//      EPRT (or PORT) instead; the connection comes, from that peer only, after the command. Nothing of this where the
//      channel has been opened ahead (ReadyChannel): then two round trips lead to the first byte.
//   2. REST, if any, directly before the command: FileZilla Server forgets it at any other reply.
//   3. The command, and in the same instant the ClientHello. Waiting for the 150 first deadlocks servers that shake
//      hands before they answer; a ClientHello ahead of the command makes others reset the channel.
//   4. The handshake resumes a duplicate of the control connection's newest session (read after the EPSV reply, for
//      FileZilla Server sends a ticket with each) and leads with the group that the control handshake ended with.
//   5. Handshake and control reply go on side by side, in whatever order the server moves them, and the handshake is
//      finished even when there is nothing to transfer.
//
// While a transfer runs its control connection carries nothing else, but for what `finish_upload` sends behind the data.
// Not thread safe. `control`, `settings` and `server` must outlive it.
class Transfer {
 public:
  // `ready` is a data channel that is connected already, or null; `inquiry` may be null, and is used by `begin` only.
  // Errors: what the server's refusal means (classify), tls_not_resumed when it wanted another TLS session than it got,
  // tls_untrusted, tls_refused, unreachable, timed_out, cancelled, connection_lost.
  static base::Result<std::unique_ptr<Transfer>> begin(ControlConnection& control, net::Dialer& dialer,
                                                       const DataChannelSettings& settings,
                                                       ServerKnowledge& server, Command command,
                                                       std::optional<std::uint64_t> restart_at,
                                                       std::unique_ptr<net::ByteStream> ready,
                                                       Inquiry* inquiry, const base::OpContext& ctx);
  ~Transfer();  // abandons what has not ended; does not block
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Downloads: at least one byte, or 0 when the data channel has ended. Whether that was the end of the file only
  // `finish_download` tells. A download_limit makes it wait, too, and return less at a time.
  base::Result<std::size_t> read(std::span<std::byte> out, const base::OpContext& ctx);

  // After `read` gave 0: answers the close, and waits for the final reply. vsftpd and ProFTPD send it only after our
  // close. Success means that the server says it has sent everything; where it ended the channel without a close_notify
  // (`closed_cleanly` is false) the caller must compare the number of bytes too.
  base::Result<Reply> finish_download(const base::OpContext& ctx);
  bool closed_cleanly() const { return closed_cleanly_; }

  // Whoever reads has all that there is: from now on `abandon` ends the transfer in order, also where the server has not
  // yet said that this was the end.
  void expect_end() { end_expected_ = true; }

  // Bytes of the data channel that have come and were not read; under TLS with what that adds to them. None
  // once the end is expected. Does not wait.
  std::size_t unread() const;

  // Uploads. When the server breaks off, the error is the one it names in its final reply (a full disk, a quota). With an
  // upload_limit the deadline holds for the waiting, too: whoever renews it gives no more than RateLimiter::most_at_once
  // bytes at a time.
  base::Status write(std::span<const std::byte> data, const base::OpContext& ctx);

  // Ends an upload so that every server keeps all of it: close_notify that really leaves (vsftpd and FileZilla Server
  // answer 426 or 425 without), TCP half close (ProFTPD waits for it), then everything the server still sends is read
  // (an unread TLS 1.3 ticket would make our close a reset, and the server would drop the tail), then the close.
  // `ctx` limits these steps; `reply_ctx` the wait for the final reply, which may take minutes on servers that scan or
  // commit first. `behind`, if any, leaves right behind the data, where the server certainly does not read it before its
  // final reply (ServerKnowledge::takes_commands_behind_data); it must live until `take_answers_behind` has returned.
  base::Result<Reply> finish_upload(const base::OpContext& ctx, const base::OpContext& reply_ctx,
                                    Inquiry* behind = nullptr);

  // To be called after `finish_upload`, whatever that has told: takes the answers to what it has sent behind the data, so
  // that the control connection is in step again. They mean something only if the upload succeeded. connection_lost also
  // when the server has answered out of order after all (ControlConnection::answers_out_of_order): then what looked like
  // the final reply may be another command's.
  base::Status take_answers_behind(const base::OpContext& ctx);

  // Ends the transfer without waiting and leaves the control connection usable; what has to be waited for is waited
  // for by its next command, one round trip at most. A download that has reached its end, known or expected, is closed
  // in order. Any other transfer is cut off: reset of the data channel (a plain close makes ProFTPD drop the control
  // connection), then ABOR and a barrier, unless the server is known to answer these out of order: there the transfer's
  // own final reply is awaited. vsftpd and Pure-FTPd drop the control connection on a reset in the middle of the
  // handshake, so a transfer that `begin` could not bring to its end takes the control connection with it.
  void abandon();

 private:
  Transfer(ControlConnection& control, const DataChannelSettings& settings, ServerKnowledge& server,
           Command command);

  base::Status prepare_data(net::Dialer& dialer, const base::OpContext& ctx);
  base::Status start_data_tls();
  base::Status accept_data();
  base::Status restart(std::uint64_t offset, const base::OpContext& ctx);
  base::Status ask(const base::OpContext& ctx);
  base::Status start(const base::OpContext& ctx);
  base::Result<bool> advance_handshake();
  base::Status advance_reply();
  base::Status take_answer(Reply reply);
  base::Status out_of_order(const Reply& reply);
  base::Status wait_for_any(bool shaking_hands, const base::OpContext& ctx);
  base::Result<Reply> final_reply(const base::OpContext& ctx);
  std::unexpected<base::Error> refusal(const Reply& reply) const;
  std::unexpected<base::Error> data_failed(base::Error error, const base::OpContext& ctx);
  base::Result<std::size_t> read_within_limit(std::span<std::byte> out, const base::OpContext& ctx);
  base::Status write_within_limit(std::span<const std::byte> data, const base::OpContext& ctx);
  base::Status send(std::span<const std::byte>& unsent, const base::OpContext& ctx);
  base::Status end_data(const base::OpContext& ctx);
  base::Status ask_behind(Inquiry* behind, const base::OpContext& ctx);
  base::Status drain(const base::OpContext& ctx);
  std::string active_hint() const;
  void note_resumption();
  void close_notify_early();
  void catch_up_after_cut();
  bool at_end();

  ControlConnection& control_;
  const DataChannelSettings& settings_;
  ServerKnowledge& server_;
  Command command_;
  const bool protected_;                     // the data channel is encrypted
  std::unique_ptr<net::Listener> listener_;  // until the server has connected, in active mode
  std::unique_ptr<net::ByteStream> data_;    // null before it is open, and once it is closed
  tls::Stream* data_tls_ = nullptr;          // the same object, when it is encrypted
  std::string tls_description_;              // after its handshake
  net::IoState handshake_wants_ = net::IoState::want_write;
  Inquiry* inquiry_ = nullptr;        // while answers are to come ahead of the command's own replies
  Inquiry* behind_ = nullptr;         // while answers are to come behind the final reply
  std::span<const Command> ahead_{};  // its questions, as long as they have not been sent
  bool closed_early_ = false;         // by our close_notify, before the data
  bool accepted_ = false;             // a 1yz has come
  bool started_ = false;              // `begin` succeeded
  bool end_expected_ = false;
  bool closed_cleanly_ = false;
  std::optional<Reply> final_;
};

}  // namespace ftpsfs::ftp
