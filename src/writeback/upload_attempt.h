#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "data_file.h"
#include "ftpsfs/remote/remote_fs.h"
#include "journal_record.h"

namespace ftpsfs::writeback {

enum class Finding {
  may_upload,  // the server has what the content replaces, or some of ours
  arrived,     // the server has it already
  changed,     // the server has something else
};

struct Findings {
  Finding finding = Finding::may_upload;
  std::optional<model::Attributes> there;  // nullopt: nothing
};

// One try to bring a content to the server. `limit`: for each step, renewed while data moves.
class UploadAttempt {
 public:
  UploadAttempt(remote::RemoteFs& remote, const Record& record, DataRef data,
                const std::vector<DataRef>& earlier, std::chrono::milliseconds limit)
      : remote_(remote), record_(record), data_(std::move(data)), earlier_(earlier), limit_(limit) {}

  // What is on the server, and what follows from it. Reads a file there only if it may be one of ours.
  base::Result<Findings> look(const base::OpContext& ctx) const;

  base::Result<model::Attributes> upload(const Findings& findings, const base::OpContext& ctx) const;

  // What is left to do when the content is there.
  base::Result<model::Attributes> complete(const model::Attributes& there, const base::OpContext& ctx) const;

  // A path beside the file's own that nothing has.
  base::Result<model::RemotePath> free_path_beside(const base::OpContext& ctx) const;

 private:
  enum class Resemblance { none, front, whole };
  base::Result<Resemblance> compare(const model::Attributes& there, const DataFile& data,
                                    const base::OpContext& ctx) const;
  base::Result<bool> has_earlier(const model::Attributes& there, const base::OpContext& ctx) const;
  void set_rest(bool modified_set, bool mode_set, const base::OpContext& ctx) const;

  remote::RemoteFs& remote_;
  const Record& record_;
  const DataRef data_;
  const std::vector<DataRef>& earlier_;
  const std::chrono::milliseconds limit_;
};

}  // namespace ftpsfs::writeback
