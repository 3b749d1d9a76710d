#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "control_channel.h"
#include "data_connection.h"
#include "listing_format.h"
#include "session_environment.h"

namespace ftpsfs::testing {

// One control connection: reads commands and executes them one after the other in the thread that calls
// run(). The public functions besides run() may be called from any thread.
class ControlSession {
 public:
  // alive is the number of control connections at the moment of accept(), this one included.
  ControlSession(const SessionEnvironment& environment, UniqueFd socket, std::uint64_t id, std::size_t alive);

  void run();
  [[nodiscard]] bool finished() const { return finished_.load(); }

  // Ends the session now, in the middle of whatever it does.
  void drop(CutStyle style);
  // Ends the session if it waits for a command; false if it does not.
  bool drop_if_idle(CutStyle style);
  // Sends raw bytes if it waits for a command; false if it does not.
  bool send_if_idle(const std::string& raw);

 private:
  enum class Access { anyone, secured, logged_in };
  using Handler = void (ControlSession::*)(std::string_view);
  struct Command {
    std::string_view verb;
    Handler handler;
    Access access;
  };
  struct Mail {
    std::optional<CutStyle> drop;
    std::string raw;
  };
  // Fills the buffer and gives the number of bytes, 0 at the end, less at an error.
  using Source = std::function<ssize_t(std::span<char>)>;
  struct Download {
    std::string start;
    std::string done;
    Source source;
  };
  enum class TransferEnd { done, peer_failed, session_over };

  // control_session.cpp: the command loop
  void serve();
  bool greet();
  [[nodiscard]] std::string greeting_text() const;
  bool wait_for_line(std::string& line);
  void wait_for_events();
  void read_mail();
  void execute(const std::string& line);
  void dispatch(std::string_view argument);
  [[nodiscard]] bool is_missing(std::string_view verb) const;
  [[nodiscard]] bool is_denied(std::string_view argument) const;
  bool hit_fault_before_execution();
  [[nodiscard]] bool allowed(const Command& command);
  static const Command* find_command(std::string_view verb);
  [[nodiscard]] bool forgets_restart(std::string_view verb) const;

  // session_replies.cpp
  void send(std::string_view raw);
  void preliminary(std::string_view text);
  void reply(std::string text);  // the final reply, where most faults take effect
  void reply_errno(std::string_view path, int error);
  void wait_for_release();
  void count_early_error(std::string_view text);
  void end_session(CutStyle style);
  [[nodiscard]] const Fault* fault() const { return fault_ ? &fault_->spec() : nullptr; }
  [[nodiscard]] bool cut_at(CutPoint point) const;

  // session_login.cpp
  void cmd_auth(std::string_view argument);
  void cmd_pbsz(std::string_view argument);
  void cmd_prot(std::string_view argument);
  void cmd_user(std::string_view argument);
  void cmd_pass(std::string_view argument);
  void cmd_feat(std::string_view argument);
  void cmd_opts(std::string_view argument);
  void cmd_syst(std::string_view argument);
  void cmd_type(std::string_view argument);
  void cmd_noop(std::string_view argument);
  void cmd_quit(std::string_view argument);
  void cmd_abor(std::string_view argument);
  bool secure_control();
  void refuse_hello();

  // session_files.cpp
  void cmd_pwd(std::string_view argument);
  void cmd_cwd(std::string_view argument);
  void cmd_cdup(std::string_view argument);
  void cmd_size(std::string_view argument);
  void cmd_mdtm(std::string_view argument);
  void cmd_mfmt(std::string_view argument);
  void cmd_mff(std::string_view argument);   // only where FEAT lists it
  void cmd_avbl(std::string_view argument);  // only where FEAT lists it
  void cmd_dele(std::string_view argument);
  void cmd_mkd(std::string_view argument);
  void cmd_rmd(std::string_view argument);
  void cmd_rnfr(std::string_view argument);
  void cmd_rnto(std::string_view argument);
  void cmd_site_chmod(std::string_view argument);
  void cmd_site_utime(std::string_view argument);
  void cmd_site_quota(std::string_view argument);
  void cmd_site_symlink(std::string_view argument);
  [[nodiscard]] std::string ftp_path(std::string_view argument) const;
  [[nodiscard]] std::optional<std::string> disk_path(std::string_view argument, bool follow_last);
  [[nodiscard]] std::optional<struct stat> status_of(std::string_view argument);
  bool set_modification_time(std::string_view stamp, std::string_view argument);

  // session_listings.cpp
  void cmd_list(std::string_view argument);
  void cmd_nlst(std::string_view argument);
  void cmd_mlsd(std::string_view argument);
  void cmd_mlst(std::string_view argument);
  void cmd_stat(std::string_view argument);
  [[nodiscard]] std::expected<std::string, int> listing_of(const std::string& path, bool all, bool dots,
                                                           std::string_view prefix) const;
  void send_listing(std::string text);
  void list_failed(std::string_view argument, int error);
  std::string_view strip_list_options(std::string_view argument, bool& all) const;

  // session_transfers.cpp
  void cmd_epsv(std::string_view argument);
  void cmd_pasv(std::string_view argument);
  void cmd_pret(std::string_view argument);
  void cmd_port(std::string_view argument);
  void cmd_eprt(std::string_view argument);
  void cmd_rest(std::string_view argument);
  void cmd_retr(std::string_view argument);
  void cmd_stor(std::string_view argument);
  void cmd_appe(std::string_view argument);
  std::optional<std::uint16_t> open_passive();
  void prepare_ticket();
  void prepare_active(std::optional<std::uint16_t> port);
  bool data_allowed();
  bool open_data(const std::string& start);
  IoStatus secure_data();
  bool judge_handshake(IoStatus status);
  [[nodiscard]] bool data_protocol_agrees();
  void refuse_data(const std::string& text, RefusalEffect effect);
  void download(const Download& job);
  void answer_cut_download();
  void send_late_replies();
  TransferEnd send_all(const Source& source);
  void finish_download(const Download& job, bool confirmed);
  void upload(std::string_view argument, int flags, std::uint64_t offset);
  UniqueFd open_for_upload(std::string_view argument, int flags, std::uint64_t offset);
  TransferEnd receive_all(int file, std::uint64_t offset, IoStatus& end);
  void finish_upload(IoStatus end);
  void attend_to_commands();
  void linger_for_commands();
  void execute_meanwhile(const std::string& line);
  [[nodiscard]] bool data_fault_due(std::uint64_t bytes) const;
  [[nodiscard]] std::size_t chunk_limit(std::uint64_t bytes, std::size_t most) const;
  TransferEnd apply_data_fault();

  const SessionEnvironment& environment_;
  const Personality& personality_;
  const std::uint64_t id_;
  const std::size_t alive_at_accept_;
  Wakeup wakeup_;
  TlsPeer peer_;
  ControlChannel channel_;
  DataConnection data_;

  std::string cwd_ = "/";
  std::string user_;
  bool logged_in_ = false;
  bool protected_data_ = false;
  bool protection_negotiated_ = false;  // PBSZ
  bool utf8_ = false;                   // OPTS UTF8 ON
  unsigned early_errors_ = 0;           // 5yz in a row before the login
  unsigned passive_replies_ = 0;
  bool pret_given_ = false;
  int bad_logins_ = 0;
  std::uint64_t restart_ = 0;
  std::optional<std::string> rename_from_;
  std::string late_replies_;  // raw, to be sent behind the answer to PWD

  std::string verb_;  // of the command being executed, "SITE CHMOD" included
  std::shared_ptr<FaultState> fault_;
  bool final_reply_sent_ = false;
  bool data_fault_done_ = false;
  bool ended_ = false;

  std::mutex mail_mutex_;
  Mail mail_;
  bool idle_ = false;  // guarded by mail_mutex_, like mail_
  std::atomic<CutStyle> drop_style_{CutStyle::abrupt};
  std::atomic<bool> finished_{false};
};

}  // namespace ftpsfs::testing
