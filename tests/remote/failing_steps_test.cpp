// One scenario of stores, renames and removals, and a server that misbehaves at each of its steps in turn.

#include "support/failing_steps.h"

namespace ftpsfs::testing {
namespace {

class FailingSteps : public ::testing::TestWithParam<Misbehaviour> {};

INSTANTIATE_TEST_SUITE_P(OfOneScenario, FailingSteps, ::testing::ValuesIn(misbehaviours()),
                         misbehaviour_name);

const World kFirst{{"kept", std::string(30'000, 'k')}, {"old", std::string(50'000, 'o')}, {"other", "x"}};

base::Status store(remote::RemoteFs& fs, const std::string& path, const std::string& content) {
  auto stored = fs.store(at("/" + path), content_of(content), test_context());
  if (!stored) return base::fail(std::move(stored));
  return {};
}

void scenario(StepServer& server, const Misbehaviour& what) {
  remote::RemoteFs& fs = server.fs();
  const std::string created = patterned_bytes(40'000);
  const std::string replaced = patterned_bytes(60'000) + "replaced";
  Worlds worlds(kFirst);
  worlds.called(puts("new", created), store(fs, "new", created));
  worlds.called(puts("old", replaced), store(fs, "old", replaced));
  worlds.called(moves("new", "kept"), fs.rename(at("/new"), at("/kept"), test_context()));
  worlds.called(puts("folder/", ""), fs.make_directory(at("/folder"), test_context()));
  worlds.called(moves("old", "folder/moved"), fs.rename(at("/old"), at("/folder/moved"), test_context()));
  worlds.called(removes("other"), fs.remove_file(at("/other"), test_context()));

  server.recover();
  expect_nothing_half(server.on_disk(), worlds, what, "new");
}

TEST_P(FailingSteps, LeaveOldOrNewAndReportWhatFailed) {
  at_every_step(kFirst, GetParam(), [](StepServer& server) { scenario(server, GetParam()); });
}

}  // namespace
}  // namespace ftpsfs::testing
