#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "ftpsfs/base/op_context.h"
#include "ftpsfs/ftp/session.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/remote_path.h"

namespace ftpsfs::ftp {

// Fills the front of the span with the file's bytes from an offset, at least one, or gives 0 at the end. May wait.
using ReadAt = std::function<base::Result<std::size_t>(std::uint64_t offset, std::span<std::byte> out,
                                                       const base::OpContext& ctx)>;

// How far an upload has come, whatever it ended with.
struct UploadProgress {
  bool begun = false;  // the server may have made or emptied the file
  bool all_sent =
      false;  // the last byte is on its way; only the end of the transfer and the final reply are missing
  std::uint64_t sent = 0;
  std::uint64_t begun_to_send = 0;  // some of these may have left in the end as well
};

// Gives what is to be asked about an upload in the same flight as its end, where the server stands that. Called when the
// last byte has left, so that the questions may depend on what is known by then; what it points to is left alone once
// the upload has returned.
using InquiryBehind = std::function<Inquiry*()>;

// STOR up to the final reply, without a look at what became of it; or APPE, when `progress` says that some bytes are sent
// already, which then must be all that the server has. A refusal comes as the server words it. A content that ends before
// `size`, where that is known, is `internal`. After a success the inquiry, if any, has all its answers if it could be sent
// along, and none otherwise; after a failure none.
base::Status send_file(Session& session, const model::RemotePath& path, std::optional<std::uint64_t> size,
                       const ReadAt& read_at, UploadProgress& progress, const base::OpContext& ctx,
                       const InquiryBehind& behind = {});

// Whether `stored`, the server's word about `path` after an upload, agrees with the number of bytes that were sent.
base::Status check_stored_size(const model::Attributes& stored, std::uint64_t size,
                               const model::RemotePath& path);

// Stores `size` bytes as `path` with STOR. Success only after the final reply and when the server's SIZE (or MLST)
// agrees; returns the file's attributes after it. The deadline is renewed while data moves. After a failure the file on
// the server may be empty or half: whoever calls keeps the content and stores it again.
base::Result<model::Attributes> upload(Session& session, const model::RemotePath& path, std::uint64_t size,
                                       const ReadAt& read_at, const base::OpContext& ctx);

}  // namespace ftpsfs::ftp
