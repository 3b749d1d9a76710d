#pragma once

#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "ftpsfs/remote/remote_fs.h"
#include "ledger.h"

namespace ftpsfs::writeback {

// The threads that bring to the server what is due. They end with it; an upload under way is given up.
class Uploader {
 public:
  Uploader(remote::RemoteFs& remote, Ledger& ledger, std::size_t threads,
           std::chrono::milliseconds attempt_timeout);
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

 private:
  void work(const std::stop_token& stop);
  void perform(const UploadTask& task);

  remote::RemoteFs& remote_;
  Ledger& ledger_;
  const std::chrono::milliseconds attempt_timeout_;
  std::vector<std::jthread> threads_;
};

}  // namespace ftpsfs::writeback
