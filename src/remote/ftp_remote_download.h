#pragma once

#include <memory>
#include <optional>

#include "ftpsfs/base/mutex.h"
#include "ftpsfs/ftp/transfer.h"
#include "ftpsfs/pool/session_pool.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::remote {

// The lease and the RETR of a download. Between two reads the pool may take them back for somebody who waits.
class LentTransfer final : public pool::Lender {
 public:
  explicit LentTransfer(std::shared_ptr<FetchCounters> counters) : counters_(std::move(counters)) {}
  ~LentTransfer() override;

  bool lend_back() override FTPSFS_EXCLUDES(mutex_);

  // The transfer for the time of one read, during which nobody takes it back; null when there is none.
  ftp::Transfer* borrow() FTPSFS_EXCLUDES(mutex_);
  void give_back() FTPSFS_EXCLUDES(mutex_);

  // Its turn is the time for which nobody takes it back.
  enum class Turn { begins_now, begins_with_first_read };
  void start(pool::Lease lease, std::unique_ptr<ftp::Transfer> transfer, Turn turn = Turn::begins_now)
      FTPSFS_EXCLUDES(mutex_);

  // Ends it: in order or by cutting it off; with `suspect`, the session is not used any more.
  void end(bool suspect) FTPSFS_EXCLUDES(mutex_);

 private:
  struct Parts {
    pool::Lease lease;
    std::unique_ptr<ftp::Transfer> transfer;  // uses the lease's session, so it ends first
  };
  Parts take() FTPSFS_REQUIRES(mutex_);

  const std::shared_ptr<FetchCounters> counters_;
  base::Mutex mutex_;  // before the pool's
  bool borrowed_ FTPSFS_GUARDED_BY(mutex_) = false;
  std::optional<base::SteadyTime> turn_begun_ FTPSFS_GUARDED_BY(mutex_);
  Parts parts_ FTPSFS_GUARDED_BY(mutex_);
};

// A file read forwards with RETR, reopened with REST at its place when the session got lost or was lent to another.
class FtpDownload final : public ByteSource {
 public:
  FtpDownload(pool::SessionPool& pool, model::RemotePath path, std::uint64_t offset,
              std::optional<model::FileVersion> expected, std::shared_ptr<FetchCounters> counters);

  // Starts the transfer, if none runs. Every start checks the version: reading on in a changed file would mix two.
  base::Status open(const base::OpContext& ctx);

  // Starts the transfer of whatever version there is, from byte 0 on, and tells which; not_supported where the answers
  // to the questions do not tell that. Only what the RETR costs anyway: a failure says little of the file.
  base::Result<model::Attributes> open_any_version(pool::Lease lease, const base::OpContext& ctx);

  base::Result<std::size_t> read(std::span<std::byte> out, const base::OpContext& ctx) override;
  std::uint64_t offset() const override { return offset_; }

 private:
  base::Status start_on(pool::Lease& lease, const base::OpContext& ctx);
  base::Result<std::unique_ptr<ftp::Transfer>> start_checked(ftp::Session& session,
                                                             const base::OpContext& ctx);
  base::Result<std::unique_ptr<ftp::Transfer>> retrieve(ftp::Session& session, ftp::Inquiry* inquiry,
                                                        const base::OpContext& ctx);
  base::Status check_version(ftp::Session& session, const base::OpContext& ctx);
  base::Status judge(const model::Attributes& attributes) const;
  base::Result<ftp::Transfer*> borrow(const base::OpContext& ctx);  // null at the end of the file
  base::Result<std::size_t> read_from(ftp::Transfer& transfer, std::span<std::byte> out,
                                      const base::OpContext& ctx);
  base::Result<std::size_t> finish(ftp::Transfer& transfer, const base::OpContext& ctx);

  pool::SessionPool& pool_;
  const std::shared_ptr<FetchCounters> counters_;
  const model::RemotePath path_;
  std::uint64_t offset_;
  std::optional<model::FileVersion> version_;
  bool ended_ = false;
  std::shared_ptr<LentTransfer> lent_;
};

}  // namespace ftpsfs::remote
