#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::remote {

base::Status RemoteFs::make_symlink(const model::RemotePath& /*link*/, const std::string& /*target*/,
                                    const base::OpContext& /*ctx*/) {
  return base::fail(base::Errc::not_supported, "symlinks cannot be made here");
}

base::Result<std::optional<Stored>> RemoteFs::append(const model::RemotePath& /*path*/,
                                                     const model::FileVersion& /*base*/,
                                                     const UploadContent& /*content*/,
                                                     const base::OpContext& /*ctx*/) {
  return std::nullopt;
}

base::Status RemoteFs::settle(const model::RemotePath& /*path*/, const base::OpContext& /*ctx*/) {
  return {};
}

base::Status RemoteFs::warm_up(const base::OpContext& /*ctx*/) { return {}; }

}  // namespace ftpsfs::remote
