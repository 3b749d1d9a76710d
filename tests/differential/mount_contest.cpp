#include "mount_contest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "folder_contest.h"

namespace ftpsfs::differential {

namespace fs = std::filesystem;

namespace {

constexpr unsigned kLongestOperation = 60;  // seconds
constexpr std::string_view kOwn = "own";
constexpr fs::perms kUnusual{0604};

std::atomic<pid_t> mounted_process = 0;

void kill_mount(int /*signal*/) {
  if (const pid_t process = mounted_process) kill(process, SIGKILL);
}

}  // namespace

ContestServer::ContestServer(const std::string& name) {
  if (!name.starts_with(kOwn)) {
    real_ = std::make_unique<mount_test::RealServer>(name, "1.3");
  } else if (name == kOwn) {
    own_ = std::make_unique<mount_test::LocalServer>();
  } else {
    own_ = std::make_unique<mount_test::LocalServer>(name.substr(kOwn.size() + 1));
  }
}

mount_test::Endpoint ContestServer::endpoint() const { return own_ ? own_->endpoint() : real_->endpoint(); }

const fs::path& ContestServer::root() const { return own_ ? own_->root() : real_->root(); }

MountContest::MountContest(ContestServer& server, std::vector<std::string> options)
    : server_(server), options_(std::move(options)), reference_(prepared_local_folder()) {
  empty(server_.root());
  const fs::path shown = "shown";
  mount_test::write_file(server_.root() / shown, "", kUnusual);
  mount();
  abilities_ = measure_abilities(mount_->path());
  abilities_.shows_modes = fs::status(mount_->path() / shown).permissions() == kUnusual;
  fs::remove(mount_->path() / shown);
}

fs::path MountContest::prepared_local_folder() const {
  fs::create_directory(local_.path() / "reference");
  return local_.path() / "reference";
}

void MountContest::mount() {
  mount_ = std::make_unique<mount_test::MountedFs>(server_.endpoint(), options_);
  mounted_process = mount_->process().pid();
  tested_ = std::make_unique<Folder>(mount_->path());
}

bool MountContest::close_stores() const {
  return std::ranges::none_of(options_, [](const auto& option) { return option.starts_with("writeback"); });
}

std::optional<std::string> MountContest::remount() {
  tested_.reset();
  const int status = mount_->unmount();
  log_ += mount_->log();
  if (status != 0) return fmt::format("ftpsfs ended with {} after the unmount", status);
  mount();
  return std::nullopt;
}

HangWatch::HangWatch() {
  struct sigaction action{};
  action.sa_handler = kill_mount;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
}

HangWatch::~HangWatch() {
  alarm(0);
  std::signal(SIGALRM, SIG_DFL);
}

void HangWatch::begin() { alarm(kLongestOperation); }

}  // namespace ftpsfs::differential
