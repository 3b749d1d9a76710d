#pragma once

// A scenario on a server that misbehaves at its 1st, 2nd, 3rd … command, and what may be found there afterwards.

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "ftpsfs/base/error.h"
#include "support/ftp_stack.h"

namespace ftpsfs::testing {

struct Misbehaviour {
  std::string name;
  Fault fault;
  bool for_good = false;  // at every command from the one in question on

  friend void PrintTo(const Misbehaviour& what, std::ostream* out) {
    *out << what.name;
  }  // NOLINT: gtest's name
};

std::vector<Misbehaviour> misbehaviours();
std::string misbehaviour_name(const ::testing::TestParamInfo<Misbehaviour>& test);

// What a server has: content by path, and of directories "name/" with nothing. Without the temporary files of uploads,
// which a client that is cut off cannot remove.
using World = std::map<std::string, std::string>;
World world_on_disk(const std::filesystem::path& root);

// What one call changes; nothing where it could not have succeeded.
using Change = std::function<std::optional<World>(World)>;

Change puts(const std::string& path, const std::string& content);
Change edits(const std::string& path, const std::function<std::string(std::string)>& edit);
Change moves(const std::string& from, const std::string& to);
Change removes(const std::string& path);

// All that the server may have after some calls: what was reported as done is done, what was reported as failed is
// done or not, and never by half.
class Worlds {
 public:
  explicit Worlds(World first) : possible_{std::move(first)} {}

  void called(const Change& change, const base::Status& result);

  bool allow(const World& found) const { return possible_.contains(found); }
  // The same, but a file that `may_be_half` may be a beginning of what it is in a possible world, or missing.
  using MayBeHalf = std::function<bool(const std::string& path)>;
  bool allow(const World& found, const MayBeHalf& may_be_half) const;

  friend std::ostream& operator<<(std::ostream& out, const Worlds& worlds);

 private:
  std::set<World> possible_;
};

std::string summary(const World& world);

// Right behind the misbehaviour every file is old or new, never half. Only a new one, which goes up under its own name,
// cannot be removed any more when the server misbehaves for good.
void expect_nothing_half(const World& found, const Worlds& worlds, const Misbehaviour& what,
                         const std::string& new_file);

// A fresh server that misbehaves at one step, and a connection to it that is logged in.
class StepServer {
 public:
  StepServer(const World& first, const Misbehaviour& what, std::uint64_t step);

  remote::RemoteFs& fs() { return stack_->remote; }
  World on_disk() const { return world_on_disk(folder_.path()); }
  // False when the scenario ended before the step.
  bool has_misbehaved() const { return handle_->fired() > 0; }
  // The end of all misbehaviour, and of all sessions: nothing happens late that a silent one was told.
  void recover();

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<FtpStack> stack_;
  std::optional<FaultHandle> handle_;
};

// Runs `scenario` at step 1, 2, 3 … until it ends without having met the fault.
void at_every_step(const World& first, const Misbehaviour& what,
                   const std::function<void(StepServer&)>& scenario);

}  // namespace ftpsfs::testing
