// Replies in pieces of any size, and everything that reads values out of them.

#include <algorithm>

#include "ftpsfs/ftp/classify.h"
#include "ftpsfs/ftp/reply.h"
#include "ftpsfs/ftp/timestamp.h"
#include "fuzz_target.h"

using namespace ftpsfs;

namespace {

void read_values(const ftp::Reply& reply) {
  fuzz::require(reply.code >= 100 && reply.code <= 599, "a reply has a code of RFC 959");
  fuzz::require(!reply.lines.empty(), "a reply has a line");
  if (const auto port = ftp::parse_epsv_port(reply)) fuzz::require(*port != 0, "EPSV names a port");
  if (const auto address = ftp::parse_pasv(reply)) fuzz::require(address->port != 0, "PASV names a port");
  ftp::parse_quoted_path(reply);
  ftp::parse_size(reply);
  ftp::parse_timestamp(reply.lines.front());
  ftp::is_resumption_refusal(reply);
  ftp::is_session_limit(reply);
  if (reply.refused()) ftp::classify(ftp::Command::cwd(model::RemotePath()), reply);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  auto text = fuzz::text_of(data + 1, size - 1);
  ftp::ReplyParser parser;
  while (!text.empty()) {
    parser.feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    for (;;) {
      const auto reply = parser.next();
      if (!reply) return 0;  // not to be used again
      if (!*reply) break;
      read_values(**reply);
    }
  }
  parser.has_leftover();
  return 0;
}
