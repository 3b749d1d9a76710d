#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "ftpsfs/remote/remote_fs.h"
#include "ledger.h"

namespace ftpsfs::writeback {

// The threads that bring to the server what is due. They end with it; an upload under way is given up.
class Uploader {
 public:
  Uploader(remote::RemoteFs& remote, Ledger& ledger, const WritebackOptions& options);
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

 private:
  void start_threads(std::size_t count, std::uint64_t longest);
  void work(std::uint64_t longest, const std::stop_token& stop);
  void perform(const UploadTask& task);

  remote::RemoteFs& remote_;
  Ledger& ledger_;
  const std::chrono::milliseconds attempt_timeout_;
  std::vector<std::jthread> threads_;
};

}  // namespace ftpsfs::writeback
