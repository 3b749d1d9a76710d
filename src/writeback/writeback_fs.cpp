#include "ftpsfs/writeback/writeback_fs.h"

#include <utility>

#include "impl.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::RemotePath;

// ---- looking

Result<Attributes> WritebackFs::Impl::stat(const RemotePath& path, const OpContext& ctx) {
  if (auto waiting = ledger_->find(path)) return *std::move(waiting);
  return remote_.stat(path, ctx);
}

Result<model::Listing> WritebackFs::Impl::list(const RemotePath& directory, const OpContext& ctx) {
  if (ledger_->find(directory)) return fail(Errc::not_a_directory, "a file, which waits to be uploaded");
  const auto last_upload = ledger_->last_upload();
  auto listing = remote_.list(directory, ctx);
  if (listing) ledger_->add_to(*listing, directory, last_upload);
  return listing;
}

Result<std::unique_ptr<remote::ByteSource>> WritebackFs::Impl::open_read(
    const RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
    const OpContext& ctx) {
  auto waiting = ledger_->open(path, expected);
  if (!waiting) return fail(std::move(waiting));
  if (!*waiting) return remote_.open_read(path, offset, expected, ctx);
  return source_of(*std::move(waiting), offset);
}

Result<std::string> WritebackFs::Impl::read_link(const RemotePath& path, const OpContext& ctx) {
  if (ledger_->find(path)) return fail(Errc::invalid_argument, "not a symlink");
  return remote_.read_link(path, ctx);
}

// ---- WritebackFs

Result<std::unique_ptr<WritebackFs>> WritebackFs::open(remote::RemoteFs& remote,
                                                       const WritebackOptions& options, const OpContext& ctx,
                                                       const base::Clock& clock) {
  auto journal = Journal::open(options.folder, ctx);
  if (!journal) return fail(std::move(journal));
  const Ledger::Options limits{.delay = options.delay, .most_bytes = options.most_bytes};
  auto ledger = std::make_unique<Ledger>(*std::move(journal), limits, clock);
  if (auto ok = ledger->recover(); !ok) return fail(std::move(ok));
  return std::unique_ptr<WritebackFs>(
      new WritebackFs(std::make_unique<Impl>(remote, options, std::move(ledger))));
}

bool WritebackFs::has_waiting(const std::filesystem::path& folder) { return Journal::holds_records(folder); }

WritebackFs::WritebackFs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WritebackFs::~WritebackFs() = default;

Result<Attributes> WritebackFs::stat(const RemotePath& path, const OpContext& ctx) {
  return impl_->stat(path, ctx);
}

Result<Attributes> WritebackFs::refresh_file(const RemotePath& path, const OpContext& ctx) {
  if (auto waiting = impl_->ledger().find(path)) return *std::move(waiting);
  return impl_->remote().refresh_file(path, ctx);
}

Result<remote::OpenedFile> WritebackFs::open_file(const RemotePath& path, const OpContext& ctx) {
  if (auto waiting = impl_->ledger().find(path)) return remote::OpenedFile{*std::move(waiting), nullptr};
  return impl_->remote().open_file(path, ctx);
}

Result<Attributes> WritebackFs::refresh_absent(const RemotePath& path, const OpContext& ctx) {
  if (auto waiting = impl_->ledger().find(path)) return *std::move(waiting);
  return impl_->remote().refresh_absent(path, ctx);
}

Result<model::Listing> WritebackFs::list(const RemotePath& directory, const OpContext& ctx) {
  return impl_->list(directory, ctx);
}

Result<std::unique_ptr<remote::ByteSource>> WritebackFs::open_read(
    const RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
    const OpContext& ctx) {
  return impl_->open_read(path, offset, expected, ctx);
}

Result<remote::Stored> WritebackFs::store(const RemotePath& path, const remote::UploadContent& content,
                                          const remote::StoreOptions& options, const OpContext& ctx) {
  return impl_->store(path, content, options, ctx);
}

Result<std::optional<remote::Stored>> WritebackFs::append(const RemotePath& path,
                                                          const model::FileVersion& base,
                                                          const remote::UploadContent& content,
                                                          const OpContext& ctx) {
  return impl_->append(path, base, content, ctx);
}

Status WritebackFs::remove_file(const RemotePath& path, const OpContext& ctx) {
  return impl_->remove_file(path, ctx);
}

Status WritebackFs::make_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->make_directory(path, ctx);
}

Status WritebackFs::remove_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->remove_directory(path, ctx);
}

Status WritebackFs::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  return impl_->rename(from, to, ctx);
}

Status WritebackFs::set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx) {
  return impl_->set_modified(path, modified, ctx);
}

Status WritebackFs::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return impl_->set_mode(path, mode, ctx);
}

Result<std::string> WritebackFs::read_link(const RemotePath& path, const OpContext& ctx) {
  return impl_->read_link(path, ctx);
}

Status WritebackFs::make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx) {
  return impl_->make_symlink(link, target, ctx);
}

Status WritebackFs::warm_up(const OpContext& ctx) { return impl_->remote().warm_up(ctx); }

Result<std::optional<remote::Space>> WritebackFs::space(const OpContext& ctx) {
  return impl_->remote().space(ctx);
}

Status WritebackFs::settle(const RemotePath& path, const OpContext& ctx) {
  if (auto ok = impl_->ledger().settle(path, true, ctx); !ok) return ok;
  return impl_->remote().settle(path, ctx);
}

Report WritebackFs::report() const { return impl_->ledger().report(); }

const std::filesystem::path& WritebackFs::folder() const { return impl_->ledger().folder(); }

}  // namespace ftpsfs::writeback
