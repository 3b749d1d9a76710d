#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::testing {

// Passes everything on, unless `admit` says why not.
class ForwardingRemoteFs : public remote::RemoteFs {
 public:
  explicit ForwardingRemoteFs(remote::RemoteFs& to) : to_(to) {}

  virtual base::Status admit() { return {}; }

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.stat(path, ctx);
  }
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.list(directory, ctx);
  }
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.open_read(path, offset, expected, ctx);
  }
  using RemoteFs::store;
  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.store(path, content, options, ctx);
  }
  base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.remove_file(path, ctx);
  }
  base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.make_directory(path, ctx);
  }
  base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.remove_directory(path, ctx);
  }
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to,
                      const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.rename(from, to, ctx);
  }
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.set_modified(path, modified, ctx);
  }
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode,
                        const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.set_mode(path, mode, ctx);
  }
  base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.read_link(path, ctx);
  }
  base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                            const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return ok;
    return to_.make_symlink(link, target, ctx);
  }
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override {
    if (auto ok = admit(); !ok) return base::fail(std::move(ok));
    return to_.space(ctx);
  }

 private:
  remote::RemoteFs& to_;
};

}  // namespace ftpsfs::testing
