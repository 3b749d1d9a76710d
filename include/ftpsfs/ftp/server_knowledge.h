#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <set>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/ftp/capabilities.h"
#include "ftpsfs/ftp/server_family.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Whether LIST gets -a, which shows dot files or is taken for a name.
enum class ListAll { unknown, always, never };

// Whether the server does what it should, as far as that has shown.
enum class Answers { unknown, yes, no };

// What the sessions of one mount have learnt of their server, so that a refusal is asked for only once. Each flag may
// also be forced before the first session (quirks.h): nothing that is learnt later sets one back. Thread safe.
class ServerKnowledge {
 public:
  // Absent until the first login asked.
  std::optional<Capabilities> capabilities() const FTPSFS_EXCLUDES(mutex_);
  void set_capabilities(const Capabilities& capabilities) FTPSFS_EXCLUDES(mutex_);

  // What the greeting tells about the machine.
  void learn_from_greeting(const Reply& greeting);

  // What is known of one family only, and could not be found out without risking an upload.
  void learn_family(const ServerFamily& family);

  // Whether something new may get this name. Pure-FTPd stores control characters and a blank at the end as '_', Windows
  // drops dots and blanks at the end and takes some characters for something else, and both say nothing: the file would
  // be there under a name that nobody asked for. name_invalid in that case.
  base::Status check_new_name(const model::RemotePath& path) const FTPSFS_EXCLUDES(mutex_);

  // A command that the server turned out not to have (500, 502, 504), or not to do as it should.
  std::atomic<bool> lacks_epsv{false};
  std::atomic<bool> lacks_pasv{false};
  std::atomic<bool> lacks_eprt{false};
  std::atomic<bool> lacks_mlsd{false};  // apart from MLST: Serv-U's MLSD is broken, its MLST works
  std::atomic<bool> lacks_mlst{false};
  std::atomic<bool> lacks_size{false};
  std::atomic<bool> lacks_mdtm{false};
  std::atomic<bool> lacks_utf8_opts{false};
  std::atomic<bool> lacks_mfmt{false};
  std::atomic<bool> lacks_mff{false};
  std::atomic<bool> lacks_mdtm_set{false};
  std::atomic<bool> lacks_site_utime{false};       // with the time before the path
  std::atomic<bool> lacks_site_utime_long{false};  // with three times and "UTC" behind it
  std::atomic<bool> lacks_site_chmod{false};
  std::atomic<bool> lacks_site_symlink{false};
  std::atomic<bool> lacks_avbl{false};
  std::atomic<bool> lacks_site_quota{false};
  std::atomic<bool> lacks_stat_listings{false};  // STAT of a directory, or it cannot be relied on
  std::atomic<bool> lacks_appe{false};           // or cannot be relied on for the rest of an upload
  std::atomic<bool> lacks_rename_over{false};    // RNTO does not replace: the target steps aside
  std::atomic<bool> refuses_dot_names{false};    // or does not show them: temporary names get no dot

  std::atomic<bool> one_at_a_time{false};     // no further command before a reply has come
  std::atomic<bool> stops_by_waiting{false};  // a cut download ends with its own final reply, without ABOR
  std::atomic<bool> no_control_resumption{false};  // control connections do not resume each other's TLS
  std::atomic<bool> needs_pret{false};             // PRET before EPSV and PASV (distributed servers)
  std::atomic<bool> login_step_by_step{false};     // nothing ahead of the greeting, no PASS ahead of the 331
  std::atomic<bool> no_ready_data{false};          // no data channel is opened before it is needed

  // By its greeting, or by the shape of its FEAT where the greeting names no other.
  std::atomic<bool> is_vsftpd{false};
  // While an upload runs, it does not read the control connection: what is sent meanwhile is carried out behind the
  // final reply. So does vsftpd 3.0.3, by its source and measured. ProFTPD 1.3.8 carries commands out between two reads
  // of the data (poll_ctrl in its data.c), and tells the size that the file has by then; Pure-FTPd 1.0.50 refuses them
  // all, whatever they are (measured).
  std::atomic<bool> leaves_commands_unread{false};
  bool takes_commands_behind_data() const { return leaves_commands_unread && !one_at_a_time; }
  // At the end of a download vsftpd 3.0.3 waits for our close_notify, one round trip, and reads nothing before: it may be
  // there from the beginning. One that closed without reading it would reset the connection, and lose the end of the data.
  std::atomic<bool> minds_early_close_notify{false};
  bool takes_early_close_notify() const { return is_vsftpd && !minds_early_close_notify; }

  // DELE of what does not exist: refused, or confirmed (FileZilla Server 1.x).
  std::atomic<Answers> refuses_missing{Answers::unknown};
  // MKD of what exists: refused, or confirmed (FileZilla Server 1.x).
  std::atomic<Answers> refuses_existing{Answers::unknown};
  // MDTM of a directory, where there is no MLST (ftp-srv).
  std::atomic<Answers> dates_directories{Answers::unknown};

  // The server works on several commands at once and answers in any order (ftp-srv, for all that come in TLS records of
  // their own).
  void learn_disorder() {
    one_at_a_time = true;
    stops_by_waiting = true;
  }

  // Permissions that the last new file got, -1 before there was one.
  std::atomic<int> mode_of_new_files{-1};

  // Folders where uploads can only overwrite in place; up to a bounded number. True when this is the first one.
  bool learn_stores_in_place(const model::RemotePath& folder) FTPSFS_EXCLUDES(mutex_);
  bool stores_in_place(const model::RemotePath& folder) const FTPSFS_EXCLUDES(mutex_);

  // Folders where the server refuses to show what is there, also a single name, and which can be entered or take uploads
  // all the same: "drop boxes". Up to a bounded number.
  void learn_refuses_looks(const model::RemotePath& folder) FTPSFS_EXCLUDES(mutex_);
  bool refuses_looks(const model::RemotePath& folder) const FTPSFS_EXCLUDES(mutex_);

  std::atomic<ListAll> list_all{ListAll::unknown};

  // Unless it is known already.
  void learn_list_all(ListAll learnt) {
    auto expected = ListAll::unknown;
    list_all.compare_exchange_strong(expected, learnt);
  }

  std::atomic<bool> runs_on_windows{false};
  std::atomic<bool> mlsd_works{false};  // it has shown an entry, or "."

  // How far the times of LIST are ahead of UTC, once a file has shown it.
  std::optional<std::chrono::minutes> zone_offset() const FTPSFS_EXCLUDES(mutex_);
  void set_zone_offset(std::chrono::minutes offset) FTPSFS_EXCLUDES(mutex_);

  // What has worked over IPv4, so that PASV need not be tried when it fails once.
  std::atomic<bool> epsv_works{false};

  // The server has resumed a TLS session on a data channel, or demands that.
  std::atomic<bool> resumes_data_channels{false};

  // It takes a ClientHello that comes right behind its answer to AUTH for a command (ftp-srv).
  std::atomic<bool> slow_to_secure{false};

  // Whether a listing of this directory is cut short for the first time, for one warning each (up to a bounded number).
  bool first_truncated_listing(const model::RemotePath& directory) FTPSFS_EXCLUDES(mutex_);

  // The same for an upload to this folder that nobody may look at.
  bool first_unseen_upload(const model::RemotePath& folder) FTPSFS_EXCLUDES(mutex_);

  // For what is said only once per mount: true for the first caller.
  bool first_unreadable_line() { return !told_of_unreadable_line_.exchange(true); }
  bool first_unresumed_data_channel() { return !told_of_unresumed_.exchange(true); }
  bool first_foreign_pasv_address() { return !told_of_pasv_address_.exchange(true); }

 private:
  mutable base::Mutex mutex_;
  std::optional<Capabilities> capabilities_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<std::chrono::minutes> zone_offset_ FTPSFS_GUARDED_BY(mutex_);
  std::set<model::RemotePath> truncated_ FTPSFS_GUARDED_BY(mutex_);
  std::set<model::RemotePath> in_place_ FTPSFS_GUARDED_BY(mutex_);
  std::set<model::RemotePath> refuse_looks_ FTPSFS_GUARDED_BY(mutex_);
  std::set<model::RemotePath> took_unseen_ FTPSFS_GUARDED_BY(mutex_);
  std::atomic<bool> told_of_unresumed_{false};
  std::atomic<bool> told_of_unreadable_line_{false};
  std::atomic<bool> told_of_pasv_address_{false};
};

}  // namespace ftpsfs::ftp
