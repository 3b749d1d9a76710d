#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contest.h"
#include "mount/local_server.h"
#include "support/mounting/mounted_fs.h"
#include "support/mounting/real_server.h"

namespace ftpsfs::differential {

// A server for many contests: "own", "own:PERSONALITY", or a real one by its name.
class ContestServer {
 public:
  explicit ContestServer(const std::string& name);

  mount_test::Endpoint endpoint() const;
  const std::filesystem::path& root() const;

 private:
  std::unique_ptr<mount_test::LocalServer> own_;
  std::unique_ptr<mount_test::RealServer> real_;
};

// ftpsfs on that server, with its folder emptied, and a local folder.
class MountContest : public Contest {
 public:
  MountContest(ContestServer& server, std::vector<std::string> options);

  Subject& tested() override { return *tested_; }
  Folder& reference() override { return reference_; }
  Abilities abilities() const override { return abilities_; }
  std::optional<std::filesystem::path> store() const override { return server_.root(); }
  bool close_stores() const override;
  std::optional<std::string> remount() override;
  std::string log() override { return log_ + (mount_ ? mount_->log() : ""); }

 private:
  void mount();
  std::filesystem::path prepared_local_folder() const;

  ContestServer& server_;
  std::vector<std::string> options_;
  std::string log_;  // of earlier mounts
  mount_test::TempFolder local_;
  std::unique_ptr<mount_test::MountedFs> mount_;
  std::unique_ptr<Folder> tested_;  // before the mount goes
  Folder reference_;
  Abilities abilities_;
};

// While it lives, an ftpsfs that lets an operation hang for a minute is killed: the operation fails, and that is a
// difference like any other. `begin` is called before each operation.
class HangWatch {
 public:
  HangWatch();
  ~HangWatch();
  HangWatch(const HangWatch&) = delete;
  HangWatch& operator=(const HangWatch&) = delete;

  static void begin();
};

}  // namespace ftpsfs::differential
