#include "conformance/remote_fs_conformance.h"

#include "ftpsfs/cache/look_ahead.h"
#include "ftpsfs/cache/metadata_cache.h"
#include "support/fake_clock.h"
#include "support/memory_remote_fs.h"

namespace ftpsfs::testing {
namespace {

// As a real server's clock.
void agree_with_this_machines_clock(MemoryRemoteFs& remote) {
  remote.set_time(std::chrono::system_clock::now());
}

class Plain final : public RemoteFsFixture {
 public:
  Plain() { agree_with_this_machines_clock(remote_); }
  remote::RemoteFs& fs() override { return remote_; }

 private:
  MemoryRemoteFs remote_;
};

class BelowAFolder final : public RemoteFsFixture {
 public:
  BelowAFolder() {
    agree_with_this_machines_clock(remote_);
    remote_.put_directory("/some where/[deep]");
  }
  remote::RemoteFs& fs() override { return remote_; }
  model::RemotePath folder() override { return model::RemotePath::parse("/some where/[deep]").value(); }

 private:
  MemoryRemoteFs remote_;
};

class WithoutAttributes final : public RemoteFsFixture {
 public:
  WithoutAttributes() {
    agree_with_this_machines_clock(remote_);
    remote_.refuse_setting_attributes();
  }
  remote::RemoteFs& fs() override { return remote_; }
  bool can_set_modified() const override { return false; }
  bool can_set_mode() const override { return false; }

 private:
  MemoryRemoteFs remote_;
};

class Cached final : public RemoteFsFixture {
 public:
  explicit Cached(const cache::MetadataCacheOptions& options) : cache_(remote_, options, clock_) {
    agree_with_this_machines_clock(remote_);
  }
  remote::RemoteFs& fs() override { return cache_; }

 private:
  MemoryRemoteFs remote_;
  FakeClock clock_;  // stands still: everything that is kept stays
  cache::MetadataCache cache_;
};

class FetchedAhead final : public RemoteFsFixture {
 public:
  FetchedAhead() : ahead_(remote_, {}, clock_), cache_(ahead_, {}, clock_) {
    agree_with_this_machines_clock(remote_);
  }
  remote::RemoteFs& fs() override { return cache_; }

 private:
  MemoryRemoteFs remote_;
  FakeClock clock_;  // stands still: everything that is fetched stays
  cache::LookAhead ahead_;
  cache::MetadataCache cache_;
};

template <class Fixture>
ConformanceCase conformance_case(std::string name) {
  return {std::move(name), [] { return std::make_unique<Fixture>(); }};
}

ConformanceCase cached(std::string name, const cache::MetadataCacheOptions& options) {
  return {std::move(name), [options] { return std::make_unique<Cached>(options); }};
}

INSTANTIATE_TEST_SUITE_P(Memory, RemoteFsConformance,
                         ::testing::Values(conformance_case<Plain>("plain"),
                                           conformance_case<BelowAFolder>("below_a_folder"),
                                           conformance_case<WithoutAttributes>("without_attributes")),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(LookAhead, RemoteFsConformance,
                         ::testing::Values(conformance_case<FetchedAhead>("below_a_cache")), name_of_case);

INSTANTIATE_TEST_SUITE_P(MetadataCache, RemoteFsConformance,
                         ::testing::Values(cached("roomy", {}), cached("tight", {.max_entries = 4}),
                                           cached("forgetful",
                                                  {.lifetime = std::chrono::milliseconds(0),
                                                   .negative_lifetime = std::chrono::milliseconds(0)})),
                         name_of_case);

}  // namespace
}  // namespace ftpsfs::testing
