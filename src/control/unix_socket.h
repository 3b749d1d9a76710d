#pragma once

#include <sys/un.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::control {

// name_too_long when the path does not fit (108 bytes, unix(7)).
base::Result<sockaddr_un> unix_address(const std::filesystem::path& path);

// A stream socket that does not block.
base::Result<base::UniqueFd> new_unix_socket();

// 0, or the errno of connect(2). Does not wait.
int connect_to(const base::UniqueFd& socket, const sockaddr_un& address);

// Who is at the other end: its effective user when it connected, or began to listen.
base::Result<std::uint32_t> peer_user(const base::UniqueFd& socket);

// Reads and writes lines on a connected socket that does not block. One thread may read and another one write.
class LineChannel {
 public:
  explicit LineChannel(base::UniqueFd socket) : socket_(std::move(socket)) {}

  const base::UniqueFd& socket() const { return socket_; }

  // Without its line feed. connection_lost at the end of the stream; invalid_argument when there is no line feed among
  // `limit` bytes.
  base::Result<std::string> read_line(std::size_t limit, const base::OpContext& ctx, std::string_view what);

  // The text with a line feed after it.
  base::Status write_line(std::string text, const base::OpContext& ctx, std::string_view what);

  // Waits until the other side has closed its end; not for one that only sends nothing more.
  base::Status wait_for_hang_up(const base::OpContext& ctx) const;

 private:
  base::UniqueFd socket_;
  std::string received_;  // beyond the last line
};

}  // namespace ftpsfs::control
