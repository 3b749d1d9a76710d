// Operations on open files.

#include "core.h"
#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;
using model::FileVersion;

namespace {

// What was opened before, the kernel may have, and who writes may never read.
Core::Freshness freshness_for(const Core& core, const FileRef& file, const OpenFlags& flags) {
  if (flags.truncate) return Core::Freshness::snapshot;
  const bool will_be_read = !flags.write && !core.inodes.was_opened(file.inode());
  return will_be_read ? Core::Freshness::server_to_read : Core::Freshness::server;
}

// Close-to-open: takes the file as the server has it now, unless this mount has something newer. True when
// the kernel's pages are still right.
Result<bool> refresh(Core& core, const FileRef& file, const OpenFlags& flags, const OpContext& ctx) {
  const bool truncate = flags.truncate;
  if (file->view().answers_alone) return !truncate;
  auto answer = core.ask(file.inode(), freshness_for(core, file, flags), ctx);
  if (!answer) return fail(std::move(answer));
  const FileVersion version = FileVersion::of(answer->view.attributes);
  file->adopt(answer->path, version, answer->asked);
  // A rename that ended between the answer and now has not told the new content of its path.
  if (const auto path = core.inodes.path_of(file.inode()); path && *path != answer->path)
    file->moved_to(*path);
  return core.inodes.note_opened(file.inode(), version) && !truncate;
}

Status no_right(std::string_view what) {
  return fail(Errc::invalid_argument, "the file is not open for " + std::string(what));
}

Status save(Core& core, const FileRef& file, const OpContext& ctx) {
  auto saved = core.saver.save(file, Durability::kept, ctx);
  if (saved) file->drop_saved_spool();
  return saved;
}

}  // namespace

Result<OpenedFile> Vfs::open(InodeId inode, const OpenFlags& flags, const OpContext& ctx) {
  Core& core = *impl_;
  const auto view = core.inodes.view(inode);
  if (!view) return std::unexpected(view.error());
  if (auto ok = check_type(*view, FileType::file); !ok) return fail(std::move(ok));
  if (flags.write || flags.truncate) {
    if (auto ok = core.check_changeable(); !ok) return fail(std::move(ok));
  }
  auto file = core.inodes.open_file(inode);
  if (!file) return fail(std::move(file));
  auto keep_pages = refresh(core, *file, flags, ctx);
  if (!keep_pages) return fail(std::move(keep_pages));

  // The handle counts as a writer before it truncates, so that nobody drops the spool in between.
  auto handle = std::make_shared<FileHandle>(*std::move(file), flags);
  if (flags.truncate) {
    if (auto ok = handle->file()->truncate(0, ctx); !ok) return fail(std::move(ok));
  }
  return OpenedFile{.handle = core.files.add(std::move(handle)), .keep_page_cache = *keep_pages};
}

Result<std::size_t> Vfs::read(HandleId handle, std::uint64_t offset, std::span<std::byte> out,
                              const OpContext& ctx) {
  auto open = impl_->files.find(handle);
  if (!open) return fail(std::move(open));
  return (*open)->file()->read_at((*open)->epoch(), offset, out, ctx);
}

Status Vfs::write(HandleId handle, std::uint64_t offset, std::span<const std::byte> data,
                  const OpContext& ctx, WriteOrigin origin) {
  auto open = impl_->files.find(handle);
  if (!open) return fail(std::move(open));
  FileHandle& to = **open;
  if (!to.flags().write) return no_right("writing");
  to.expect_flush(true);
  const FileRef& file = to.file();
  if (auto lack = file->take_lack_of_space()) return std::unexpected(std::move(*lack));
  const bool appends = to.flags().append && origin == WriteOrigin::program;
  auto written =
      appends ? file->append(to.epoch(), data, ctx) : file->write_at(to.epoch(), offset, data, ctx);
  if (written) impl_->saver.upload_meanwhile(file);
  return written;
}

Status Vfs::allocate(HandleId handle, Allocation how, std::uint64_t offset, std::uint64_t length,
                     const OpContext& ctx) {
  auto open = impl_->files.find(handle);
  if (!open) return fail(std::move(open));
  FileHandle& to = **open;
  if (!to.flags().write) return no_right("writing");
  to.expect_flush(true);
  return to.file()->allocate(to.epoch(), how, offset, length, ctx);
}

Status Vfs::flush(HandleId handle, const OpContext& ctx) {
  auto open = impl_->files.find(handle);
  if (!open) return fail(std::move(open));
  // A reader that closes does not upload what a writer is in the middle of.
  const FileRef& file = (*open)->file();
  if (!(*open)->flags().write && file->has_writers()) return {};
  auto saved = impl_->saver.save(file, Durability::kept, ctx);
  (*open)->expect_flush(false);  // not before: the save takes along what others change meanwhile
  return saved;
}

Status Vfs::fsync(HandleId handle, const OpContext& ctx) {
  auto open = impl_->files.find(handle);
  if (!open) return fail(std::move(open));
  return impl_->saver.save((*open)->file(), Durability::on_server, ctx);
}

void Vfs::release(HandleId handle, const OpContext& ctx) {
  Core& core = *impl_;
  const auto open = core.files.remove(handle);
  if (!open) return;
  open->close();
  const FileRef& file = open->file();
  if (file->has_writers()) return;  // theirs is the last word
  if (auto saved = save(core, file, ctx); !saved) {
    const auto path = core.inodes.path_of(file.inode());
    base::log("vfs").error("{} is not saved on the server; it is kept here and tried again: {}",
                           path ? base::printable(path->str()) : "a removed file", saved.error().describe());
  }
}

}  // namespace ftpsfs::vfs
