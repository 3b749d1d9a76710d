// The differential tester: random operations on a mount and on a local folder, compared one by one.

#include <fmt/format.h>
#include <getopt.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <random>
#include <stdexcept>

#include "folder_contest.h"
#include "generator.h"
#include "mount_contest.h"
#include "support/mounting/requirements.h"

namespace ftpsfs::differential {
namespace {

constexpr int kFailed = 2;
constexpr int kSkipped = 77;  // as automake has it, and tests/CMakeLists.txt

constexpr std::string_view kUsage = R"(usage: differential [options]

Does random operations on a mount and on a local folder and compares both after each. Without --folder-under-test it
starts a server and mounts it by itself. Ends with 0 when there is no difference, with 1 when there is one.

  --seed N                 of the first round (random); each further round has the next one
  --operations N           in each round (400)
  --rounds N               how many (1)
  --seconds N              no new round begins after so long, instead of --rounds
  --server NAME            own, own:PERSONALITY, vsftpd, proftpd, pureftpd or pyftpdlib (own)
  --mount-option OPTION    for ftpsfs -o; repeatable
  --folder-under-test DIR  compare this folder, which is emptied ...
  --reference DIR          ... with that one, which is emptied, too
  --script FILE            do these operations instead of random ones
  --shrink-tries N         how many shorter sequences to try after a difference (100); 0: none
  --verbose                print each operation
)";

struct Options {
  std::uint64_t seed = std::random_device()();
  std::size_t operations = 400;
  std::uint64_t rounds = 1;
  std::optional<std::chrono::seconds> duration;
  std::string server = "own";
  std::vector<std::string> mount_options;
  std::string tested;
  std::string reference;
  std::string script;
  std::size_t shrink_tries = 100;
  bool verbose = false;
  bool help = false;
};

constexpr option kLongOptions[] = {{"seed", required_argument, nullptr, 's'},
                                   {"operations", required_argument, nullptr, 'n'},
                                   {"rounds", required_argument, nullptr, 'r'},
                                   {"seconds", required_argument, nullptr, 't'},
                                   {"server", required_argument, nullptr, 'S'},
                                   {"mount-option", required_argument, nullptr, 'o'},
                                   {"folder-under-test", required_argument, nullptr, 'f'},
                                   {"reference", required_argument, nullptr, 'F'},
                                   {"script", required_argument, nullptr, 'x'},
                                   {"shrink-tries", required_argument, nullptr, 'k'},
                                   {"verbose", no_argument, nullptr, 'v'},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};

void set(Options& options, int name, const std::string& value) {
  switch (name) {
    case 's': options.seed = std::stoull(value); break;
    case 'n': options.operations = std::stoul(value); break;
    case 'r': options.rounds = std::stoull(value); break;
    case 't': options.duration = std::chrono::seconds(std::stoll(value)); break;
    case 'S': options.server = value; break;
    case 'o': options.mount_options.push_back(value); break;
    case 'f': options.tested = value; break;
    case 'F': options.reference = value; break;
    case 'x': options.script = value; break;
    case 'k': options.shrink_tries = std::stoul(value); break;
    case 'v': options.verbose = true; break;
    case 'h': options.help = true; break;
    default: throw std::invalid_argument("see --help");
  }
}

Options parse(int argc, char** argv) {
  Options options;
  for (int name = 0; (name = getopt_long(argc, argv, "", kLongOptions, nullptr)) != -1;) {
    set(options, name, optarg != nullptr ? optarg : "");
  }
  if (optind != argc) throw std::invalid_argument("no arguments are expected, see --help");
  if (options.tested.empty() != options.reference.empty())
    throw std::invalid_argument("--folder-under-test and --reference belong together");
  return options;
}

std::vector<Operation> read_script(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file);
  std::vector<Operation> operations;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') operations.push_back(parse_operation(line));
  }
  return operations;
}

std::string as_script(std::span<const Operation> operations) {
  std::string text;
  for (const Operation& operation : operations) text += to_text(operation) + "\n";
  return text;
}

std::string last_lines(const std::string& text, std::size_t count) {
  std::size_t begin = text.size();
  while (count-- > 0 && begin > 0) {
    const auto end = text.rfind('\n', begin - 1);
    begin = end == std::string::npos ? 0 : end;
  }
  return text.substr(begin);
}

class Tester {
 public:
  explicit Tester(Options options) : options_(std::move(options)) {
    if (options_.tested.empty()) server_ = std::make_unique<ContestServer>(options_.server);
  }

  // False at the first difference.
  bool run() {
    const auto start = std::chrono::steady_clock::now();
    std::size_t done = 0;
    for (std::uint64_t round = 0; goes_on(round, start); ++round) {
      const std::uint64_t seed = options_.seed + round;
      const auto operations = operations_of(seed);
      if (!survives(seed, operations)) return false;
      done += operations.size();
    }
    fmt::print("{} operations without a difference\n", done);
    return true;
  }

 private:
  bool goes_on(std::uint64_t round, std::chrono::steady_clock::time_point start) const {
    if (options_.duration) return std::chrono::steady_clock::now() - start < *options_.duration;
    return round < options_.rounds;
  }

  std::vector<Operation> operations_of(std::uint64_t seed) const {
    return options_.script.empty() ? generate(seed, options_.operations) : read_script(options_.script);
  }

  std::unique_ptr<Contest> contest() {
    if (!server_) return std::make_unique<FolderContest>(options_.tested, options_.reference);
    return std::make_unique<MountContest>(*server_, options_.mount_options);
  }

  // The time for one operation is the time for a whole shorter sequence.
  std::unique_ptr<Contest> watched_contest() {
    HangWatch::begin();
    return contest();
  }

  void watch(const Operation& operation) const {
    HangWatch::begin();
    if (options_.verbose) fmt::print("{}\n", to_text(operation));
  }

  bool survives(std::uint64_t seed, const std::vector<Operation>& operations) {
    auto round = contest();
    fmt::print("seed {}: {} operations ({})\n", seed, operations.size(), to_text(round->abilities()));
    std::fflush(stdout);
    const auto found = compare(*round, operations, [this](const Operation& next) { watch(next); });
    if (!found) return true;
    const std::span<const Operation> failed(operations.data(), found->position + 1);
    report(seed, *found, failed, round->log());
    round.reset();  // saves what it has open, which is no business of the next one
    if (options_.shrink_tries > 0) report_shrunk(failed);
    return false;
  }

  void report(std::uint64_t seed, const Difference& found, std::span<const Operation> failed,
              const std::string& log) {
    constexpr std::size_t kShown = 20;
    fmt::print("\nA difference with seed {}, at operation {}:\n{}\n\n", seed, found.position + 1,
               found.description);
    fmt::print("The last operations:\n{}\n", as_script(failed.last(std::min(kShown, failed.size()))));
    fmt::print("The log of ftpsfs ends with:{}\n", last_lines(log, kShown));
    fmt::print("Once more: differential --seed {} --operations {} --server {}\n", seed, options_.operations,
               options_.server);
    std::fflush(stdout);
  }

  void report_shrunk(std::span<const Operation> failed) {
    const auto shorter =
        shrink([this] { return watched_contest(); }, {failed.begin(), failed.end()}, options_.shrink_tries);
    fmt::print("\nA shorter script for --script:\n{}", as_script(shorter));
    const auto again = watched_contest();
    const auto found = compare(*again, shorter);
    fmt::print("# which shows: {}\n", found ? found->description : "nothing, this time");
  }

  Options options_;
  std::unique_ptr<ContestServer> server_;
};

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (options.help) {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (const auto reason = mount_test::why_no_fuse(); reason && options.tested.empty()) {
    fmt::print("skipped: {}\n", *reason);
    return mount_test::everything_required() ? kFailed : kSkipped;
  }
  umask(022);
  const HangWatch watch;
  return Tester(options).run() ? 0 : 1;
}

}  // namespace
}  // namespace ftpsfs::differential

int main(int argc, char** argv) {
  try {
    return ftpsfs::differential::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "differential: " << error.what() << "\n";
    return 2;
  }
}
