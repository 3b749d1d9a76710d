#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/mounting/test_process.h"

namespace ftpsfs::mount_test {

// A server to mount, whoever runs it.
struct Endpoint {
  std::string host = "localhost";
  std::uint16_t port = 0;
  std::string fingerprint;  // SHA-256 of the certificate in hexadecimal
  std::string user = "ftpt";
  std::string password = "secret";

  std::string folder = "/";  // what of it is mounted

  std::string source() const;  // "ftpes://ftpt@localhost:2121/"
};

// A mount point and a credentials file (mode 0600) in a folder of their own, and the command line that mounts there.
class MountPlan {
 public:
  explicit MountPlan(Endpoint endpoint);

  const std::filesystem::path& mount_point() const { return mount_point_; }
  std::filesystem::path credentials() const { return folder_.path() / "credentials"; }
  std::filesystem::path folder() const { return folder_.path(); }
  const Endpoint& endpoint() const { return endpoint_; }

  void add_option(const std::string& option) { options_.push_back(option); }
  void drop_option(const std::string& prefix);
  void add_argument(const std::string& argument) { arguments_.push_back(argument); }
  void set_source(const std::string& source) { source_ = source; }
  void set_mount_point(const std::filesystem::path& path) { mount_point_ = path; }
  void set_password(const std::string& password);

  std::vector<std::string> command_line() const;

 private:
  TempFolder folder_;
  Endpoint endpoint_;
  std::string source_;
  std::filesystem::path mount_point_;
  std::vector<std::string> options_;
  std::vector<std::string> arguments_;
};

bool is_mounted(const std::filesystem::path& path);

// A mount served by an ftpsfs in the foreground. Not thread safe.
class MountedFs {
 public:
  // Throws, with the log, when it does not mount within the limit.
  explicit MountedFs(const Endpoint& endpoint, const std::vector<std::string>& options = {},
                     const std::vector<std::string>& arguments = {"-f"});
  ~MountedFs();  // unmounts by force if need be
  MountedFs(const MountedFs&) = delete;
  MountedFs& operator=(const MountedFs&) = delete;

  const std::filesystem::path& path() const { return plan_.mount_point(); }
  std::filesystem::path operator/(const std::string& name) const { return path() / name; }
  std::filesystem::path credentials() const { return plan_.credentials(); }
  TestProcess& process() { return *process_; }
  std::string log() const { return process_->output() + process_->errors(); }

  // fusermount3 -u, then the exit status of ftpsfs; throws when either does not end in time.
  int unmount();

 private:
  MountPlan plan_;
  std::unique_ptr<TestProcess> process_;
};

}  // namespace ftpsfs::mount_test
