#include "support/failing_steps.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ftpsfs::testing {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMostSteps = 400;
constexpr std::chrono::milliseconds kShortWait{400};
constexpr std::string_view kTemporary = ".ftpsfs-upload-";

Fault executed_but_refused(std::string reply) {
  Fault fault = Fault::reply_with(std::move(reply));
  fault.execute_anyway = true;
  return fault;
}

Fault silent() {
  Fault fault;
  fault.hold_reply = true;
  return fault;
}

std::shared_ptr<const TlsMaterial> shared_material() {
  static const auto material = std::make_shared<const TlsMaterial>();
  return material;
}

bool is_allowed(const World& found, const World& possible, const Worlds::MayBeHalf& may_be_half) {
  const auto agrees = [&](const auto& entry) {
    const auto wanted = possible.find(entry.first);
    if (wanted == possible.end()) return false;
    return may_be_half(entry.first) ? wanted->second.starts_with(entry.second)
                                    : wanted->second == entry.second;
  };
  const auto is_there = [&](const auto& entry) {
    return found.contains(entry.first) || may_be_half(entry.first);
  };
  return std::ranges::all_of(found, agrees) && std::ranges::all_of(possible, is_there);
}

}  // namespace

std::vector<Misbehaviour> misbehaviours() {
  return {
      {"cut_before_it_acts", Fault::cut(CutPoint::before_execute)},
      {"cut_after_it_acted", Fault::cut(CutPoint::before_final_reply)},
      {"reset_after_the_reply", Fault::cut(CutPoint::after_final_reply, CutStyle::reset)},
      {"reset_of_the_data", Fault::reset_after(10'000)},
      {"refuses_for_now", Fault::reply_with("451 Local error in processing.")},
      {"refuses", Fault::reply_with("550 Not today.")},
      {"says_busy_and_closes", Fault::reply_with("421 Service not available, closing.")},
      {"acts_and_refuses", executed_but_refused("550 Not today.")},
      {"acts_and_talks_nonsense", executed_but_refused("Not a reply at all")},
      {"falls_silent", silent()},
      {"is_cut_off_for_good", Fault::cut(CutPoint::before_execute), true},
      {"refuses_for_good", Fault::reply_with("452 Disk full."), true},
  };
}

std::string misbehaviour_name(const ::testing::TestParamInfo<Misbehaviour>& test) { return test.param.name; }

World world_on_disk(const fs::path& root) {
  World world;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename().string().starts_with(kTemporary)) continue;
    const std::string name = entry.path().lexically_relative(root).string();
    if (entry.is_directory()) {
      world[name + "/"] = "";
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    world[name] = {std::istreambuf_iterator<char>(in), {}};
  }
  return world;
}

Change puts(const std::string& path, const std::string& content) {
  return [=](World world) -> std::optional<World> {
    world[path] = content;
    return world;
  };
}

Change edits(const std::string& path, const std::function<std::string(std::string)>& edit) {
  return [=](World world) -> std::optional<World> {
    if (!world.contains(path)) return std::nullopt;
    world[path] = edit(world[path]);
    return world;
  };
}

Change moves(const std::string& from, const std::string& to) {
  return [=](World world) -> std::optional<World> {
    if (!world.contains(from)) return std::nullopt;
    world[to] = world[from];
    world.erase(from);
    return world;
  };
}

Change removes(const std::string& path) {
  return [=](World world) -> std::optional<World> {
    if (world.erase(path) == 0) return std::nullopt;
    return world;
  };
}

void Worlds::called(const Change& change, const base::Status& result) {
  std::set<World> after;
  if (!result) after = possible_;
  for (const World& world : possible_) {
    if (auto changed = change(world)) after.insert(*std::move(changed));
  }
  possible_ = std::move(after);
}

bool Worlds::allow(const World& found, const MayBeHalf& may_be_half) const {
  return std::ranges::any_of(possible_,
                             [&](const World& world) { return is_allowed(found, world, may_be_half); });
}

void expect_nothing_half(const World& found, const Worlds& worlds, const Misbehaviour& what,
                         const std::string& new_file) {
  const auto may_be_half = [&](const std::string& path) { return what.for_good && path == new_file; };
  EXPECT_TRUE(worlds.allow(found, may_be_half)) << "found:" << summary(found) << "\n" << worlds;
}

std::string summary(const World& world) {
  std::ostringstream text;
  for (const auto& [path, content] : world) {
    text << " " << path << "=" << content.size() << ":" << std::hash<std::string>()(content) % 10'000;
  }
  return text.str();
}

std::ostream& operator<<(std::ostream& out, const Worlds& worlds) {
  for (const World& world : worlds.possible_) out << "  possible:" << summary(world) << "\n";
  return out;
}

StepServer::StepServer(const World& first, const Misbehaviour& what, std::uint64_t step) {
  for (const auto& [path, content] : first) folder_.write(path, content);
  ServerOptions options;
  options.root = folder_.path();
  options.material = shared_material();
  server_ = std::make_unique<Server>(options);
  server_->start();
  auto login = login_to(server_->port(), trusting(*server_));
  if (what.fault.hold_reply) login.reply_timeout = login.final_reply_timeout = kShortWait;
  stack_ = std::make_unique<FtpStack>(std::move(login));
  if (auto listed = fs().list(at("/"), test_context()); !listed)
    throw std::runtime_error(listed.error().describe());
  auto& faults = server_->faults();
  handle_ = what.for_good ? faults.from_command(Faults::kAnyCommand, step, what.fault)
                          : faults.on_command(Faults::kAnyCommand, step, what.fault);
}

void StepServer::recover() {
  server_->drop_all_control_connections();
  server_->faults().clear();
  const bool ended = server_->counters().wait_until([](const auto& seen) { return seen.control_alive == 0; },
                                                    std::chrono::seconds(20));
  EXPECT_TRUE(ended) << "a session of the server does not end";
}

void at_every_step(const World& first, const Misbehaviour& what,
                   const std::function<void(StepServer&)>& scenario) {
  for (std::uint64_t step = 1; step <= kMostSteps; ++step) {
    SCOPED_TRACE("at step " + std::to_string(step));
    StepServer server(first, what, step);
    scenario(server);
    if (!server.has_misbehaved()) {
      EXPECT_GT(step, 10U) << "a scenario of so few commands proves little";
      return;
    }
    if (::testing::Test::HasFailure()) return;
  }
  FAIL() << "the scenario does not end";
}

}  // namespace ftpsfs::testing
