#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "impl.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;
using model::FileVersion;
using model::RemotePath;
using remote::Stored;
using remote::StoreOptions;
using remote::UploadContent;

namespace {

constexpr std::size_t kPiece = 1 << 20;

// False: the journal's disk does not take it.
Result<bool> copy(const UploadContent& content, Journal::Draft& draft, const OpContext& ctx) {
  const auto size = *content.size;
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
  std::uint64_t offset = 0;
  while (offset < size) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - offset));
    const auto count = content.read_at(offset, std::span(piece).first(most), ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(Errc::local_io, "the file became shorter while it was stored");
    if (!draft.write(offset, std::span(piece).first(*count))) return false;
    offset += *count;
    if (auto ok = ctx.check("storing a file in the journal"); !ok) return fail(std::move(ok));
  }
  return draft.sync().has_value();
}

std::optional<base::SystemTime> whole_seconds(const std::optional<base::SystemTime>& time) {
  return time ? std::optional<base::SystemTime>(std::chrono::floor<std::chrono::seconds>(*time))
              : std::nullopt;
}

}  // namespace

Status WritebackFs::Impl::check_directory(const RemotePath& directory, const OpContext& ctx) {
  const auto attributes = stat(directory, ctx);
  if (!attributes) return std::unexpected(attributes.error());
  if (attributes->type == FileType::directory || attributes->type == FileType::symlink) return {};
  return fail(Errc::not_a_directory, "a part of the path is a file");
}

Result<WritebackFs::Impl::Place> WritebackFs::Impl::look_at(const RemotePath& path, const OpContext& ctx) {
  const auto there = remote_.stat(path, ctx);
  if (there) {
    if (there->type == FileType::directory)
      return fail(Errc::is_a_directory, "there is a directory of this name");
    return Place{there->type == FileType::file, FileVersion::of(*there), there->mode};
  }
  if (there.error().code != Errc::not_found) return std::unexpected(there.error());
  if (auto ok = check_directory(path.parent(), ctx); !ok) return fail(std::move(ok));
  return Place{};
}

Result<WritebackFs::Impl::Place> WritebackFs::Impl::place_of(const RemotePath& path,
                                                             const StoreOptions& options,
                                                             const OpContext& ctx) {
  if (const auto waiting = ledger_->find(path)) return Place{true, std::nullopt, waiting->mode};
  if (options.replaces) {
    const auto there = ledger_->on_the_server(path, *options.replaces);
    return Place{there.type == FileType::file, FileVersion::of(there), options.replaces->mode};
  }
  if (options.creates) return Place{};
  return look_at(path, ctx);
}

Result<std::optional<Stored>> WritebackFs::Impl::defer(const RemotePath& path, const UploadContent& content,
                                                       const StoreOptions& options, const OpContext& ctx) {
  if (!ledger_->takes_another(path)) return std::nullopt;
  auto room = ledger_->room_for(*content.size);
  if (!room) return std::nullopt;
  const auto last_upload = ledger_->last_upload();
  auto place = place_of(path, options, ctx);
  if (!place) return fail(std::move(place));
  if (!place->holds_file_or_nothing) return std::nullopt;
  auto draft = ledger_->begin_draft();
  if (!draft) return std::nullopt;
  const auto copied = copy(content, *draft, ctx);
  if (!copied) return std::unexpected(copied.error());
  if (!*copied) return std::nullopt;

  Record record;
  record.path = path;
  record.size = *content.size;
  record.replaces = std::move(place->replaces);
  record.stored = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  record.keeps_time = keeps_times_;
  record.modified = whole_seconds(options.modified);
  record.mode = options.mode;
  record.shown_mode = place->mode;
  auto attributes = ledger_->add(*std::move(draft), *std::move(room), std::move(record), last_upload);
  if (!attributes) return std::nullopt;
  return Stored{.attributes = *std::move(attributes),
                .modified_set = options.modified.has_value(),
                .mode_set = options.mode.has_value()};
}

Result<Stored> WritebackFs::Impl::store_now(const RemotePath& path, const UploadContent& content,
                                            const StoreOptions& options, const OpContext& ctx) {
  if (auto ok = ledger_->settle(path, false, ctx); !ok) return fail(std::move(ok));
  StoreOptions now = options;
  if (now.replaces) now.replaces = ledger_->on_the_server(path, *now.replaces);
  auto stored = remote_.store(path, content, now, ctx);
  ledger_->forget(path);
  return stored;
}

// Its writer may go on for long, so that the path is claimed only when the end has come: before, nothing touches it.
Result<Stored> WritebackFs::Impl::store_growing(const RemotePath& path, const UploadContent& content,
                                                const StoreOptions& options, const OpContext& ctx) {
  std::optional<remote::PathClaims::Claim> claim;
  UploadContent settled{.size = std::nullopt, .read_at = {}};
  settled.read_at = [&](std::uint64_t offset, std::span<std::byte> out,
                        const OpContext& read_ctx) -> Result<std::size_t> {
    auto count = content.read_at(offset, out, read_ctx);
    if (!count || *count > 0 || claim) return count;
    auto claimed = this->claim({path}, read_ctx);
    if (!claimed) return fail(std::move(claimed));
    claim.emplace(*std::move(claimed));
    if (auto ok = ledger_->settle(path, false, read_ctx); !ok) return fail(std::move(ok));
    return count;
  };
  auto stored = remote_.store(path, settled, options, ctx);
  ledger_->forget(path);
  return stored;
}

Result<Stored> WritebackFs::Impl::store(const RemotePath& path, const UploadContent& content,
                                        const StoreOptions& options, const OpContext& ctx) {
  if (!content.size) return store_growing(path, content, options, ctx);
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (auto ok = check_not_below_file(path); !ok) return fail(std::move(ok));
  if (options.deferrable && accepts_) {
    auto deferred = defer(path, content, options, ctx);
    if (!deferred) return fail(std::move(deferred));
    if (*deferred) return **std::move(deferred);
  }
  return store_now(path, content, options, ctx);
}

// What is on the server only is not brought here for the sake of its end: that goes to the server at once.
Result<std::optional<Stored>> WritebackFs::Impl::append(const RemotePath& path, const FileVersion& base,
                                                        const UploadContent& content, const OpContext& ctx) {
  const auto claimed = claim({path}, ctx);
  if (!claimed) return std::unexpected(claimed.error());
  if (ledger_->find(path)) return std::nullopt;
  auto appended = remote_.append(path, ledger_->on_the_server(path, base), content, ctx);
  ledger_->forget(path);
  return appended;
}

}  // namespace ftpsfs::writeback
