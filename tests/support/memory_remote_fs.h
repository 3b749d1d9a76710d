#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::testing {

// A RemoteFs in memory, for tests of what stands on one. Counts calls, and fails, stalls or interferes on demand.
// Thread safe. Sources keep reading what they opened, as an open file of a Unix server does.
class MemoryRemoteFs final : public remote::RemoteFs {
 public:
  enum class Operation {
    stat,
    list,
    open_read,
    read,  // of a source
    store,
    append,
    remove_file,
    make_directory,
    remove_directory,
    rename,
    set_modified,
    set_mode,
    read_link,
    make_symlink,
    space,
    settle,
    warm_up,
  };

  MemoryRemoteFs();
  ~MemoryRemoteFs() override;

  // ---- the tree, changed as if by somebody else: not counted, never failing. Paths as RemotePath::parse takes them.

  void put_file(std::string_view path, std::string_view content);  // with missing parents
  void put_directory(std::string_view path);                       // with missing parents
  void put_symlink(std::string_view path, std::string_view target);
  void erase(std::string_view path);                                // with all below
  std::optional<std::string> content(std::string_view path) const;  // nullopt: no such file
  std::optional<model::Attributes> attributes(std::string_view path) const;

  // What the server's clock says from now on: the time of files changed from now on, cut to seconds.
  void set_time(base::SystemTime time);

  // From now on `stat` and `store` do not tell the mode, as on a server where only listings do.
  void tell_mode_only_in_listings();

  // ---- counts

  std::size_t calls(Operation operation) const;
  std::uint64_t bytes_read() const;                     // by all sources
  std::uint64_t bytes_received() const;                 // by all stores, failed ones included
  void wait_until_received(std::uint64_t bytes) const;  // until there are so many
  std::size_t sources_alive() const;

  // ---- faults

  // The next `times` calls fail before they do anything.
  void fail_next(Operation operation, base::Errc code, std::size_t times = 1);

  // The next call does its work, and then its answer is lost.
  void lose_next_answer(Operation operation, base::Errc code = base::Errc::connection_lost);

  // The next call runs `interference` when its answer is ready and not yet given. No lock is held.
  void during_next(Operation operation, std::function<void()> interference);

  // From now on calls wait when their answer is ready, until `release`, or their deadline or stop.
  void block(Operation operation);
  void release(Operation operation);
  void wait_until_blocked(Operation operation, std::size_t calls);  // until so many wait

  // From now on a read of a source brings at most so many bytes.
  void limit_reads(std::size_t bytes);

  // From now on a listing ends after so many entries, and says so.
  void cut_listings_after(std::size_t entries);

  // From now on every source ends here, whatever the size of its file.
  void end_sources_at(std::uint64_t offset);

  // From now on `open_read` takes any version for the expected one.
  void ignore_versions();

  // From now on `set_modified` and `set_mode` are not_supported.
  void refuse_setting_attributes();

  // From now on a store fails as soon as it has received more than so many bytes.
  void limit_stores(std::uint64_t bytes, base::Errc code);

  // From now on `append` leaves it to `store`, having added this many bytes.
  void leave_appends_after(std::size_t bytes);

  // Whether the last store might have been deferred. This implementation never does.
  bool last_store_was_deferrable() const;

  // From now on `open_file` brings the content along.
  void open_with_content();

  // From now on `store` sets neither time nor mode, only set_modified and set_mode do.
  void store_contents_only();

  // ---- RemoteFs

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<remote::OpenedFile> open_file(const model::RemotePath& path,
                                             const base::OpContext& ctx) override;
  base::Result<model::Listing> list(const model::RemotePath& directory, const base::OpContext& ctx) override;
  base::Result<std::unique_ptr<remote::ByteSource>> open_read(
      const model::RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
      const base::OpContext& ctx) override;
  base::Result<remote::Stored> store(const model::RemotePath& path, const remote::UploadContent& content,
                                     const remote::StoreOptions& options,
                                     const base::OpContext& ctx) override;
  using remote::RemoteFs::store;
  base::Result<std::optional<remote::Stored>> append(const model::RemotePath& path,
                                                     const model::FileVersion& base,
                                                     const remote::UploadContent& content,
                                                     const base::OpContext& ctx) override;
  base::Status remove_file(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status make_directory(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status remove_directory(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status rename(const model::RemotePath& from, const model::RemotePath& to,
                      const base::OpContext& ctx) override;
  base::Status set_modified(const model::RemotePath& path, base::SystemTime modified,
                            const base::OpContext& ctx) override;
  base::Status set_mode(const model::RemotePath& path, std::uint32_t mode,
                        const base::OpContext& ctx) override;
  base::Result<std::string> read_link(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status make_symlink(const model::RemotePath& link, const std::string& target,
                            const base::OpContext& ctx) override;
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override;
  base::Status settle(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Status warm_up(const base::OpContext& ctx) override;

 private:
  class State;
  class Source;
  std::shared_ptr<State> state_;  // shared with the sources
};

}  // namespace ftpsfs::testing
