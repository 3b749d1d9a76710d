#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>

#include "ftpsfs/base/error.h"
#include "ftpsfs/base/unique_fd.h"

namespace ftpsfs::control {

// A Unix socket with a name, for its user only. The name goes with it.
class ListeningSocket {
 public:
  // Server::open says where, and which errors there are.
  static base::Result<std::unique_ptr<ListeningSocket>> open(const std::filesystem::path& path);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int descriptor() const { return socket_.get(); }

  // Nothing when nobody is there (any more), with `errno`.
  base::UniqueFd try_accept() const;

 private:
  ListeningSocket(std::filesystem::path path, base::UniqueFd socket);

  std::filesystem::path path_;
  base::UniqueFd socket_;
  dev_t device_ = 0;  // of the name, which may be another one's by the time it is removed
  ino_t inode_ = 0;
};

}  // namespace ftpsfs::control
