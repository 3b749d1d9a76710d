#pragma once

// Fetches what a program will ask for next. Over a distance most of a small file's time is waiting, so while a program
// walks through a tree the next files and listings are fetched beside it, on sessions that nobody else uses.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/remote/fetch_counters.h"
#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::cache {

struct LookAheadOptions {
  bool contents = true;                    // of files; false: only listings
  std::size_t most_at_once = 3;            // errands on their way, each with a session and a thread
  std::size_t most_steps = 8;              // how far ahead of a program
  std::size_t most_opened = 2;             // files that were opened and not read yet, each with a session
  std::uint64_t largest_file = 256 << 10;  // bytes; a larger one takes longer than the waiting that it saves
  std::uint64_t budget = 8 << 20;          // bytes, on their way or not yet asked for
  std::uint64_t unread_window = 2 << 20;   // bytes; see LookAhead
  std::chrono::milliseconds unread_pause{30'000};
  std::chrono::milliseconds trust{1'000};
  std::chrono::milliseconds lifetime{10'000};      // what was not asked for by then is dropped
  std::chrono::milliseconds errand_limit{30'000};  // for one file or listing
  std::chrono::milliseconds store_pause{1'000};    // between two uploads that belong together
  // The inode number that programs see for a path, since some walk in its order. Called with a lock held.
  std::function<std::uint64_t(const model::RemotePath&)> inode_number{};
  std::shared_ptr<remote::FetchCounters> counters = std::make_shared<remote::FetchCounters>();  // never null
};

// Decorator of a RemoteFs, to be put below a MetadataCache. Thread safe; no lock is held while `remote` works.
//
// - A walk is known by two files that are opened, or two directories that are listed, one after the other in the order
//   of their directory's listing, their names or their inode numbers. Then the next few are fetched, the more the longer
//   it goes on.
// - What was fetched less than `trust` ago answers without asking the server again: it is as if the program had opened
//   the file, or listed the directory, that much earlier. Of a file that is its version only, since the listing that
//   the walk goes along may be old: mode and link target are gaps. After that a file's version is asked for, and only
//   the same version's content is used; a listing is dropped.
// - Contents of which programs read less than half are fetched up to `unread_window` only, and as much again within each
//   `unread_pause`: who reads the heads of large files does not want the rest.
// - A program that arrives while its file is on the way waits for it; one whose file still stands in line fetches it
//   itself. An errand that has begun is brought to its end, which is short, whether or not it is still wanted.
// - The content that comes along with the attributes of a file that is opened for reading is kept for its first read, for
//   `trust` at most, and of `most_opened` files.
// - Uploads that follow each other get a further session, as far as there is one, so that the data channel of the next one
//   can be opened while this one is under way.
// - A change through this object drops what it touches before it begins and again when it ends.
// - Errands run with background priority and never open more sessions than the server is known to take
//   (RemoteFs::warm_up); their errors are nobody's.
//
// Threads are started with the first walk, or the first uploads that follow each other, `most_at_once` of them, and end
// with the object.
class LookAhead final : public remote::RemoteFs {
 public:
  // `remote` and `clock` must outlive this object and the sources it opened.
  LookAhead(remote::RemoteFs& remote, const LookAheadOptions& options, const base::Clock& clock);
  ~LookAhead() override;

  base::Result<model::Attributes> stat(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_file(const model::RemotePath& path,
                                               const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_to_read(const model::RemotePath& path,
                                                  const base::OpContext& ctx) override;
  base::Result<model::Attributes> refresh_absent(const model::RemotePath& path,
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
  base::Status settle(const model::RemotePath& path, const base::OpContext& ctx) override;
  base::Result<std::optional<remote::Space>> space(const base::OpContext& ctx) override;
  base::Status warm_up(const base::OpContext& ctx) override;

  struct Statistics {
    std::uint64_t bytes_fetched = 0;  // of files, whole ones only
    std::uint64_t bytes_used = 0;     // of these
    std::uint64_t listings_fetched = 0;
    std::uint64_t listings_used = 0;
  };
  Statistics statistics() const;

 private:
  class Impl;
  remote::RemoteFs& remote_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ftpsfs::cache
