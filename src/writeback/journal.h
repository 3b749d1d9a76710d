#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data_file.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/base/op_context.h"
#include "ftpsfs/base/unique_fd.h"
#include "journal_record.h"

namespace ftpsfs::writeback {

// The folder of what waits: for each file `<id>.data`, its content, and `<id>.record`, its intent, which alone says that
// it counts. One process at a time has it. Thread safe as long as nobody changes one record twice at a time.
class Journal {
 public:
  // Files that make no sense, still in the folder.
  struct Damaged {
    std::vector<std::filesystem::path> files;
    std::string path;  // on the server, as far as it is known
    std::string reason;
  };

  struct Contents {
    std::vector<Record> waiting;  // the oldest first
    std::vector<Damaged> damaged;
  };

  // A content on its way into the journal. Unless it is kept, it leaves nothing.
  class Draft {
   public:
    Draft(base::UniqueFd fd, std::filesystem::path file, std::uint64_t id)
        : fd_(std::move(fd)), file_(std::move(file)), id_(id) {}
    Draft(Draft&& other) noexcept = default;
    Draft& operator=(Draft&& other) = delete;
    ~Draft();

    std::uint64_t id() const { return id_; }
    base::Status write(std::uint64_t offset, std::span<const std::byte> bytes);
    base::Status sync();

    // The name stays.
    void keep() { fd_.reset(); }

   private:
    base::UniqueFd fd_;  // none: kept, or moved from
    std::filesystem::path file_;
    std::uint64_t id_;
  };

  // Makes the folder if need be and waits, until ctx's deadline, for another process that has it; then busy.
  static base::Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder,
                                                     const base::OpContext& ctx);
  static bool holds_records(const std::filesystem::path& folder);

  Journal(std::filesystem::path folder, base::UniqueFd lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  // What earlier processes have left, without what never counted. Before any other call. not_supported when a newer
  // ftpsfs has written something of it.
  base::Result<Contents> recover();

  base::Result<Draft> begin();

  // From the success on the intent is durable, with the content if that is.
  base::Status commit(const Record& record);

  // A content, for reading. not_found after its removal.
  base::Result<DataRef> open_data(const Record& record) const;

  // The intent does not count any more, durably.
  base::Status remove(std::uint64_t id);

  std::uint64_t next_number() { return next_number_++; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path data_file(std::uint64_t id) const;

 private:
  std::filesystem::path record_file(std::uint64_t id) const;
  base::Result<Record> load(const std::filesystem::path& record_file) const;
  base::Status recover_record(const std::filesystem::path& file, Contents& contents);
  void clean_up(const std::vector<std::filesystem::path>& files) const;

  const std::filesystem::path folder_;
  const base::UniqueFd lock_;
  std::atomic<std::uint64_t> next_number_ = 1;
};

}  // namespace ftpsfs::writeback
