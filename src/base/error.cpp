#include "ftpsfs/base/error.h"

#include <fmt/format.h>

#include <iterator>

namespace ftpsfs::base {
namespace {

void append_printable(std::string& safe, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7f) {
    fmt::format_to(std::back_inserter(safe), "\\x{:02x}", byte);
  } else if (c == '\\') {
    safe += "\\\\";
  } else {
    safe += c;
  }
}

}  // namespace

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::not_found: return "not found";
    case Errc::exists: return "exists";
    case Errc::not_empty: return "directory not empty";
    case Errc::not_a_directory: return "not a directory";
    case Errc::is_a_directory: return "is a directory";
    case Errc::permission_denied: return "permission denied";
    case Errc::not_permitted: return "not permitted";
    case Errc::read_only: return "read-only";
    case Errc::no_space: return "no space";
    case Errc::quota_exceeded: return "quota exceeded";
    case Errc::file_too_large: return "file too large";
    case Errc::name_invalid: return "name not possible";
    case Errc::name_too_long: return "name too long";
    case Errc::invalid_argument: return "invalid argument";
    case Errc::not_supported: return "not supported by the server";
    case Errc::busy: return "busy";
    case Errc::login_refused: return "login refused";
    case Errc::too_many_sessions: return "too many sessions";
    case Errc::tls_refused: return "TLS refused";
    case Errc::tls_untrusted: return "TLS peer not trusted";
    case Errc::tls_not_resumed: return "TLS session not resumed";
    case Errc::unreachable: return "unreachable";
    case Errc::timed_out: return "timed out";
    case Errc::cancelled: return "cancelled";
    case Errc::connection_lost: return "connection lost";
    case Errc::protocol_error: return "protocol error";
    case Errc::stale: return "changed on the server";
    case Errc::local_io: return "local I/O error";
    case Errc::internal: return "internal error";
  }
  return "unknown error";
}

std::string Error::describe() const {
  const std::string sentence = printable(message, 2048);
  // "timed out: timed out while …" would say it twice.
  std::string line =
      sentence.starts_with(to_string(code)) ? sentence : fmt::format("{}: {}", to_string(code), sentence);
  if (!server_reply.empty()) {
    fmt::format_to(std::back_inserter(line), " (server said \"{}\")", printable(server_reply));
  }
  return line;
}

std::string printable(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  std::string safe;
  std::size_t room_for_cut = 0;  // where `safe` may end so that kCut still fits
  for (const char c : text) {
    append_printable(safe, c);
    if (safe.size() > limit) {
      safe.resize(room_for_cut);
      safe += kCut.substr(0, limit - room_for_cut);
      return safe;
    }
    if (safe.size() + kCut.size() <= limit) room_for_cut = safe.size();
  }
  return safe;
}

}  // namespace ftpsfs::base
