// How FtpRemote shows what the server has: charset and symlinks.

#include <utility>
#include <vector>

#include "ftpsfs/ftp/follow_links.h"
#include "ftpsfs/ftp/inspect.h"
#include "ftpsfs/remote/ftp_remote.h"
#include "symlink_policy.h"

namespace ftpsfs::remote {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::DirEntry;
using model::FileType;
using model::Listing;
using model::RemotePath;

Result<RemotePath> FtpRemote::on_server(const RemotePath& path) const {
  if (!options_.names) return root_.rebased(RemotePath(), path);
  auto encoded = options_.names->encode(path);
  if (!encoded) return encoded;
  return root_.rebased(RemotePath(), *encoded);
}

Result<std::string> FtpRemote::shown_target(const std::string& target, const RemotePath& link) const {
  auto allowed = options_.unsafe_symlinks ? Result<std::string>(target) : target_inside(root_, link, target);
  if (!allowed || !options_.names) return allowed;
  return options_.names->decode_path(*allowed);
}

void FtpRemote::show_target(Attributes& attributes, const RemotePath& link) const {
  if (!attributes.link_target) return;
  auto target = shown_target(*attributes.link_target, link);
  attributes.link_target = target ? std::optional(std::move(*target)) : std::nullopt;
}

Status FtpRemote::follow(ftp::Session& session, Listing& entries, const RemotePath& directory,
                         const OpContext& ctx) const {
  if (options_.symlinks != Symlinks::follow) return {};
  std::vector<ftp::LinkToFollow> links;
  for (DirEntry& entry : entries) {
    if (entry.attributes.type != FileType::symlink) continue;
    if (auto path = directory.child(entry.name)) links.push_back({std::move(*path), &entry.attributes});
  }
  return links.empty() ? Status() : ftp::follow_links(session, links, ctx);
}

Listing FtpRemote::shown(Listing entries, const RemotePath& directory) const {
  const bool hide = options_.symlinks == Symlinks::hide;
  std::erase_if(entries,
                [&](const DirEntry& entry) { return hide && entry.attributes.type == FileType::symlink; });
  for (DirEntry& entry : entries) {
    if (entry.attributes.type != FileType::symlink) continue;
    if (const auto path = directory.child(entry.name)) show_target(entry.attributes, *path);
  }
  if (!options_.names) return entries;
  for (DirEntry& entry : entries) entry.name = options_.names->decode(entry.name);
  // In UTF-8 a name may be too long for Linux.
  std::erase_if(entries, [](const DirEntry& entry) { return !model::check_name(entry.name); });
  return entries;
}

Result<Attributes> FtpRemote::look_at(ftp::Session& session, const RemotePath& path,
                                      const OpContext& ctx) const {
  auto attributes = ftp::inspect(session, path, ctx);
  if (!attributes || attributes->type != FileType::symlink) return attributes;
  if (options_.symlinks == Symlinks::hide)
    return fail(Errc::not_found, "symlinks are hidden (symlinks=hide)");
  if (options_.symlinks == Symlinks::follow) {
    const ftp::LinkToFollow link{path, &*attributes};
    if (auto ok = ftp::follow_links(session, {&link, 1}, ctx); !ok) return fail(std::move(ok));
  }
  show_target(*attributes, path);
  return attributes;
}

}  // namespace ftpsfs::remote
