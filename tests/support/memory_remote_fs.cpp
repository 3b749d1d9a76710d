#include "support/memory_remote_fs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "ftpsfs/base/mutex.h"
#include "support/memory_tree.h"

namespace ftpsfs::testing {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::DirEntry;
using model::RemotePath;

namespace {

constexpr std::size_t kOperations = static_cast<std::size_t>(MemoryRemoteFs::Operation::warm_up) + 1;

std::size_t index(MemoryRemoteFs::Operation operation) { return static_cast<std::size_t>(operation); }

RemotePath path_of(std::string_view text) { return RemotePath::parse(text).value(); }

}  // namespace

// What is asked of one operation.
struct Script {
  std::size_t calls = 0;
  std::size_t failures = 0;  // so many to come
  Errc failure = Errc::internal;
  std::optional<Errc> lost_answer;
  std::function<void()> interference;
  bool blocked = false;
  std::size_t waiting = 0;
};

class MemoryRemoteFs::State {
 public:
  // One call: the script's failure, or `work` (which returns a Result) on the tree, or an answer that is lost.
  template <class Work>
  std::invoke_result_t<Work, MemoryTree&> perform(Operation operation, const OpContext& ctx, Work&& work)
      FTPSFS_EXCLUDES(mutex) {
    MutexLock lock(mutex);
    auto& script = scripts[index(operation)];
    ++script.calls;
    if (auto ok = ctx.check("talking to the server in memory"); !ok) return fail(std::move(ok));
    if (script.failures > 0) {
      --script.failures;
      return fail(script.failure, "as the test asked");
    }
    auto answer = work(tree);
    const auto lost = std::exchange(script.lost_answer, std::nullopt);
    if (auto interference = std::exchange(script.interference, nullptr)) {
      lock.unlock();
      interference();
      lock.lock();
    }
    if (auto ok = wait_while_blocked(script, ctx); !ok) return fail(std::move(ok));
    if (lost) return fail(*lost, "as the test asked");
    return answer;
  }

  Status receive(std::size_t count, std::uint64_t offset) FTPSFS_EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    bytes_received += count;
    changed.notify_all();
    if (offset + count > store_limit) return fail(store_failure, "as the test asked");
    return {};
  }

  Script& script(Operation operation) FTPSFS_REQUIRES(mutex) { return scripts[index(operation)]; }

  mutable base::Mutex mutex;
  base::CondVar changed;
  std::uint64_t bytes_received FTPSFS_GUARDED_BY(mutex) = 0;
  std::uint64_t store_limit FTPSFS_GUARDED_BY(mutex) = std::numeric_limits<std::uint64_t>::max();
  Errc store_failure FTPSFS_GUARDED_BY(mutex) = Errc::internal;
  MemoryTree tree FTPSFS_GUARDED_BY(mutex);
  std::array<Script, kOperations> scripts FTPSFS_GUARDED_BY(mutex);
  std::atomic<std::size_t> listing_end = std::numeric_limits<std::size_t>::max();
  std::size_t read_limit FTPSFS_GUARDED_BY(mutex) = std::numeric_limits<std::size_t>::max();
  std::uint64_t source_end FTPSFS_GUARDED_BY(mutex) = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes_read FTPSFS_GUARDED_BY(mutex) = 0;
  std::size_t sources FTPSFS_GUARDED_BY(mutex) = 0;
  std::atomic<bool> contents_only = false;
  std::atomic<bool> opens_with_content = false;
  std::atomic<bool> deferrable = false;
  std::atomic<std::size_t> append_end = std::numeric_limits<std::size_t>::max();

 private:
  Status wait_while_blocked(Script& script, const OpContext& ctx) FTPSFS_REQUIRES(mutex) {
    if (!script.blocked) return {};
    Status ok;
    ++script.waiting;
    changed.notify_all();
    while (ok && script.blocked) ok = changed.wait(mutex, ctx, "waiting for the server in memory");
    --script.waiting;
    return script.blocked ? ok : Status();
  }
};

class MemoryRemoteFs::Source final : public remote::ByteSource {
 public:
  Source(std::shared_ptr<State> state, std::shared_ptr<const std::string> content, std::uint64_t offset)
      : state_(std::move(state)), content_(std::move(content)), offset_(offset) {
    const MutexLock lock(state_->mutex);
    ++state_->sources;
  }
  ~Source() override {
    const MutexLock lock(state_->mutex);
    --state_->sources;
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  Result<std::size_t> read(std::span<std::byte> out, const OpContext& ctx) override {
    const auto limits = std::invoke([this] {
      const MutexLock lock(state_->mutex);
      return std::pair(state_->read_limit, state_->source_end);
    });
    auto count = state_->perform(Operation::read, ctx, [&](MemoryTree&) -> Result<std::size_t> {
      const auto end = std::min<std::uint64_t>(content_->size(), limits.second);
      if (offset_ >= end) return 0;
      return static_cast<std::size_t>(std::min<std::uint64_t>({out.size(), limits.first, end - offset_}));
    });
    if (!count || *count == 0) return count;
    std::memcpy(out.data(), content_->data() + offset_, *count);
    offset_ += *count;
    const MutexLock lock(state_->mutex);
    state_->bytes_read += *count;
    return count;
  }

  std::uint64_t offset() const override { return offset_; }

 private:
  const std::shared_ptr<State> state_;
  const std::shared_ptr<const std::string> content_;
  std::uint64_t offset_;
};

MemoryRemoteFs::MemoryRemoteFs() : state_(std::make_shared<State>()) {}
MemoryRemoteFs::~MemoryRemoteFs() = default;

// ---- the tree

void MemoryRemoteFs::put_file(std::string_view path, std::string_view content) {
  const MutexLock lock(state_->mutex);
  state_->tree.make_parents(path_of(path));
  static_cast<void>(state_->tree.store(path_of(path), std::string(content)).value());
}

void MemoryRemoteFs::put_directory(std::string_view path) {
  const MutexLock lock(state_->mutex);
  state_->tree.make_parents(path_of(path));
  state_->tree.make_directory(path_of(path)).value();
}

void MemoryRemoteFs::put_symlink(std::string_view path, std::string_view target) {
  const MutexLock lock(state_->mutex);
  state_->tree.make_parents(path_of(path));
  state_->tree.put_symlink(path_of(path), std::string(target));
}

void MemoryRemoteFs::erase(std::string_view path) {
  const MutexLock lock(state_->mutex);
  state_->tree.erase(path_of(path));
}

std::optional<std::string> MemoryRemoteFs::content(std::string_view path) const {
  const MutexLock lock(state_->mutex);
  const auto* node = state_->tree.find(path_of(path));
  return node != nullptr && node->content ? std::optional(*node->content) : std::nullopt;
}

std::optional<Attributes> MemoryRemoteFs::attributes(std::string_view path) const {
  const MutexLock lock(state_->mutex);
  const auto* node = state_->tree.find(path_of(path));
  return node != nullptr ? std::optional(node->attributes) : std::nullopt;
}

void MemoryRemoteFs::set_time(base::SystemTime time) {
  const MutexLock lock(state_->mutex);
  state_->tree.set_time(time);
}

void MemoryRemoteFs::tell_mode_only_in_listings() {
  const MutexLock lock(state_->mutex);
  state_->tree.tell_mode_only_in_listings();
}

// ---- counts

std::size_t MemoryRemoteFs::calls(Operation operation) const {
  const MutexLock lock(state_->mutex);
  return state_->script(operation).calls;
}

std::uint64_t MemoryRemoteFs::bytes_read() const {
  const MutexLock lock(state_->mutex);
  return state_->bytes_read;
}

std::size_t MemoryRemoteFs::sources_alive() const {
  const MutexLock lock(state_->mutex);
  return state_->sources;
}

// ---- faults

void MemoryRemoteFs::fail_next(Operation operation, Errc code, std::size_t times) {
  const MutexLock lock(state_->mutex);
  state_->script(operation).failures = times;
  state_->script(operation).failure = code;
}

void MemoryRemoteFs::lose_next_answer(Operation operation, Errc code) {
  const MutexLock lock(state_->mutex);
  state_->script(operation).lost_answer = code;
}

void MemoryRemoteFs::during_next(Operation operation, std::function<void()> interference) {
  const MutexLock lock(state_->mutex);
  state_->script(operation).interference = std::move(interference);
}

void MemoryRemoteFs::block(Operation operation) {
  const MutexLock lock(state_->mutex);
  state_->script(operation).blocked = true;
}

void MemoryRemoteFs::release(Operation operation) {
  const MutexLock lock(state_->mutex);
  state_->script(operation).blocked = false;
  state_->changed.notify_all();
}

void MemoryRemoteFs::wait_until_blocked(Operation operation, std::size_t calls) {
  const MutexLock lock(state_->mutex);
  while (state_->script(operation).waiting < calls) {
    state_->changed.wait(state_->mutex, OpContext{}, "waiting for callers").value();
  }
}

void MemoryRemoteFs::cut_listings_after(std::size_t entries) { state_->listing_end = entries; }

void MemoryRemoteFs::limit_reads(std::size_t bytes) {
  const MutexLock lock(state_->mutex);
  state_->read_limit = bytes;
}

void MemoryRemoteFs::end_sources_at(std::uint64_t offset) {
  const MutexLock lock(state_->mutex);
  state_->source_end = offset;
}

void MemoryRemoteFs::ignore_versions() {
  const MutexLock lock(state_->mutex);
  state_->tree.ignore_versions();
}

void MemoryRemoteFs::refuse_setting_attributes() {
  const MutexLock lock(state_->mutex);
  state_->tree.refuse_setting_attributes();
}

void MemoryRemoteFs::limit_stores(std::uint64_t bytes, Errc code) {
  const MutexLock lock(state_->mutex);
  state_->store_limit = bytes;
  state_->store_failure = code;
}

std::uint64_t MemoryRemoteFs::bytes_received() const {
  const MutexLock lock(state_->mutex);
  return state_->bytes_received;
}

void MemoryRemoteFs::wait_until_received(std::uint64_t bytes) const {
  const MutexLock lock(state_->mutex);
  while (state_->bytes_received < bytes) {
    state_->changed.wait(state_->mutex, OpContext{}, "waiting for an upload").value();
  }
}

void MemoryRemoteFs::store_contents_only() { state_->contents_only = true; }
void MemoryRemoteFs::open_with_content() { state_->opens_with_content = true; }

// ---- RemoteFs

Result<Attributes> MemoryRemoteFs::stat(const RemotePath& path, const OpContext& ctx) {
  return state_->perform(Operation::stat, ctx, [&](MemoryTree& tree) { return tree.stat(path); });
}

Result<remote::OpenedFile> MemoryRemoteFs::open_file(const RemotePath& path, const OpContext& ctx) {
  auto attributes = refresh_file(path, ctx);
  if (!attributes) return fail(std::move(attributes));
  remote::OpenedFile opened{.attributes = std::move(*attributes), .source = nullptr};
  if (!state_->opens_with_content) return opened;
  auto source = open_read(path, 0, model::FileVersion::of(opened.attributes), ctx);
  if (!source) return fail(std::move(source));
  opened.source = std::move(*source);
  return opened;
}

Result<model::Listing> MemoryRemoteFs::list(const RemotePath& directory, const OpContext& ctx) {
  return state_->perform(Operation::list, ctx, [&](MemoryTree& tree) -> Result<model::Listing> {
    auto entries = tree.list(directory);
    if (!entries) return fail(std::move(entries));
    model::Listing listing(std::move(*entries));
    if (listing.size() > state_->listing_end) {
      listing.resize(state_->listing_end);
      listing.complete = false;
    }
    return listing;
  });
}

Result<std::unique_ptr<remote::ByteSource>> MemoryRemoteFs::open_read(
    const RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
    const OpContext& ctx) {
  auto content =
      state_->perform(Operation::open_read, ctx, [&](MemoryTree& tree) { return tree.read(path, expected); });
  if (!content) return fail(std::move(content));
  return std::make_unique<Source>(state_, std::move(*content), offset);
}

Result<remote::Stored> MemoryRemoteFs::store(const RemotePath& path, const remote::UploadContent& content,
                                             const remote::StoreOptions& options, const OpContext& ctx) {
  state_->deferrable = options.deferrable;
  std::string bytes;
  std::vector<std::byte> piece(64 << 10);
  while (!content.size || bytes.size() < *content.size) {
    const auto most =
        content.size ? std::min<std::uint64_t>(piece.size(), *content.size - bytes.size()) : piece.size();
    const auto count = content.read_at(bytes.size(), std::span(piece).first(most), ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    if (auto ok = state_->receive(*count, bytes.size()); !ok) return fail(std::move(ok));
    bytes.append(reinterpret_cast<const char*>(piece.data()), *count);
  }
  return state_->perform(Operation::store, ctx, [&](MemoryTree& tree) -> Result<remote::Stored> {
    auto attributes = tree.store(path, std::move(bytes));
    if (!attributes) return fail(std::move(attributes));
    remote::Stored stored{.attributes = std::move(*attributes)};
    if (state_->contents_only) return stored;
    stored.modified_set = options.modified && tree.set_modified(path, *options.modified);
    stored.mode_set = options.mode && tree.set_mode(path, *options.mode);
    stored.attributes = tree.stat(path).value();
    return stored;
  });
}

Result<std::optional<remote::Stored>> MemoryRemoteFs::append(const RemotePath& path,
                                                             const model::FileVersion& base,
                                                             const remote::UploadContent& content,
                                                             const OpContext& ctx) {
  std::string rest(static_cast<std::size_t>(*content.size - base.size), '?');
  const auto bytes = std::as_writable_bytes(std::span(rest));
  for (std::size_t done = 0; done < bytes.size();) {
    const auto count = content.read_at(base.size + done, bytes.subspan(done), ctx);
    if (!count) return std::unexpected(count.error());
    done += *count;
  }
  if (auto ok = state_->receive(rest.size(), base.size); !ok) return fail(std::move(ok));
  const auto end = state_->append_end.load();
  return state_->perform(Operation::append, ctx,
                         [&](MemoryTree& tree) -> Result<std::optional<remote::Stored>> {
                           const auto old = tree.read(path, base);
                           if (!old) return std::unexpected(old.error());
                           if ((*old)->size() != base.size)
                             return fail(Errc::stale, "the file has another size");
                           auto attributes = tree.store(path, **old + rest.substr(0, end));
                           if (!attributes) return fail(std::move(attributes));
                           if (end < rest.size()) return std::nullopt;
                           return remote::Stored{.attributes = std::move(*attributes)};
                         });
}

void MemoryRemoteFs::leave_appends_after(std::size_t bytes) { state_->append_end = bytes; }

Status MemoryRemoteFs::remove_file(const RemotePath& path, const OpContext& ctx) {
  return state_->perform(Operation::remove_file, ctx,
                         [&](MemoryTree& tree) { return tree.remove_file(path); });
}

Status MemoryRemoteFs::make_directory(const RemotePath& path, const OpContext& ctx) {
  return state_->perform(Operation::make_directory, ctx,
                         [&](MemoryTree& tree) { return tree.make_directory(path); });
}

Status MemoryRemoteFs::remove_directory(const RemotePath& path, const OpContext& ctx) {
  return state_->perform(Operation::remove_directory, ctx,
                         [&](MemoryTree& tree) { return tree.remove_directory(path); });
}

Status MemoryRemoteFs::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  return state_->perform(Operation::rename, ctx, [&](MemoryTree& tree) { return tree.rename(from, to); });
}

Status MemoryRemoteFs::set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx) {
  return state_->perform(Operation::set_modified, ctx,
                         [&](MemoryTree& tree) { return tree.set_modified(path, modified); });
}

Status MemoryRemoteFs::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return state_->perform(Operation::set_mode, ctx,
                         [&](MemoryTree& tree) { return tree.set_mode(path, mode); });
}

Result<std::string> MemoryRemoteFs::read_link(const RemotePath& path, const OpContext& ctx) {
  return state_->perform(Operation::read_link, ctx, [&](MemoryTree& tree) { return tree.read_link(path); });
}

Status MemoryRemoteFs::make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx) {
  return state_->perform(Operation::make_symlink, ctx,
                         [&](MemoryTree& tree) { return tree.make_symlink(link, target); });
}

Result<std::optional<remote::Space>> MemoryRemoteFs::space(const OpContext& ctx) {
  return state_->perform(Operation::space, ctx, [](MemoryTree&) -> Result<std::optional<remote::Space>> {
    return remote::Space{.total = 1 << 30, .available = 1 << 29};
  });
}

Status MemoryRemoteFs::settle(const RemotePath& /*path*/, const OpContext& ctx) {
  return state_->perform(Operation::settle, ctx, [](MemoryTree&) -> Status { return {}; });
}

Status MemoryRemoteFs::warm_up(const OpContext& ctx) {
  return state_->perform(Operation::warm_up, ctx, [](MemoryTree&) -> Status { return {}; });
}

bool MemoryRemoteFs::last_store_was_deferrable() const { return state_->deferrable; }

}  // namespace ftpsfs::testing
