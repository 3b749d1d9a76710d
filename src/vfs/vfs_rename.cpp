#include "core.h"
#include "departure.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::FileType;
using model::RemotePath;

namespace {

struct Entry {
  InodeId directory;
  std::string_view name;
};

Status check_places(const RemotePath& from, const RemotePath& to) {
  if (from.contains(to)) return fail(Errc::invalid_argument, "a directory cannot move into itself");
  if (to.contains(from)) return fail(Errc::not_empty, "the target is a directory that holds the source");
  return {};
}

Status check_types(const std::optional<InodeView>& source, const std::optional<InodeView>& target) {
  if (!source || !target) return {};
  const bool moves_directory = source->attributes.type == FileType::directory;
  const bool onto_directory = target->attributes.type == FileType::directory;
  if (moves_directory && !onto_directory) return fail(Errc::not_a_directory, "the target is not a directory");
  if (!moves_directory && onto_directory) return fail(Errc::is_a_directory, "the target is a directory");
  return {};
}

// `exists` when the target's name is taken, here or on the server.
Status check_target_absent(Core& core, const Entry& to, const RemotePath& path, const OpContext& ctx) {
  const auto here = core.inodes.find(to.directory, to.name);
  if (here && here->answers_alone()) return fail(Errc::exists, "the target exists");
  return core.check_absent(path, ctx);
}

// Under the old names, so that what the server renames is complete and nothing is uploaded to a name that has
// gone.
Status save_below(Core& core, InodeId inode, const OpContext& ctx) {
  for (const FileRef& file : core.inodes.files_below(inode)) {
    if (file->discarded()) continue;
    auto path = core.inodes.path_of(file.inode());
    if (!path) return fail(std::move(path));
    if (auto ok = core.saver.save_claimed(file, *path, Durability::kept, ctx); !ok) return ok;
    file->pause();  // servers on Windows do not rename what is being read
  }
  return {};
}

// rename(2) lets a directory replace an empty one, which servers refuse.
Status make_room(Core& core, const std::optional<InodeView>& target, const RemotePath& path,
                 const OpContext& ctx) {
  if (!target || target->attributes.type != FileType::directory) return {};
  if (!core.inodes.local_names(target->inode).empty())
    return fail(Errc::not_empty, "the target is not empty");
  auto removed = core.remote.remove_directory(path, ctx);
  if (!removed && removed.error().code == Errc::not_found) return {};
  return removed;
}

void follow(Core& core, const Entry& from, const Entry& to) {
  core.inodes.move(from.directory, from.name, to.directory, to.name);
  core.name_removed(from.directory, from.name);
  const auto moved = core.inodes.find(to.directory, to.name);
  if (!moved) return;
  for (const FileRef& file : core.inodes.files_below(moved->inode)) {
    if (const auto path = core.inodes.path_of(file.inode())) file->moved_to(*path);
  }
}

// Under the claim of both paths.
Status rename_claimed(Core& core, const Entry& from, const Entry& to, const remote::PathClaims::Claim& claim,
                      RenameMode mode, const OpContext& ctx) {
  const RemotePath& old_path = claim.path(0);
  const RemotePath& new_path = claim.path(1);
  if (mode == RenameMode::no_replace) {
    if (auto ok = check_target_absent(core, to, new_path, ctx); !ok) return ok;
  }
  const auto source = core.inodes.find(from.directory, from.name);
  const auto target = core.inodes.find(to.directory, to.name);
  if (auto ok = check_types(source, target); !ok) return ok;
  if (source) {
    if (auto ok = save_below(core, source->inode, ctx); !ok) return ok;
  }
  auto replaced = Departure::prepare(core.inodes, to.directory, to.name, ctx);
  if (!replaced) return fail(std::move(replaced));
  if (auto ok = make_room(core, target, new_path, ctx); !ok) return ok;
  if (auto ok = core.remote.rename(old_path, new_path, ctx); !ok) return ok;
  replaced->complete();
  follow(core, from, to);
  return {};
}

}  // namespace

Status Vfs::rename(InodeId parent, std::string_view name, InodeId new_parent, std::string_view new_name,
                   RenameMode mode, const OpContext& ctx) {
  Core& core = *impl_;
  if (auto ok = core.check_changeable(); !ok) return ok;
  const auto paths = [&]() -> Result<remote::PathClaims::Paths> {
    auto from = core.inodes.path_of_entry(parent, name);
    if (!from) return fail(std::move(from));
    auto to = core.inodes.path_of_entry(new_parent, new_name);
    if (!to) return fail(std::move(to));
    return remote::PathClaims::Paths{*std::move(from), *std::move(to)};
  };
  const auto before = paths();
  if (!before) return std::unexpected(before.error());
  if (before->front() == before->back()) return {};

  auto claim = core.claims.claim(paths, ctx);
  if (!claim) return fail(std::move(claim));
  if (auto ok = check_places(claim->path(0), claim->path(1)); !ok) return ok;
  return rename_claimed(core, {parent, name}, {new_parent, new_name}, *claim, mode, ctx);
}

}  // namespace ftpsfs::vfs
