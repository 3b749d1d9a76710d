#include "ftpsfs/app/mount.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/log.h"
#include "ftpsfs/cache/look_ahead.h"
#include "ftpsfs/cache/metadata_cache.h"
#include "ftpsfs/cache/spool.h"
#include "ftpsfs/fuse/mount_session.h"
#include "ftpsfs/vfs/vfs.h"
#include "mount_control.h"
#include "remote_factory.h"
#include "writeback.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using model::Attributes;

// More would ask more of the server than they bring.
constexpr std::size_t kMostErrandsAtOnce = 8;

// Seconds at the rate limit: a copy that takes longer costs its reader more than it saves. What is fetched ahead takes
// one at most.
constexpr std::uint64_t kLongestCopy = 5;

std::uint32_t owner_of(const Options& options) { return options.owner.value_or(::getuid()); }
std::uint32_t group_of(const Options& options) { return options.group.value_or(::getgid()); }

cache::MetadataCacheOptions metadata_options(const Options& options) {
  return {.lifetime = options.cache_lifetime,
          .negative_lifetime = options.negative_lifetime.value_or(options.cache_lifetime)};
}

// nullopt: nothing is fetched ahead, because nobody wants that, or no connection is left for it, or every question is to
// be put to the server itself.
std::optional<cache::LookAheadOptions> look_ahead_options(const Options& options,
                                                          const SharedCounters& counters) {
  if (options.prefetch == Prefetch::off || options.max_sessions < 2) return std::nullopt;
  cache::LookAheadOptions result;
  result.trust = std::min(result.trust, options.cache_lifetime);
  if (result.trust.count() == 0) return std::nullopt;
  result.contents = options.prefetch == Prefetch::automatic;
  result.most_at_once = std::min<std::size_t>(options.max_sessions - 1, kMostErrandsAtOnce);
  result.errand_limit = options.data_timeout;
  if (options.rate_limit) result.largest_file = std::min(result.largest_file, *options.rate_limit);
  result.inode_number = vfs::first_inode_number;
  result.counters = counters;
  return result;
}

vfs::VfsOptions vfs_options(const Options& options, const SharedCounters& counters) {
  vfs::VfsOptions result;
  result.owner = owner_of(options);
  result.group = group_of(options);
  result.default_file_mode = options.file_mode;
  result.default_directory_mode = options.directory_mode;
  result.read_only = options.read_only;
  // One connection stays for commands, and one for transfers that somebody waits for.
  constexpr unsigned kKept = 2;
  const bool waits_at_close = !options.writeback_delay;
  result.concurrent_uploads =
      waits_at_close && options.max_sessions > kKept ? options.max_sessions - kKept : 0;
  result.times = options.times;
  result.permissions = options.permissions;
  result.reading.progress_timeout = options.data_timeout;
  result.reading.counters = counters;
  if (options.prefetch == Prefetch::automatic && options.max_sessions > 1) {
    result.copies.emplace();
    result.copies->progress_timeout = options.data_timeout;
    result.copies->counters = counters;
    std::uint64_t& largest = result.copies->largest_file;
    if (options.rate_limit)
      largest = std::min(largest, kLongestCopy * std::min(largest, *options.rate_limit));
  }
  return result;
}

fuse::MountOptions mount_options(const MountConfig& config) {
  const Options& options = config.options;
  fuse::MountOptions result;
  result.mount_point = config.mount_point;
  result.source = config.source.display();
  result.kernel_options = options.kernel_options;
  result.debug_requests = options.trace_requests;
  result.max_threads = options.max_threads;
  result.owner = owner_of(options);
  result.group = group_of(options);
  result.operation_timeout = options.operation_timeout;
  result.upload_timeout = options.upload_timeout;
  return result;
}

Result<std::shared_ptr<cache::SpoolDirectory>> open_spools(const Options& options) {
  auto folder = options.spool_folder ? *options.spool_folder : default_spool_folder();
  if (!folder) return fail(std::move(folder));
  return cache::SpoolDirectory::open(std::move(*folder), options.spool_max);
}

// Wrong paths in the source show here and not as a mount that answers nothing.
Result<Attributes> look_at_root(remote::RemoteFs& remote, const MountConfig& config) {
  const auto ctx = base::OpContext::with_timeout(config.options.operation_timeout);
  auto root = remote.stat(model::RemotePath(), ctx);
  if (!root || root->type == model::FileType::directory) return root;
  return fail(Errc::not_a_directory, fmt::format("{} is not a directory", config.source.display()));
}

Status flush(vfs::Vfs& vfs, const Options& options) {
  base::log("app").info("unmounted; saving what is not yet on the server");
  auto status = vfs.flush_all(base::OpContext::for_cleanup(options.upload_timeout));
  if (!status)
    status.error().message = "written data could not be saved on the server: " + status.error().message;
  return status;
}

// What a mount shows: the server's tree, or what write-back shows of it.
struct Tree {
  remote::RemoteFs& remote;
  const Attributes& root;
  const SharedCounters counters;
};

Status serve(const MountConfig& config, const Tree& tree, std::optional<WritebackAccess> writeback,
             const std::function<void()>& ready) {
  std::optional<cache::LookAhead> ahead;
  if (const auto options = look_ahead_options(config.options, tree.counters))
    ahead.emplace(tree.remote, *options, base::steady_clock());
  cache::MetadataCache cache(ahead ? static_cast<remote::RemoteFs&>(*ahead) : tree.remote,
                             metadata_options(config.options), base::steady_clock());
  cache.learn(model::RemotePath(), tree.root);
  auto spools = open_spools(config.options);
  if (!spools) return fail(std::move(spools));
  vfs::Vfs vfs(cache, std::move(*spools), vfs_options(config.options, tree.counters));
  auto session = fuse::MountSession::mount(vfs, mount_options(config));
  if (!session) return fail(std::move(session));
  std::optional<MountControl> control(std::in_place, config, std::move(writeback), tree.counters);
  Status served = (*session)->run([&] {
    ready();  // from here on a daemon logs to the system's log and leaves the terminal alone
    base::log("app").info("{} is mounted on {}", config.source.display(),
                          base::printable(config.mount_point.native()));
  });
  control.reset();
  session->reset();  // programs that still wait get their error before the uploads, not after
  Status flushed = flush(vfs, config.options);
  return served ? flushed : served;
}

}  // namespace

Status run_mount(const MountConfig& config, Credentials&& credentials, const std::function<void()>& ready) {
  const Options& options = config.options;
  const auto ctx = base::OpContext::with_timeout(options.connect_timeout + options.operation_timeout);
  const std::string user = credentials.user;
  auto stack = connect_remote(options, config.source, std::move(credentials), ctx);
  if (!stack) return fail(std::move(stack));
  const auto root = look_at_root((*stack)->fs(), config);
  if (!root) return std::unexpected(root.error());
  auto writeback = open_writeback(options, config.source, user, (*stack)->fs());
  if (!writeback) return fail(std::move(writeback));
  const auto counters = (*stack)->counters();
  if (!*writeback) return serve(config, {(*stack)->fs(), *root, counters}, std::nullopt, ready);
  const auto access = access_to(**writeback, options.writeback_delay.has_value());
  auto served = serve(config, {**writeback, *root, counters}, access, ready);
  finish_writeback(**writeback, options);
  return served;
}

}  // namespace ftpsfs::app
