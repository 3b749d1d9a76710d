#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/command.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/net/blocking.h"
#include "ftpsfs/net/dialer.h"
#include "ftpsfs/tls/context.h"
#include "ftpsfs/tls/handshake_info.h"
#include "ftpsfs/tls/session_keeper.h"
#include "ftpsfs/tls/stream.h"

namespace ftpsfs::ftp {

// One control connection (RFC 959): commands out, replies in, matched by count. Knows nothing of what they mean.
//
// It counts the replies that the server still owes. Whoever stops waiting in the middle leaves a debt, and a connection
// with a debt is not `in_step`: nothing may be sent on it any more. The same goes after any I/O or protocol error.
// Not thread safe.
class ControlConnection {
 public:
  // When the question for TLS (AUTH TLS) leaves.
  enum class Auth {
    after_greeting,
    // Right behind the connection, which saves a round trip; all servers measured take it. `read_reply` gives the answer.
    ahead_of_greeting,
  };

  // Connects; with `implicit_tls` the handshake comes first (see tls::Stream::for_control about `resume`). Then reads
  // the greeting. Errors: unreachable and too_many_sessions when that refuses, those of the dialer and of start_tls.
  static base::Result<std::unique_ptr<ControlConnection>> open(net::Dialer& dialer, const std::string& host,
                                                               std::uint16_t port,
                                                               std::shared_ptr<tls::Context> implicit_tls,
                                                               const base::OpContext& ctx,
                                                               tls::Resume resume = tls::Resume::offer,
                                                               Auth auth = Auth::after_greeting);
  ~ControlConnection();
  ControlConnection(const ControlConnection&) = delete;
  ControlConnection& operator=(const ControlConnection&) = delete;

  const Reply& greeting() const { return greeting_; }

  // Whether the answer to an AUTH TLS ahead of the greeting is still to be read.
  bool awaits_answer_to_auth() const { return !encrypted() && owed_ > 0 && auth_ == Auth::ahead_of_greeting; }

  // Turns TLS on after the server agreed to AUTH. protocol_error when plain bytes came behind that agreement: they
  // would be an attacker's (CVE-2011-0411 and its family).
  base::Status start_tls(std::shared_ptr<tls::Context> context, const base::OpContext& ctx,
                         tls::Resume resume = tls::Resume::offer);

  // Sends one command, for which the server then owes one final reply. Catches up first.
  base::Status send(const Command& command, const base::OpContext& ctx);

  // The same for several commands that must be worked on in one go: a server may turn to its other connections between two
  // records, and some do not stand it if a data channel says something before its command. Together they must fit into a
  // TLS record (16 KiB).
  base::Status send_in_one_record(std::span<const Command> first, const Command& last,
                                  const base::OpContext& ctx);

  // The next reply, preliminary ones (1yz) included. connection_lost on an unasked 421 or the end of the stream.
  base::Result<Reply> read_reply(const base::OpContext& ctx);

  // The next one that is not preliminary.
  base::Result<Reply> read_final_reply(const base::OpContext& ctx);

  // What `read_reply` would return if no waiting were needed; nullopt when it would have to wait.
  base::Result<std::optional<Reply>> try_reply();

  // The next reply, whose inner lines go to `lines` however many there are (ReplyParser::pass_lines_to). The server may be
  // silent for `patience` at most. `meanwhile` is called before each wait, and may send further commands.
  base::Result<Reply> read_reply_with_lines(ReplyParser::LineSink lines,
                                            const std::function<base::Status()>& meanwhile,
                                            std::chrono::milliseconds patience, const base::OpContext& ctx);

  // One command, one final reply; preliminary replies are skipped.
  base::Result<Reply> exchange(const Command& command, const base::OpContext& ctx);

  // A few independent commands in one flight, each in its own TLS record, and their final replies in order. These must
  // fit what both ends buffer while the other one writes; Session::ask takes any number.
  base::Result<std::vector<Reply>> exchange_batch(std::span<const Command> commands,
                                                  const base::OpContext& ctx);

  // Sends a command whose answer is not needed yet, without waiting; false, and nothing sent, while a reply is still to
  // come. Further commands may follow at once: their replies come behind this answer, which is kept until
  // it is taken. A server that swaps them is given up (connection_lost, `answers_out_of_order`); that shows without
  // fail, since nothing but EPSV and PASV is answered by 227 or 229.
  bool ask_ahead(const Command& command);

  // The same behind a transfer that has ended but for its final reply, on a server that reads no command before that
  // (ServerKnowledge::takes_commands_behind_data).
  bool ask_ahead_behind_end(const Command& command);

  // The answer to the last `ask_ahead`: without waiting (nullopt: it has not come), or waiting for it. To be called
  // only between `ask_ahead` and the answer's taking.
  base::Result<std::optional<Reply>> try_take_answer_ahead();
  base::Result<Reply> take_answer_ahead(const base::OpContext& ctx);

  // For a transfer whose user has gone while its end is still to come: the next command first waits until the replies
  // are in step again. Neither call blocks.
  //
  // After a cut transfer ABOR goes out, and a PWD whose 257 makes the end visible: before it there must be two final
  // replies, the transfer's and ABOR's (only one with EndOfCut::may_be_silent). A server that answers the PWD before
  // these would send the missing ones as answers to later commands, so the connection is given up (connection_lost).
  // After a transfer that ended, or whose end the server notices without ABOR, all that is missing is the final reply, and
  // the answers to what was sent behind the data.
  enum class EndOfCut {
    told,
    may_be_silent,  // Pure-FTPd says nothing of the transfer itself, or sends another 150
  };
  void catch_up_after_cut(EndOfCut transfer = EndOfCut::told);

  // `ending`, if any, is the data channel of a download that has all its bytes, with our side closed: what the server still
  // sends there is read and dropped, and it is closed when the final reply has come.
  void catch_up_after_end(std::unique_ptr<net::ByteStream> ending = nullptr);

  // Catches up as far as no waiting is needed; true when the replies are in step again.
  base::Result<bool> try_catch_up();

  // What `try_catch_up` and `try_take_answer_ahead` wait for: this connection, and the data channel that is ending.
  std::array<net::Interest, 2> interests_behind() const;

  // Whether the server has answered the PWD behind an ABOR although the transfer's or ABOR's own reply was certainly
  // still to come (ftp-srv does), or a command before one that was asked ahead: on this server, transfers are to be
  // stopped without ABOR, and commands to be sent one at a time. Also after `out_of_order`.
  bool answers_out_of_order() const { return answers_out_of_order_; }

  // A reply that can only be another command's: gives the connection up (connection_lost, `answers_out_of_order`).
  std::unexpected<base::Error> out_of_order(const Reply& reply);

  // Never to be used again: the connection is suspected dead, and waiting for it would only cost the next user time.
  void give_up() { broken_ = true; }

  // Whether a next command may be sent: no error so far, and no reply owed but those to be caught up with or to come
  // ahead.
  bool in_step() const { return !broken_ && (owed_ == owed_ahead() || behind_ != Behind::nothing); }

  // Looks at the socket without waiting: false when the server has closed it or said anything unasked (a 421).
  bool still_quiet();

  // Says good-bye as far as that works without waiting.
  void quit();

  bool encrypted() const { return tls_context_ != nullptr; }
  const std::shared_ptr<tls::Context>& tls_context() const { return tls_context_; }
  const tls::SessionKeeper& session_keeper() const { return keeper_; }
  // What the TLS handshake agreed on; absent as long as the connection is in the clear.
  std::optional<tls::HandshakeInfo> tls_info() const;
  const std::string& host() const { return host_; }
  const net::SocketAddress& peer() const { return peer_; }
  const net::SocketAddress& local() const { return local_; }
  const net::ByteStream& stream() const { return *stream_; }

 private:
  enum class Behind { nothing, final_reply, barrier };

  ControlConnection(net::Connection connection, std::string host);

  base::Status secure(std::shared_ptr<tls::Context> context, const base::OpContext& ctx, tls::Resume resume);
  base::Status take_greeting(const base::OpContext& ctx);
  base::Result<std::optional<Reply>> next_reply();              // uncounted, does not wait
  base::Result<Reply> await_reply(const base::OpContext& ctx);  // uncounted
  base::Result<std::optional<Reply>> count(Reply reply);        // nullopt: it was an answer ahead
  base::Status check_order(const Reply& reply);
  base::Status look_for_answer_ahead();
  void expect_reply(bool may_name_port = false);
  bool speaks_tls() const;
  int owed_ahead() const { return ahead_ == Ahead::asked ? 1 : 0; }
  bool begin_ahead(const Command& command);
  void begin_catch_up(Behind behind);
  void note_sent(const Command& command);
  base::Status catch_up(const base::OpContext& ctx);
  bool is_last_behind(const Reply& reply) const;
  base::Result<bool> take_reply_behind(Reply reply);
  base::Status drop_what_is_ending();
  bool barrier_holds(std::span<const Reply> finals);
  bool try_send(const Command& command);
  std::unexpected<base::Error> break_off(base::Error error);

  std::string host_;
  net::SocketAddress peer_;
  net::SocketAddress local_;
  tls::SessionKeeper keeper_;  // outlives stream_, which reports to it
  std::shared_ptr<tls::Context> tls_context_;
  std::unique_ptr<net::ByteStream> stream_;
  tls::Stream* tls_ = nullptr;  // the same object, once its handshake is done
  ReplyParser parser_;
  Reply greeting_;
  Auth auth_ = Auth::after_greeting;
  net::IoState wanted_ = net::IoState::want_read;
  int owed_ = 0;
  std::deque<bool> names_port_;  // of each reply that is owed: whether a 227 or 229 may be it
  int preliminary_in_a_row_ = 0;
  Behind behind_ = Behind::nothing;
  std::vector<Reply> finals_behind_;  // so far
  int replies_behind_ = 0;
  std::unique_ptr<net::ByteStream> ending_;  // with Behind::final_reply, until its end is here
  std::size_t dropped_ = 0;                  // bytes of it
  EndOfCut cut_ = EndOfCut::told;
  enum class Ahead { nothing, asked, answered } ahead_ = Ahead::nothing;
  Reply answer_ahead_;
  bool answers_out_of_order_ = false;
  bool broken_ = false;
};

}  // namespace ftpsfs::ftp
