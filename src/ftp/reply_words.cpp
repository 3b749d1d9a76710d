#include "reply_words.h"

#include <algorithm>
#include <array>

#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;

namespace {

constexpr std::size_t kSearched = 8 << 10;  // bytes of a reply

struct Phrase {
  std::string_view words;
  Errc code;
};

// In this order: what comes first is more particular than what comes later.
constexpr auto kPhrases = std::to_array<Phrase>({
    // strerror(3), which ProFTPD, Pure-FTPd and pyftpdlib pass on; Windows' messages, which IIS does
    {"name too long", Errc::name_too_long},
    {"path too long", Errc::name_too_long},
    {"enametoolong", Errc::name_too_long},
    {"not empty", Errc::not_empty},
    {"enotempty", Errc::not_empty},
    {"read-only file", Errc::read_only},
    {"read only file", Errc::read_only},
    {"erofs", Errc::read_only},
    {"quota", Errc::quota_exceeded},
    {"no space", Errc::no_space},
    {"not enough space", Errc::no_space},
    {"out of space", Errc::no_space},
    {"disk full", Errc::no_space},
    {"disk is full", Errc::no_space},
    {"insufficient disk", Errc::no_space},
    {"insufficient storage", Errc::no_space},
    {"enospc", Errc::no_space},
    {"file too large", Errc::file_too_large},
    {"file size limit", Errc::file_too_large},
    {"maximum file size", Errc::file_too_large},
    {"efbig", Errc::file_too_large},
    {"being used by another process", Errc::busy},
    {"sharing violation", Errc::busy},
    {"file is in use", Errc::busy},
    {"file is locked", Errc::busy},
    {"resource busy", Errc::busy},
    {"file busy", Errc::busy},
    {"file is busy", Errc::busy},
    {"temporarily unavailable", Errc::busy},
    {"too many open files", Errc::busy},
    {"ebusy", Errc::busy},
    {"cross-device link", Errc::not_permitted},
    {"restart not permitted", Errc::not_permitted},  // ProFTPD without AllowStoreRestart
    // names
    {"directory name is invalid", Errc::not_a_directory},  // Windows' ENOTDIR
    {"prohibited file name", Errc::name_invalid},
    {"invalid directory name", Errc::name_invalid},  // ProFTPD, of "*"
    {"invalid file name", Errc::name_invalid},
    {"invalid filename", Errc::name_invalid},
    {"illegal file name", Errc::name_invalid},
    {"illegal filename", Errc::name_invalid},
    {"name not allowed", Errc::name_invalid},
    {"name is not allowed", Errc::name_invalid},
    {"name is not valid", Errc::name_invalid},
    {"name is invalid", Errc::name_invalid},
    {"volume label syntax is incorrect", Errc::name_invalid},
    // types
    {"not a directory", Errc::not_a_directory},
    {"enotdir", Errc::not_a_directory},
    {"is a directory", Errc::is_a_directory},
    {"eisdir", Errc::is_a_directory},
    {"not a regular file", Errc::is_a_directory},
    {"not a plain file", Errc::is_a_directory},
    {"only retrieve regular files", Errc::is_a_directory},  // Pure-FTPd
    // existence
    {"no such", Errc::not_found},
    {"not found", Errc::not_found},
    {"cannot find", Errc::not_found},
    {"can't find", Errc::not_found},
    {"could not find", Errc::not_found},
    {"couldn't find", Errc::not_found},
    {"not exist", Errc::not_found},
    {"doesn't exist", Errc::not_found},
    {"enoent", Errc::not_found},
    {"already exist", Errc::exists},
    {"file exists", Errc::exists},
    {"directory exists", Errc::exists},
    {"eexist", Errc::exists},
    // the server itself
    {"not implemented", Errc::not_supported},
    {"not supported", Errc::not_supported},
    {"not understood", Errc::not_supported},
    {"unknown command", Errc::not_supported},
    {"broken pipe", Errc::connection_lost},
    {"epipe", Errc::connection_lost},
    {"connection reset", Errc::connection_lost},
    {"econnreset", Errc::connection_lost},
    // rights
    {"denied", Errc::permission_denied},
    {"permission", Errc::permission_denied},
    {"not permitted", Errc::permission_denied},
    {"not allowed", Errc::permission_denied},
    {"enough privileges", Errc::permission_denied},  // pyftpdlib
    {"forbidden", Errc::permission_denied},
    {"prohibited", Errc::permission_denied},
    {"unable to handle command", Errc::permission_denied},  // ProFTPD's MLST, MLSD and MFMT under <Limit>
    {"unauthorized", Errc::permission_denied},
    {"eacces", Errc::permission_denied},
    {"invalid argument", Errc::invalid_argument},
    {"einval", Errc::invalid_argument},
});

void erase_all(std::string& text, std::string_view part) {
  if (part.empty()) return;
  std::string kept;
  std::size_t position = 0;
  for (auto found = text.find(part); found != std::string::npos; found = text.find(part, position)) {
    kept.append(text, position, found - position);
    kept += ' ';  // or what stands before and behind would grow together
    position = found + part.size();
  }
  text = kept.append(text, position);
}

}  // namespace

ReplyWords::ReplyWords(const Reply& reply, std::string_view path) {
  for (const auto& line : reply.lines) {
    if (text_.size() + line.size() > kSearched) break;
    text_ += to_lower(line);
    text_ += '\n';
  }
  if (path.size() < 2) return;
  const std::string lower = to_lower(path);
  erase_all(text_, lower);
  // A bare name may be a word of the sentence, so it counts only where the server sets it apart.
  const std::string name = lower.substr(lower.rfind('/') + 1);
  for (const char quote : {'"', '\'', '`'}) erase_all(text_, quote + name + (quote == '`' ? '\'' : quote));
  if (text_.starts_with(name + ": ")) text_.erase(0, name.size());
}

bool ReplyWords::has_any(std::initializer_list<std::string_view> phrases) const {
  return std::any_of(phrases.begin(), phrases.end(), [this](std::string_view phrase) { return has(phrase); });
}

std::optional<Errc> errc_of_words(const ReplyWords& words) {
  for (const auto& phrase : kPhrases) {
    if (words.has(phrase.words)) return phrase.code;
  }
  return std::nullopt;
}

bool tells_session_limit(const Reply& reply, const ReplyWords& words) {
  if (!reply.refused()) return false;
  // "Too many authentication failures" is about the password.
  if (words.has_any({"fail", "attempt", "incorrect", "wrong", "password"})) return false;
  return words.has_any({"too many", "maximum", "max ", "no more", "connection limit", "session limit",
                        "user limit", "limit reached", "limit exceeded", "number of connections",
                        "number of sessions"});
}

bool tells_missing_resumption(const Reply& reply, const ReplyWords& words) {
  // vsftpd 522, FileZilla Server 425 (1.x) and 450 (0.9), Rebex and Bitvise 425
  if (reply.code != 421 && reply.code != 425 && reply.code != 450 && reply.code != 522) return false;
  if (reply.code == 425 && words.has("operation not permitted"))
    return true;  // ProFTPD's EPERM from its TLS module
  return words.has("session") && words.has_any({"resum", "reuse", "does not match"});
}

}  // namespace ftpsfs::ftp
