#include "ftpsfs/cache/look_ahead.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

#include "errands.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/base/mutex.h"
#include "walk_orders.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using model::Attributes;
using model::FileType;
using model::FileVersion;
using model::Listing;
using model::RemotePath;

namespace {

// What a listing may cost of the budget: nobody knows before it is there.
constexpr std::uint64_t kListingCost = 64 << 10;

constexpr std::size_t kReadSize = 64 << 10;

// As much as comes from a server at once. Whoever asks for more would count as having read what it never looks at.
constexpr std::size_t kPiece = 16 << 10;

class FetchedFile final : public remote::ByteSource {
 public:
  FetchedFile(SharedContent content, std::uint64_t offset) : content_(std::move(content)), offset_(offset) {}

  Result<std::size_t> read(std::span<std::byte> out, const OpContext&) override {
    const auto count = content_->copy(offset_, out.first(std::min(out.size(), kPiece)));
    offset_ += count;
    return count;
  }

  std::uint64_t offset() const override { return offset_; }

 private:
  const SharedContent content_;
  std::uint64_t offset_;
};

// What the server told together with the content. The rest is as old as the listing that the walk goes along.
Attributes told_with(const FileVersion& version) {
  Attributes told;
  told.size = version.size;
  told.modified = version.modified;
  told.unique_id = version.unique_id;
  return told;
}

using Source = std::unique_ptr<remote::ByteSource>;

// All bytes up to the size that the file is known to have. As with any reader, the end itself is not asked for.
Result<std::vector<std::byte>> read_all(remote::ByteSource& source, std::uint64_t size,
                                        const OpContext& ctx) {
  std::vector<std::byte> bytes(size);
  for (auto rest = std::span(bytes); !rest.empty();) {
    const auto count = source.read(rest.first(std::min(rest.size(), kReadSize)), ctx);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return fail(Errc::stale, "the file has become shorter");
    rest = rest.subspan(*count);
  }
  return bytes;
}

}  // namespace

class LookAhead::Impl {
 public:
  Impl(remote::RemoteFs& remote, const LookAheadOptions& options, const base::Clock& clock)
      : remote_(remote),
        options_(options),
        clock_(clock),
        orders_(WalkOrders::Limits{}, options.inode_number),
        errands_(options.budget),
        credit_(std::make_shared<FetchCredit>(options.unread_window)),
        credited_at_(clock.now()) {}
  ~Impl();

  bool fetches_contents() const { return options_.contents; }

  // What was fetched of the path and still answers; null when the server is to be asked.
  SharedErrand take_listing(const RemotePath& directory, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  std::optional<Attributes> attributes(const RemotePath& file, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  SharedContent take_content(const RemotePath& file, const FileVersion& expected, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);

  Result<Attributes> open_ahead(const RemotePath& file, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Source take_opened(const RemotePath& file, std::uint64_t offset, const FileVersion& expected)
      FTPSFS_EXCLUDES(mutex_);

  void learn(const RemotePath& directory, const Listing& listing) FTPSFS_EXCLUDES(mutex_);

  // Runs `change`, which touches these paths.
  template <class Operation>
  auto change(const std::vector<RemotePath>& paths, Operation&& operation) {
    drop_touched_by(paths);
    auto result = operation();
    drop_touched_by(paths);
    return result;
  }

  // A file is about to be uploaded.
  void note_store() FTPSFS_EXCLUDES(mutex_);

  Statistics statistics() const FTPSFS_EXCLUDES(mutex_);

 private:
  struct Opened {
    RemotePath path;
    FileVersion version;
    Source source;
    base::SteadyTime at;
  };
  std::vector<Source> take_unread() FTPSFS_REQUIRES(mutex_);

  void visit(const RemotePath& path, FileType type) FTPSFS_REQUIRES(mutex_);
  void credit_time() FTPSFS_REQUIRES(mutex_);
  bool queue(const WalkStep& step) FTPSFS_REQUIRES(mutex_);
  SharedErrand await(const RemotePath& path, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  void drop_outdated() FTPSFS_REQUIRES(mutex_) {
    errands_.drop_done_before(clock_.now() - options_.lifetime);
  }
  bool fresh(const Errand& errand) const { return clock_.now() - errand.done_at < options_.trust; }
  void drop_touched_by(const std::vector<RemotePath>& paths) FTPSFS_EXCLUDES(mutex_);

  void start_threads() FTPSFS_REQUIRES(mutex_);
  void work(const std::stop_token& stop) FTPSFS_EXCLUDES(mutex_);
  std::vector<Source> wait_for_work(const std::stop_token& stop) FTPSFS_REQUIRES(mutex_);
  void run(const SharedErrand& errand, const std::stop_token& stop) FTPSFS_EXCLUDES(mutex_);
  Result<Source> fetch(Errand& errand, const OpContext& ctx);
  void keep(const SharedErrand& errand, const Status& fetched) FTPSFS_EXCLUDES(mutex_);

  remote::RemoteFs& remote_;
  const LookAheadOptions options_;
  const base::Clock& clock_;

  // The only lock; never held while remote_ works.
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  WalkOrders orders_ FTPSFS_GUARDED_BY(mutex_);
  Errands errands_ FTPSFS_GUARDED_BY(mutex_);
  std::deque<Opened> opened_ FTPSFS_GUARDED_BY(mutex_);  // the oldest first
  std::uint64_t changes_ FTPSFS_GUARDED_BY(mutex_) = 0;  // of ours, so far
  const std::shared_ptr<FetchCredit> credit_;            // of contents
  base::SteadyTime credited_at_ FTPSFS_GUARDED_BY(mutex_);
  Statistics statistics_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<base::SteadyTime> last_store_ FTPSFS_GUARDED_BY(mutex_);
  bool session_wanted_ FTPSFS_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ FTPSFS_GUARDED_BY(mutex_);
};

LookAhead::Impl::~Impl() {
  std::vector<std::jthread> ending;  // joined outside the lock
  std::deque<Opened> unread;
  const MutexLock lock(mutex_);
  unread = std::move(opened_);
  for (auto& thread : threads_) thread.request_stop();
  ending = std::move(threads_);
}

// ---- for programs

SharedErrand LookAhead::Impl::take_listing(const RemotePath& directory, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  visit(directory, FileType::directory);
  auto errand = await(directory, ctx);
  if (!errand) return nullptr;
  errands_.drop(errand);
  if (!errand->listing || !fresh(*errand)) return nullptr;
  ++statistics_.listings_used;
  return errand;
}

std::optional<Attributes> LookAhead::Impl::attributes(const RemotePath& file, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  const auto errand = await(file, ctx);
  if (!errand || !errand->content || !fresh(*errand)) return std::nullopt;
  return told_with(errand->version());
}

SharedContent LookAhead::Impl::take_content(const RemotePath& file, const FileVersion& expected,
                                            const OpContext& ctx) {
  const MutexLock lock(mutex_);
  visit(file, FileType::file);
  const auto errand = await(file, ctx);
  if (!errand) return nullptr;
  errands_.drop(errand);
  const auto version = errand->version();
  const bool same = fresh(*errand) ? version.may_equal(expected) : version == expected && version.modified;
  if (!errand->content || !same) return nullptr;
  statistics_.bytes_used += version.size;
  return errand->content;
}

// Not what a change of ours has overtaken: the server may have told the version before it.
Result<Attributes> LookAhead::Impl::open_ahead(const RemotePath& file, const OpContext& ctx) {
  std::uint64_t changes = 0;
  {
    const MutexLock lock(mutex_);
    changes = changes_;
  }
  auto answer = remote_.open_file(file, ctx);
  if (!answer) return fail(std::move(answer));
  std::vector<Source> unread;  // ends outside the lock
  const MutexLock lock(mutex_);
  if (!answer->source || answer->attributes.size == 0 || changes != changes_) return answer->attributes;
  opened_.push_back({.path = file,
                     .version = FileVersion::of(answer->attributes),
                     .source = std::move(answer->source),
                     .at = clock_.now()});
  if (opened_.size() > options_.most_opened) {
    unread.push_back(std::move(opened_.front().source));
    opened_.pop_front();
  }
  start_threads();
  changed_.notify_all();
  return answer->attributes;
}

Source LookAhead::Impl::take_opened(const RemotePath& file, std::uint64_t offset,
                                    const FileVersion& expected) {
  std::optional<Opened> found;  // what is of no use ends outside the lock
  {
    const MutexLock lock(mutex_);
    const auto place = std::ranges::find(opened_, file, &Opened::path);
    if (place == opened_.end()) return nullptr;
    found = std::move(*place);
    opened_.erase(place);
  }
  const bool fresh = clock_.now() - found->at < options_.trust;
  return fresh && offset == 0 && found->version.may_equal(expected) ? std::move(found->source) : nullptr;
}

std::vector<Source> LookAhead::Impl::take_unread() {
  std::vector<Source> unread;
  while (!opened_.empty() && clock_.now() - opened_.front().at >= options_.trust) {
    unread.push_back(std::move(opened_.front().source));
    opened_.pop_front();
  }
  return unread;
}

// A program has come for `path`: what stands in line for it is overtaken, what is on its way is waited for.
SharedErrand LookAhead::Impl::await(const RemotePath& path, const OpContext& ctx) {
  for (;;) {
    const auto errand = errands_.find(path);
    if (!errand || errand->state == Errand::State::done) return errand;
    if (errand->state == Errand::State::waiting) {
      errands_.drop(errand);
      return nullptr;
    }
    if (!changed_.wait(mutex_, ctx, "waiting for what is fetched ahead")) return nullptr;
  }
}

void LookAhead::Impl::visit(const RemotePath& path, FileType type) {
  if (type == FileType::file && !options_.contents) return;
  drop_outdated();
  credit_time();
  bool added = false;
  for (const auto& step : orders_.visit(path, type, options_.most_steps)) added = queue(step) || added;
  if (!added) return;
  start_threads();
  changed_.notify_all();
}

void LookAhead::Impl::credit_time() {
  const auto now = clock_.now();
  const std::chrono::duration<double> passed = now - std::exchange(credited_at_, now);
  const auto pauses = std::min(passed / options_.unread_pause, 1.0);
  credit_->add(static_cast<std::uint64_t>(pauses * static_cast<double>(options_.unread_window)));
}

bool LookAhead::Impl::queue(const WalkStep& step) {
  if (step.attributes.type == FileType::directory) return errands_.add(step, kListingCost);
  const auto size = step.attributes.size;
  return size && *size <= options_.largest_file && credit_->covers(*size) && errands_.add(step, *size);
}

void LookAhead::Impl::learn(const RemotePath& directory, const Listing& listing) {
  const MutexLock lock(mutex_);
  orders_.learn(directory, listing);
}

void LookAhead::Impl::note_store() {
  const MutexLock lock(mutex_);
  const auto now = clock_.now();
  const auto last = std::exchange(last_store_, now);
  if (!last || now - *last > options_.store_pause) return;
  session_wanted_ = true;
  start_threads();
  changed_.notify_all();
}

void LookAhead::Impl::drop_touched_by(const std::vector<RemotePath>& paths) {
  std::deque<Opened> unread;  // ends outside the lock
  const MutexLock lock(mutex_);
  ++changes_;
  unread = std::exchange(opened_, {});
  for (const auto& path : paths) errands_.drop_touched_by(path);
  changed_.notify_all();
}

LookAhead::Statistics LookAhead::Impl::statistics() const {
  const MutexLock lock(mutex_);
  return statistics_;
}

// ---- errands

void LookAhead::Impl::start_threads() {
  while (threads_.size() < options_.most_at_once)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

void LookAhead::Impl::work(const std::stop_token& stop) {
  const OpContext patience{.stop = stop, .priority = base::Priority::background};
  for (;;) {
    std::vector<Source> unread;  // ends outside the lock
    {
      const MutexLock lock(mutex_);
      unread = wait_for_work(stop);
      if (stop.stop_requested()) return;
      if (!unread.empty()) continue;
      session_wanted_ = false;
    }
    // The errand stays in line meanwhile, where its program may overtake it.
    const auto ready = remote_.warm_up(patience.with_time_limit(options_.errand_limit));
    SharedErrand errand;
    {
      const MutexLock lock(mutex_);
      if (ready) {
        errand = errands_.start_next();
      } else {
        errands_.drop_waiting();
      }
    }
    if (errand) run(errand, stop);
  }
}

// Gives what was opened and is not to be kept any longer.
std::vector<Source> LookAhead::Impl::wait_for_work(const std::stop_token& stop) {
  for (;;) {
    drop_outdated();
    auto unread = take_unread();
    if (!unread.empty() || errands_.any_waiting() || session_wanted_ || stop.stop_requested()) return unread;
    OpContext patience{.stop = stop};
    if (const auto earliest = errands_.earliest_done())
      patience = patience.with_time_limit(*earliest + options_.lifetime - clock_.now());
    if (!opened_.empty()) patience = patience.capped(opened_.front().at + options_.trust - clock_.now());
    (void)changed_.wait(mutex_, patience, "waiting for errands");
  }
}

// What was fetched is there for programs before its transfer has ended: that takes some servers two round trips, and the
// pool waits for it.
void LookAhead::Impl::run(const SharedErrand& errand, const std::stop_token& stop) {
  OpContext ctx{.stop = stop, .priority = base::Priority::background};
  ctx = ctx.with_time_limit(options_.errand_limit);
  const auto source = fetch(*errand, ctx);
  keep(errand, source ? Status{} : std::unexpected(source.error()));
}

// While it is under way, the errand's result belongs to its thread alone.
Result<Source> LookAhead::Impl::fetch(Errand& errand, const OpContext& ctx) {
  if (errand.is_file()) {
    const auto version = errand.version();
    if (!credit_->spend(version.size)) return fail(Errc::cancelled, "programs do not read what is fetched");
    auto source = remote_.open_read(errand.step.path, 0, version, ctx);
    if (!source) return source;
    auto content = read_all(**source, version.size, ctx);
    if (!content) {
      options_.counters->unused((*source)->offset());
      return fail(std::move(content));
    }
    errand.content = std::make_shared<FetchedContent>(std::move(*content), options_.counters, credit_);
    return source;
  }
  auto listing = remote_.list(errand.step.path, ctx);
  if (!listing) return fail(std::move(listing));
  errand.listing = std::move(*listing);
  return nullptr;
}

void LookAhead::Impl::keep(const SharedErrand& errand, const Status& fetched) {
  const MutexLock lock(mutex_);
  if (!errands_.finish(errand, clock_.now()) || !fetched) {
    errands_.drop(errand);
  } else if (errand->is_file()) {
    statistics_.bytes_fetched += errand->content->size();
  } else {
    ++statistics_.listings_fetched;
    orders_.learn(errand->step.path, *errand->listing);
  }
  if (!fetched)
    base::log("cache").debug("not fetched ahead: {}: {}", base::printable(errand->step.path.str()),
                             fetched.error().describe());
  changed_.notify_all();
}

// ---- RemoteFs

LookAhead::LookAhead(remote::RemoteFs& remote, const LookAheadOptions& options, const base::Clock& clock)
    : remote_(remote), impl_(std::make_unique<Impl>(remote, options, clock)) {}
LookAhead::~LookAhead() = default;

Result<Attributes> LookAhead::stat(const RemotePath& path, const OpContext& ctx) {
  return remote_.stat(path, ctx);
}

Result<Attributes> LookAhead::refresh_file(const RemotePath& path, const OpContext& ctx) {
  if (auto known = impl_->attributes(path, ctx)) return *std::move(known);
  return remote_.refresh_file(path, ctx);
}

Result<Attributes> LookAhead::refresh_to_read(const RemotePath& path, const OpContext& ctx) {
  if (auto known = impl_->attributes(path, ctx)) return *std::move(known);
  return impl_->fetches_contents() ? impl_->open_ahead(path, ctx) : remote_.refresh_file(path, ctx);
}

Result<Attributes> LookAhead::refresh_absent(const RemotePath& path, const OpContext& ctx) {
  return remote_.refresh_absent(path, ctx);
}

Result<Listing> LookAhead::list(const RemotePath& directory, const OpContext& ctx) {
  if (const auto errand = impl_->take_listing(directory, ctx)) return *std::move(errand->listing);
  auto listing = remote_.list(directory, ctx);
  if (listing) impl_->learn(directory, *listing);
  return listing;
}

Result<std::unique_ptr<remote::ByteSource>> LookAhead::open_read(const RemotePath& path, std::uint64_t offset,
                                                                 const std::optional<FileVersion>& expected,
                                                                 const OpContext& ctx) {
  const bool asked_by_program = ctx.priority == base::Priority::foreground;
  if (expected && asked_by_program) {
    if (auto content = impl_->take_content(path, *expected, ctx))
      return std::make_unique<FetchedFile>(std::move(content), offset);
    if (auto source = impl_->take_opened(path, offset, *expected)) return source;
  }
  return remote_.open_read(path, offset, expected, ctx);
}

Result<remote::Stored> LookAhead::store(const RemotePath& path, const remote::UploadContent& content,
                                        const remote::StoreOptions& options, const OpContext& ctx) {
  impl_->note_store();
  return impl_->change({path}, [&] { return remote_.store(path, content, options, ctx); });
}

Result<std::optional<remote::Stored>> LookAhead::append(const RemotePath& path, const FileVersion& base,
                                                        const remote::UploadContent& content,
                                                        const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.append(path, base, content, ctx); });
}

Status LookAhead::remove_file(const RemotePath& path, const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.remove_file(path, ctx); });
}

Status LookAhead::make_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.make_directory(path, ctx); });
}

Status LookAhead::remove_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.remove_directory(path, ctx); });
}

Status LookAhead::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  return impl_->change({from, to}, [&] { return remote_.rename(from, to, ctx); });
}

Status LookAhead::set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.set_modified(path, modified, ctx); });
}

Status LookAhead::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return impl_->change({path}, [&] { return remote_.set_mode(path, mode, ctx); });
}

Result<std::string> LookAhead::read_link(const RemotePath& path, const OpContext& ctx) {
  return remote_.read_link(path, ctx);
}

Status LookAhead::make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx) {
  return impl_->change({link}, [&] { return remote_.make_symlink(link, target, ctx); });
}

Status LookAhead::settle(const RemotePath& path, const OpContext& ctx) { return remote_.settle(path, ctx); }

Result<std::optional<remote::Space>> LookAhead::space(const OpContext& ctx) { return remote_.space(ctx); }

Status LookAhead::warm_up(const OpContext& ctx) { return remote_.warm_up(ctx); }

LookAhead::Statistics LookAhead::statistics() const { return impl_->statistics(); }

}  // namespace ftpsfs::cache
