#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ftpsfs::testing {

class TlsMaterial;

enum class TlsVersion { tls1_2, tls1_3 };

enum class ClientCertificate { ignored, requested, required };

struct TlsPolicy {
  TlsVersion min_version = TlsVersion::tls1_2;
  TlsVersion max_version = TlsVersion::tls1_3;
  std::string groups;            // OpenSSL list such as "P-256"; empty: OpenSSL's default
  unsigned control_tickets = 2;  // TLS 1.3, right after the handshake
  unsigned data_tickets = 1;     // TLS 1.3
  bool ticket_per_passive =
      false;  // TLS 1.3: one on the control connection just before each 227/229, and before each reply to PORT/EPRT
  bool stateless_tickets = true;  // false: TLS 1.2 session ids, TLS 1.3 stateful tickets
  // Ticket keys of each control connection's own: sessions of others do not resume, on control connections neither.
  bool own_ticket_keys = false;
  // A control connection that offers a session gets an alert.
  bool aborts_resumed_control = false;
  std::chrono::seconds session_lifetime{7L * 24 * 3600};  // also the hint in tickets
  std::shared_ptr<const TlsMaterial> data_certificate;    // instead of the server's own
  ClientCertificate client_certificate = ClientCertificate::ignored;
  std::shared_ptr<const TlsMaterial> client_authority;  // must have issued it
  bool selects_alpn = false;  // "x-filezilla-ftp", which obliges the data channels to "ftp-data", or "ftp"
};

enum class Resumption { never, optional, any_session, own_session };
enum class RefusalEffect { close_control, keep_control };
enum class DataTlsStart { after_command, at_accept, before_reply /* the handshake ends before the 1yz */ };
enum class EarlyHello { accept, reset };            // what a ClientHello before the transfer command does
enum class AuthLeftover { keep, discard, reject };  // bytes in the buffer behind the AUTH line
enum class DownloadEnd { reply_before_data, reply_first, reply_after_close, reply_after_client_close };
// What answers ABOR and PWD behind a download that the client has cut off. late: PWD first, then the transfer and ABOR.
// abort_late: the transfer, PWD, ABOR. abort_only: the transfer gets no final reply (Pure-FTPd).
enum class AbortReplies { in_order, late, abort_late, abort_only };
// What becomes of commands that come while an upload runs.
enum class CommandsMeanwhile {
  wait,      // they are read behind the final reply
  executed,  // between two reads of the data
  refused    // as unknown, likewise
};
enum class MissingListing { empty, refused, refused_after_150, said_in_the_listing };
// follow_type: the type of what it points to, with the link's own size and mode (ProFTPD's MLST).
enum class LinkFact { follow, follow_type, unix_symlink, unix_slink, unix_slink_target };
enum class RestStore { in_place, truncate };
enum class ListStyle { unix_long, dos, vms };
// When a line of "ls -l" shows the year instead of the time of day.
enum class YearRule {
  older_or_future,      // older than half a year, or in the future
  older,                // older than half a year; future times look like past ones
  older_than_350_days,  // or in the future
  other_calendar_year
};
enum class SizeOfDirectory { refused, number, several_lines };
enum class Mlsd { works, sends_nothing, sends_garbage };

// The texts of replies that are the same whatever the arguments. "{path}" and "{bytes}" are filled in where
// there is something to fill in.
struct ReplyTexts {
  std::string auth = "234 Proceed with negotiation.";
  std::string user = "331 Please specify the password.";
  std::string login = "230 Login successful.";
  std::string bad_login = "530 Login incorrect.";
  std::string clear_user = "530 Non-anonymous sessions must use encryption.";
  std::string not_logged_in = "530 Please login with USER and PASS.";
  std::string unknown = "500 Unknown command.";
  std::string denied = "550 Permission denied.";
  std::string unprotected_data = "522 Data connections must be encrypted.";
  std::string no_passive = "425 Use PORT or PASV first.";
  std::string no_connection = "425 Failed to establish connection.";
  std::string not_resumed = "425 Unable to build data connection: Operation not permitted";
  std::string handshake_failed = "425 Unable to build data connection: Operation not permitted";
  std::string retr_start = "150 Opening BINARY mode data connection for {path} ({bytes} bytes).";
  std::string stor_start = "150 Ok to send data.";
  std::string list_start = "150 Here comes the directory listing.";
  std::string retr_done = "226 Transfer complete.";
  std::string stor_done = "226 Transfer complete.";
  std::string data_is_open;  // instead of the 150s, where the client has connected by then
  std::string list_done = "226 Directory send OK.";
  std::string send_failed = "426 Failure writing network stream.";
  std::string receive_failed = "426 Failure reading network stream.";
  std::string no_close_notify = "426 Failure reading network stream.";
  std::string abort = "225 No transfer to ABOR.";
  std::string opts_utf8 = "200 Always in UTF8 mode.";
  std::string opts_mlst = "501 Option not understood.";
  std::string deleted = "250 Delete operation successful.";
  std::string modified_by_mdtm = "213 File modification time set.";
  std::string syst = "215 UNIX Type: L8";
  std::string quit = "221 Goodbye.";
  std::string rest_beyond_end = "554 Restart offset is beyond the end of the file.";
};

// How one kind of server behaves, as data. Start from a factory, change members, give it to the server.
struct Personality {
  std::string name = "permissive";
  std::vector<std::string> greeting = {"ftpsfs test server"};  // several lines: a multi-line 220
  std::string feature_head = "211-Features:";
  std::vector<std::string> features;
  std::string feature_indent = " ";
  std::string feature_tail = "211 End";
  std::set<std::string, std::less<>>
      missing_verbs;  // answered with texts.unknown; SITE commands as "SITE CHMOD"
  // A folder that only takes uploads: these commands about it, and what is below, are answered with texts.denied.
  std::string drop_box;
  std::set<std::string, std::less<>> denied_in_drop_box;
  ReplyTexts texts;
  // Refusals by errno: "550 {path}: {error}". By verb and errno ("MLSD ENOTDIR"), by errno
  // (" EINVAL"), or by verb; "" is for all others.
  std::map<std::string, std::string, std::less<>> error_templates = {{"", "550 {path}: {error}"}};
  std::map<int, std::string> error_texts;  // by errno, instead of strerror's

  TlsPolicy tls;
  Resumption resumption = Resumption::optional;
  RefusalEffect refusal_effect = RefusalEffect::keep_control;
  RefusalEffect handshake_failure_effect = RefusalEffect::keep_control;
  DataTlsStart data_tls_start = DataTlsStart::after_command;
  EarlyHello early_hello = EarlyHello::accept;
  AuthLeftover auth_leftover = AuthLeftover::keep;
  bool auth_ssl = true;
  bool auth_tls = true;     // false with auth_ssl: only AUTH SSL, as before RFC 4217
  bool clear_data = false;  // PROT C is allowed
  bool clear_user_closes = false;
  bool needs_pbsz = false;         // PROT before PBSZ is 503
  unsigned most_early_errors = 0;  // so many 5yz in a row before the login end the connection; 0: any number
  bool takes_ascii = true;         // TYPE A

  DownloadEnd download_end = DownloadEnd::reply_after_close;
  AbortReplies abort_replies = AbortReplies::in_order;
  CommandsMeanwhile commands_meanwhile = CommandsMeanwhile::wait;
  std::chrono::milliseconds upload_lingers{0};  // so long it looks out for these behind the data, too
  bool upload_needs_close_notify = false;
  bool upload_waits_for_fin = false;
  bool upload_answers_close_notify = true;
  unsigned epsv_fails_every = 0;  // every so many EPSV and PASV of a session are 425
  std::string pasv_address = "127,0,0,1";
  bool epsv_port_is_dead = false;  // 229 names a port where nobody listens
  bool needs_pret = false;         // before EPSV and PASV
  RestStore rest_store = RestStore::in_place;
  bool rest_beyond_end = true;  // allowed
  bool rest_survives_commands = false;
  bool append_after_rest = true;
  bool rename_over_existing = true;
  bool stor_over_existing = true;  // false: ProFTPD without AllowOverwrite
  bool takes_dot_names = true;     // of new files
  bool rename_of_directories = true;
  bool delete_of_missing = false;  // confirmed
  bool mkd_of_existing = false;    // confirmed
  bool removes_any_type = false;   // DELE and RMD are the same
  bool mkd_makes_parents = false;
  bool mdtm_sets = true;
  bool mdtm_of_directory = true;
  bool mfmt_of_directory = true;
  std::vector<std::string> quota;  // what SITE QUOTA says; empty: the command is unknown
  std::string symlink_to;          // what SITE SYMLINK stores instead of the target's path; needs the feature
  bool site_utime_short = true;    // "SITE UTIME YYYYMMDDhhmmss path"
  bool site_utime_long = true;     // "SITE UTIME path atime mtime ctime UTC"
  SizeOfDirectory size_of_directory = SizeOfDirectory::refused;
  bool size_of_empty_file = true;  // false: "213 File status"

  bool windows_names = false;    // refuses what Windows refuses, and drops dots and blanks at the end
  bool strips_quotes = false;    // around arguments
  bool utf8_needs_opts = false;  // before OPTS UTF8 ON, names travel in Latin-1

  bool list_takes_options = true;  // "LIST -a"; otherwise "-a" is a path
  bool list_shows_hidden = false;
  bool list_all_shows_dots = true;  // "LIST -a" has "." and ".."
  MissingListing list_missing = MissingListing::empty;
  bool link_targets_in_list = true;
  bool list_follows_links = false;  // and leaves out dangling ones
  ListStyle list_style = ListStyle::unix_long;
  YearRule year_rule = YearRule::older_or_future;
  int list_zone_minutes = 0;      // east of UTC; only LIST and STAT show local time
  bool four_digit_years = false;  // of ListStyle::dos
  int stat_code = 213;
  bool stat_leading_space = false;
  bool stat_shows_dots = true;
  bool stat_missing_is_empty = true;

  // Facts of MLSD/MLST in this order: type size sizd modify perm perms unique UNIX.mode UNIX.uid UNIX.gid
  // UNIX.owner UNIX.group. "sizd" appears for directories and "size" then only for files.
  std::vector<std::string> mlst_facts = {"type",   "size",      "modify",   "perm",
                                         "unique", "UNIX.mode", "UNIX.uid", "UNIX.gid"};
  Mlsd mlsd = Mlsd::works;
  bool mlsd_shows_dots = true;
  LinkFact mlsd_links = LinkFact::unix_slink_target;
  LinkFact mlst_links = LinkFact::unix_slink_target;

  std::optional<std::uint64_t> available;  // what AVBL tells instead of the truth; needs the feature

  std::size_t most_line_bytes = 4096;  // longer command lines end the connection
};

// One file each in personalities/.
Personality permissive();
Personality strict_vsftpd();
Personality strict_filezilla();  // 1.x
Personality filezilla09();
Personality proftpd();
Personality pureftpd();
Personality iis();  // directory listings as DOS prints them
Personality
iis_unix();  // and as Unix does, at a server west of Greenwich that explains its errors in several lines
Personality pyftpdlib();
Personality ftpsrv();
Personality servu();
Personality rebex();
Personality idea();
Personality aws();
Personality vms();
Personality listonly();  // an appliance that knows LIST and nothing newer
Personality dropbox();   // "/in" takes uploads and shows nothing; none of all_personalities()

struct NamedPersonality {
  std::string_view name;
  Personality (*make)();
};

std::span<const NamedPersonality> all_personalities();
std::optional<Personality> personality_by_name(std::string_view name);
std::vector<std::string> personality_names();

}  // namespace ftpsfs::testing
