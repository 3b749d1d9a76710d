#include "ftpsfs/cache/metadata_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <optional>
#include <utility>

#include "change_counters.h"
#include "ftpsfs/base/mutex.h"
#include "single_flight.h"
#include "snapshot_store.h"

namespace ftpsfs::cache {

using base::Errc;
using base::fail;
using base::MutexLock;
using base::OpContext;
using base::Result;
using base::Status;
using base::SteadyTime;
using model::Attributes;
using model::DirEntry;
using model::Listing;
using model::RemotePath;

namespace {

using SharedListing = std::shared_ptr<const Listing>;

// A question, and how many changes it has seen: after a change the same question is another one.
struct Question {
  RemotePath path;
  std::uint64_t changes = 0;

  friend auto operator<=>(const Question&, const Question&) = default;
};

// A change of these names by ourselves, and how many others there had been before it began.
struct Change {
  std::vector<RemotePath> names;
  std::uint64_t before = 0;
};

std::unexpected<base::Error> no_such(const RemotePath& path) {
  return fail(Errc::not_found, fmt::format("'{}' does not exist", base::printable(path.str())));
}

// Whether a failed change certainly did nothing, and told nothing that contradicts what we know. Whoever adds an Errc
// and does not think of this line has chosen the safe side.
bool changed_nothing(Errc code) {
  switch (code) {
    case Errc::permission_denied:
    case Errc::not_permitted:
    case Errc::read_only:
    case Errc::name_invalid:
    case Errc::name_too_long:
    case Errc::invalid_argument:
    case Errc::not_supported:
    case Errc::login_refused:
    case Errc::too_many_sessions:
    case Errc::tls_refused:
    case Errc::tls_untrusted:
    case Errc::unreachable: return true;
    default: return false;
  }
}

template <class T>
std::optional<Errc> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code);
}

// Whether two answers about one path speak of different contents.
bool differ(const Attributes& a, const Attributes& b) {
  if (a.size && b.size && *a.size != *b.size) return true;
  return a.modified && b.modified && a.precision == b.precision && *a.modified != *b.modified;
}

// `fresh`, with its gaps filled as far as `older` still holds: the mode outlives a change of the content.
Attributes filled(const Attributes& fresh, const Attributes& older) {
  if (fresh.type != older.type) return fresh;
  if (!differ(fresh, older)) return fresh.with_gaps_from(older);
  Attributes merged = fresh;
  if (!merged.mode) merged.mode = older.mode;
  return merged;
}

}  // namespace

class MetadataCache::Impl {
 public:
  Impl(remote::RemoteFs& remote, const MetadataCacheOptions& options, const base::Clock& clock)
      : remote_(remote),
        clock_(clock),
        space_lifetime_(options.space_lifetime),
        snapshots_({.present = options.lifetime, .absent = options.negative_lifetime}, options.max_entries) {}

  Result<Attributes> stat(const RemotePath& path, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Result<Listing> list(const RemotePath& directory, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Result<Attributes> revalidate(const RemotePath& path, const OpContext& ctx, Intent intent)
      FTPSFS_EXCLUDES(mutex_);
  Result<std::string> read_link(const RemotePath& path, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Result<std::unique_ptr<remote::ByteSource>> open_read(const RemotePath& path, std::uint64_t offset,
                                                        const std::optional<model::FileVersion>& expected,
                                                        const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

  Result<remote::Stored> store(const RemotePath& path, const remote::UploadContent& content,
                               const remote::StoreOptions& options, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Result<std::optional<remote::Stored>> append(const RemotePath& path, const model::FileVersion& base,
                                               const remote::UploadContent& content, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Status remove_file(const RemotePath& path, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Status make_directory(const RemotePath& path, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Status make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Status remove_directory(const RemotePath& path, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Status rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  Status set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx)
      FTPSFS_EXCLUDES(mutex_);
  Status set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);

  Status settle(const RemotePath& path, const OpContext& ctx) { return remote_.settle(path, ctx); }
  Status warm_up(const OpContext& ctx) { return remote_.warm_up(ctx); }
  Result<std::optional<remote::Space>> space(const OpContext& ctx) FTPSFS_EXCLUDES(mutex_);
  void learn(const RemotePath& path, const Attributes& attributes) FTPSFS_EXCLUDES(mutex_);
  void forget(const RemotePath& path) FTPSFS_EXCLUDES(mutex_);

 private:
  // Questions. Each releases the mutex while the server is asked, and keeps the answer if no change overtook it.
  Result<Attributes> ask_for_one(const Question& question, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  Result<SharedListing> ask_for_all(const Question& question, const OpContext& ctx) FTPSFS_REQUIRES(mutex_);
  Question question(const RemotePath& path) const FTPSFS_REQUIRES(mutex_) {
    return {path, changes_.of(path)};
  }
  bool overtaken(const Question& asked) const FTPSFS_REQUIRES(mutex_) {
    return asked != question(asked.path);
  }
  void keep(const RemotePath& path, const Result<Attributes>& answer) FTPSFS_REQUIRES(mutex_);
  void keep(const RemotePath& directory, const Result<SharedListing>& answer) FTPSFS_REQUIRES(mutex_);

  // Changes. Between the two calls stands the change itself. True from the second: the snapshots may be edited;
  // otherwise what is known still holds or has been dropped.
  Change begin_change(std::vector<RemotePath> names) FTPSFS_EXCLUDES(mutex_);
  bool end_change(const Change& change, std::optional<Errc> error) FTPSFS_REQUIRES(mutex_);
  std::uint64_t changes_of(const std::vector<RemotePath>& names) const FTPSFS_REQUIRES(mutex_);
  void drop(const RemotePath& path) FTPSFS_REQUIRES(mutex_);

  SteadyTime now() const { return clock_.now(); }

  remote::RemoteFs& remote_;
  const base::Clock& clock_;

  struct KnownSpace {
    std::optional<remote::Space> space;
    SteadyTime told_at;
  };
  const std::chrono::milliseconds space_lifetime_;

  // The only lock; never held while remote_ works.
  base::Mutex mutex_;
  SnapshotStore snapshots_ FTPSFS_GUARDED_BY(mutex_);
  std::optional<KnownSpace> space_ FTPSFS_GUARDED_BY(mutex_);
  ChangeCounters changes_ FTPSFS_GUARDED_BY(mutex_);
  SingleFlight<Question, Attributes> stats_under_way_ FTPSFS_GUARDED_BY(mutex_);
  SingleFlight<Question, SharedListing> lists_under_way_ FTPSFS_GUARDED_BY(mutex_);
};

// ---- questions

Result<Attributes> MetadataCache::Impl::stat(const RemotePath& path, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  auto found = snapshots_.find(path, now());
  if (found.knowledge == Knowledge::present) return std::move(found.attributes);
  if (found.knowledge == Knowledge::absent) return no_such(path);

  const auto asked = question(path);
  const bool list_instead = !stats_under_way_.under_way(asked) && snapshots_.count_miss(path, now());
  if (!list_instead) return ask_for_one(asked, ctx);

  const auto listing = ask_for_all(question(path.parent()), ctx);
  if (listing) {
    const auto entry = std::ranges::find(**listing, path.name(), &DirEntry::name);
    if (entry != (*listing)->end()) return entry->attributes;
    return (*listing)->complete ? no_such(path) : ask_for_one(question(path), ctx);
  }
  if (listing.error().code == Errc::not_found) return no_such(path);
  if (auto ok = ctx.check("looking up a file"); !ok) return fail(std::move(ok));
  return ask_for_one(question(path), ctx);
}

Result<Listing> MetadataCache::Impl::list(const RemotePath& directory, const OpContext& ctx) {
  const MutexLock lock(mutex_);
  if (auto known = snapshots_.listing(directory, now())) return std::move(*known);
  auto listing = ask_for_all(question(directory), ctx);
  if (!listing) return fail(std::move(listing));
  return **listing;
}

// Never joins a question under way: that one may have been answered before the file was closed elsewhere.
Result<Attributes> MetadataCache::Impl::revalidate(const RemotePath& path, const OpContext& ctx,
                                                   Intent intent) {
  MutexLock lock(mutex_);
  const auto asked = question(path);
  const auto* before = snapshots_.last_known(path);
  const bool was_file = before != nullptr && before->type == model::FileType::file;
  const bool was_absent = snapshots_.find(path, now()).knowledge == Knowledge::absent;
  lock.unlock();
  const bool to_read = was_file && intent == Intent::to_read;
  auto answer = to_read      ? remote_.refresh_to_read(path, ctx)
                : was_file   ? remote_.refresh_file(path, ctx)
                : was_absent ? remote_.refresh_absent(path, ctx)
                             : remote_.stat(path, ctx);
  if (was_file && error_of(answer) == Errc::not_found) answer = remote_.stat(path, ctx);  // no file any more?
  lock.lock();
  if (overtaken(asked)) return answer;

  const auto known = snapshots_.find(path, now());
  keep(path, answer);
  if (!answer || known.knowledge != Knowledge::present) return answer;
  auto merged = filled(*answer, known.attributes);
  // What has been filled in is no younger than where it came from.
  if (merged != *answer) snapshots_.put_until(path, merged, known.until, now());
  return merged;
}

Result<std::string> MetadataCache::Impl::read_link(const RemotePath& path, const OpContext& ctx) {
  MutexLock lock(mutex_);
  const auto known = snapshots_.find(path, now());
  if (known.knowledge == Knowledge::present && known.attributes.link_target)
    return *known.attributes.link_target;
  const auto asked = question(path);
  lock.unlock();
  auto target = remote_.read_link(path, ctx);
  lock.lock();
  if (!target || overtaken(asked)) return target;
  if (auto* attributes = snapshots_.last_known(path)) attributes->link_target = *target;
  return target;
}

Result<std::unique_ptr<remote::ByteSource>> MetadataCache::Impl::open_read(
    const RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
    const OpContext& ctx) {
  auto source = remote_.open_read(path, offset, expected, ctx);
  const auto error = error_of(source);
  if (error == Errc::stale || error == Errc::not_found) forget(path);
  return source;
}

Result<Attributes> MetadataCache::Impl::ask_for_one(const Question& asked, const OpContext& ctx) {
  auto landing = stats_under_way_.ask(mutex_, asked, ctx, "waiting for the attributes of a file",
                                      [&] { return remote_.stat(asked.path, ctx); });
  if (landing.first_hand && !overtaken(asked)) keep(asked.path, landing.answer);
  return std::move(landing.answer);
}

Result<SharedListing> MetadataCache::Impl::ask_for_all(const Question& asked, const OpContext& ctx) {
  auto landing = lists_under_way_.ask(mutex_, asked, ctx, "waiting for a directory listing",
                                      [&]() -> Result<SharedListing> {
                                        auto listing = remote_.list(asked.path, ctx);
                                        if (!listing) return fail(std::move(listing));
                                        return std::make_shared<const Listing>(std::move(*listing));
                                      });
  if (landing.first_hand && !overtaken(asked)) keep(asked.path, landing.answer);
  return std::move(landing.answer);
}

void MetadataCache::Impl::keep(const RemotePath& path, const Result<Attributes>& answer) {
  if (answer) {
    snapshots_.put(path, *answer, now());
  } else if (answer.error().code == Errc::not_found) {
    snapshots_.put_absent(path, now());
  }
}

void MetadataCache::Impl::keep(const RemotePath& directory, const Result<SharedListing>& answer) {
  const auto error = error_of(answer);
  if (!error) {
    snapshots_.put_listing(directory, **answer, now());
  } else if (error == Errc::not_found || error == Errc::not_a_directory) {
    snapshots_.forget(directory);
  } else if (error != Errc::cancelled) {
    snapshots_.give_up_listing(directory, now());
  }
}

// ---- changes

Result<remote::Stored> MetadataCache::Impl::store(const RemotePath& path,
                                                  const remote::UploadContent& content,
                                                  const remote::StoreOptions& options, const OpContext& ctx) {
  const auto change = begin_change({path});
  auto stored = remote_.store(path, content, options, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(stored))) return stored;
  Attributes& attributes = stored->attributes;
  const auto* old = snapshots_.last_known(path);
  if (!attributes.mode && stored->mode_set) attributes.mode = options.mode;
  if (old != nullptr && old->type == attributes.type && !attributes.mode) attributes.mode = old->mode;
  snapshots_.put(path, attributes, now());
  return stored;
}

Result<std::optional<remote::Stored>> MetadataCache::Impl::append(const RemotePath& path,
                                                                  const model::FileVersion& base,
                                                                  const remote::UploadContent& content,
                                                                  const OpContext& ctx) {
  const auto change = begin_change({path});
  auto appended = remote_.append(path, base, content, ctx);
  const MutexLock lock(mutex_);
  const bool done = appended && *appended;
  if (!end_change(change, done ? std::nullopt : std::optional(Errc::connection_lost))) return appended;
  Attributes& attributes = (*appended)->attributes;
  if (const auto* old = snapshots_.last_known(path); old != nullptr && !attributes.mode)
    attributes.mode = old->mode;
  snapshots_.put(path, attributes, now());
  return appended;
}

Status MetadataCache::Impl::remove_file(const RemotePath& path, const OpContext& ctx) {
  const auto change = begin_change({path});
  auto done = remote_.remove_file(path, ctx);
  const MutexLock lock(mutex_);
  if (end_change(change, error_of(done))) snapshots_.put_absent(path, now());
  return done;
}

Status MetadataCache::Impl::make_directory(const RemotePath& path, const OpContext& ctx) {
  const auto change = begin_change({path});
  auto done = remote_.make_directory(path, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(done))) return done;
  snapshots_.forget_below(path);
  Attributes attributes;
  attributes.type = model::FileType::directory;
  snapshots_.put(path, attributes, now());
  snapshots_.put_listing(path, {}, now());
  return done;
}

Status MetadataCache::Impl::make_symlink(const RemotePath& link, const std::string& target,
                                         const OpContext& ctx) {
  const auto change = begin_change({link});
  auto done = remote_.make_symlink(link, target, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(done))) return done;
  Attributes attributes;
  attributes.type = model::FileType::symlink;
  attributes.link_target = target;
  snapshots_.put(link, attributes, now());
  return done;
}

Status MetadataCache::Impl::remove_directory(const RemotePath& path, const OpContext& ctx) {
  const auto change = begin_change({path});
  auto done = remote_.remove_directory(path, ctx);
  const MutexLock lock(mutex_);
  if (end_change(change, error_of(done))) snapshots_.put_absent(path, now());
  return done;
}

Status MetadataCache::Impl::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  const auto change = begin_change({from, to});
  auto done = remote_.rename(from, to, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(done)) || from == to) return done;
  const auto moved = snapshots_.find(from, now());
  snapshots_.put_absent(from, now());
  if (moved.knowledge != Knowledge::present) {
    drop(to);
    return done;
  }
  snapshots_.forget_below(to);
  snapshots_.put_until(to, moved.attributes, moved.until, now());
  if (moved.attributes.type != model::FileType::file) changes_.count_everything();  // paths below moved, too
  return done;
}

Status MetadataCache::Impl::set_modified(const RemotePath& path, base::SystemTime modified,
                                         const OpContext& ctx) {
  const auto change = begin_change({path});
  auto done = remote_.set_modified(path, modified, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(done))) return done;
  if (auto* attributes = snapshots_.last_known(path)) {
    attributes->modified =
        std::chrono::floor<std::chrono::seconds>(modified);  // what the commands for it carry
    attributes->precision = model::TimePrecision::second;
  }
  return done;
}

Status MetadataCache::Impl::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  const auto change = begin_change({path});
  auto done = remote_.set_mode(path, mode, ctx);
  const MutexLock lock(mutex_);
  if (!end_change(change, error_of(done))) return done;
  if (auto* attributes = snapshots_.last_known(path)) attributes->mode = mode;
  return done;
}

Result<std::optional<remote::Space>> MetadataCache::Impl::space(const OpContext& ctx) {
  {
    const MutexLock lock(mutex_);
    if (space_ && now() - space_->told_at < space_lifetime_) return space_->space;
  }
  auto told = remote_.space(ctx);
  const MutexLock lock(mutex_);
  if (told) space_ = KnownSpace{.space = *told, .told_at = now()};
  return told || !space_ ? told : Result<std::optional<remote::Space>>(space_->space);
}

void MetadataCache::Impl::learn(const RemotePath& path, const Attributes& attributes) {
  const MutexLock lock(mutex_);
  snapshots_.put(path, attributes, now());
}

void MetadataCache::Impl::forget(const RemotePath& path) {
  const MutexLock lock(mutex_);
  drop(path);
}

Change MetadataCache::Impl::begin_change(std::vector<RemotePath> names) {
  const MutexLock lock(mutex_);
  const auto before = changes_of(names);
  return {.names = std::move(names), .before = before};
}

bool MetadataCache::Impl::end_change(const Change& change, std::optional<Errc> error) {
  // Of two changes of one name at the same time we cannot tell which came last at the server.
  const bool alone = change.before == changes_of(change.names);
  for (const auto& name : change.names) changes_.count(name);
  if (!error && alone) return true;
  if (error && changed_nothing(*error)) return false;
  for (const auto& name : change.names) drop(name);
  return false;
}

std::uint64_t MetadataCache::Impl::changes_of(const std::vector<RemotePath>& names) const {
  std::uint64_t sum = 0;  // counters only grow, so an equal sum is equal counters
  for (const auto& name : names) sum += changes_.of(name);
  return sum;
}

void MetadataCache::Impl::drop(const RemotePath& path) {
  snapshots_.forget(path);
  changes_.count_everything();
}

// ---- the public face

MetadataCache::MetadataCache(remote::RemoteFs& remote, const MetadataCacheOptions& options,
                             const base::Clock& clock)
    : impl_(std::make_unique<Impl>(remote, options, clock)) {}
MetadataCache::~MetadataCache() = default;

Result<Attributes> MetadataCache::stat(const RemotePath& path, const OpContext& ctx) {
  return impl_->stat(path, ctx);
}
Result<Listing> MetadataCache::list(const RemotePath& directory, const OpContext& ctx) {
  return impl_->list(directory, ctx);
}
Result<std::unique_ptr<remote::ByteSource>> MetadataCache::open_read(
    const RemotePath& path, std::uint64_t offset, const std::optional<model::FileVersion>& expected,
    const OpContext& ctx) {
  return impl_->open_read(path, offset, expected, ctx);
}
Result<remote::Stored> MetadataCache::store(const RemotePath& path, const remote::UploadContent& content,
                                            const remote::StoreOptions& options, const OpContext& ctx) {
  return impl_->store(path, content, options, ctx);
}
Result<std::optional<remote::Stored>> MetadataCache::append(const RemotePath& path,
                                                            const model::FileVersion& base,
                                                            const remote::UploadContent& content,
                                                            const OpContext& ctx) {
  return impl_->append(path, base, content, ctx);
}
Status MetadataCache::remove_file(const RemotePath& path, const OpContext& ctx) {
  return impl_->remove_file(path, ctx);
}
Status MetadataCache::make_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->make_directory(path, ctx);
}
Status MetadataCache::make_symlink(const RemotePath& link, const std::string& target, const OpContext& ctx) {
  return impl_->make_symlink(link, target, ctx);
}
Status MetadataCache::remove_directory(const RemotePath& path, const OpContext& ctx) {
  return impl_->remove_directory(path, ctx);
}
Status MetadataCache::rename(const RemotePath& from, const RemotePath& to, const OpContext& ctx) {
  return impl_->rename(from, to, ctx);
}
Status MetadataCache::set_modified(const RemotePath& path, base::SystemTime modified, const OpContext& ctx) {
  return impl_->set_modified(path, modified, ctx);
}
Status MetadataCache::set_mode(const RemotePath& path, std::uint32_t mode, const OpContext& ctx) {
  return impl_->set_mode(path, mode, ctx);
}
Result<std::string> MetadataCache::read_link(const RemotePath& path, const OpContext& ctx) {
  return impl_->read_link(path, ctx);
}
Status MetadataCache::settle(const RemotePath& path, const OpContext& ctx) {
  return impl_->settle(path, ctx);
}
Status MetadataCache::warm_up(const OpContext& ctx) { return impl_->warm_up(ctx); }
Result<std::optional<remote::Space>> MetadataCache::space(const OpContext& ctx) { return impl_->space(ctx); }
Result<Attributes> MetadataCache::revalidate(const RemotePath& path, const OpContext& ctx, Intent intent) {
  return impl_->revalidate(path, ctx, intent);
}
void MetadataCache::learn(const RemotePath& path, const Attributes& attributes) {
  impl_->learn(path, attributes);
}
void MetadataCache::forget(const RemotePath& path) { impl_->forget(path); }

}  // namespace ftpsfs::cache
