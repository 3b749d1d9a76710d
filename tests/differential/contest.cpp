#include "contest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "comparison.h"

namespace ftpsfs::differential {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds kReleaseLimit{10};

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Compares what is kept on the server with the reference.
class StoreCheck {
 public:
  StoreCheck(const Contest& contest, Folder& reference)
      : store_(contest.store()), close_stores_(contest.close_stores()), reference_(reference) {}

  // Before the operation: which file must be on the server when it has succeeded.
  void expect_after(const Operation& operation) {
    file_.reset();
    const bool saves = operation.kind == Kind::fsync || (operation.kind == Kind::close && close_stores_);
    if (store_ && saves && reference_.is_writable(operation.handle))
      file_ = reference_.path_of(operation.handle);
  }

  std::optional<std::string> after(const Operation& operation) const {
    if (!store_) return std::nullopt;
    if (operation.kind == Kind::settle || operation.kind == Kind::remount) return whole_tree();
    if (!file_) return std::nullopt;
    const std::string kept = content_of(*store_ / *file_);
    const std::string wanted = content_of(reference_.root() / *file_);
    if (fs::exists(*store_ / *file_) && kept == wanted) return std::nullopt;
    return fmt::format("on the server {} is not what was saved: {}", file_->string(),
                       first_difference(kept, wanted));
  }

 private:
  // The release of a handle, unlike its close, is nothing that a program waits for.
  std::optional<std::string> whole_tree() const {
    const std::string wanted = describe_tree(reference_.root());
    const auto end = std::chrono::steady_clock::now() + kReleaseLimit;
    std::string kept = describe_tree(*store_);
    while (kept != wanted && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      kept = describe_tree(*store_);
    }
    if (kept == wanted) return std::nullopt;
    return fmt::format("the server's folder\n--- server\n{}--- reference\n{}", kept, wanted);
  }

  const std::optional<fs::path> store_;
  const bool close_stores_;
  Folder& reference_;
  std::optional<fs::path> file_;
};

// Sets the time of what `operation` is about, and the statuses that have been taken of it.
void set_time(Folder& reference, const Operation& operation, std::int64_t time, Outcome& expected) {
  Operation touch = operation;
  touch.kind = operation.path.empty() ? Kind::futimens : Kind::utimens;
  touch.offset = time;
  const Outcome touched = reference.apply(touch);
  expected.handle = touched.handle;
  expected.path = touched.path;
}

void undo(Folder& reference, const Operation& refused) {
  if (refused.kind == Kind::symlink) ::unlink((reference.root() / refused.path).c_str());
}

std::vector<Operation> without(const std::vector<Operation>& operations, std::size_t begin,
                               std::size_t count) {
  std::vector<Operation> rest(operations.begin(), operations.begin() + static_cast<std::ptrdiff_t>(begin));
  const std::size_t end = std::min(begin + count, operations.size());
  rest.insert(rest.end(), operations.begin() + static_cast<std::ptrdiff_t>(end), operations.end());
  return rest;
}

// The sequence up to its first difference, or nothing.
std::optional<std::vector<Operation>> failing_part(const MakeContest& make,
                                                   const std::vector<Operation>& operations) {
  const auto contest = make();
  const auto found = compare(*contest, operations);
  if (!found) return std::nullopt;
  const auto end = operations.begin() + static_cast<std::ptrdiff_t>(found->position) + 1;
  return std::vector<Operation>(operations.begin(), end);
}

}  // namespace

std::optional<Difference> compare(Contest& contest, std::span<const Operation> operations,
                                  const Watch& watch) {
  const KnownDifferences known(contest.abilities());
  Folder& reference = contest.reference();
  StoreCheck store(contest, reference);
  for (std::size_t position = 0; position < operations.size(); ++position) {
    const Operation& operation = operations[position];
    if (watch) watch(operation);
    store.expect_after(operation);
    const auto before = reference.subject_of(operation);
    Outcome expected = reference.apply(operation);
    const Outcome outcome = contest.tested().apply(operation);
    if (const auto time = known.kept_time(operation, before, outcome))
      set_time(reference, operation, *time, expected);
    auto found = difference(operation, outcome, expected, known);
    if (!found && operation.kind == Kind::remount) found = contest.remount();
    if (!found && outcome.error == 0) found = store.after(operation);
    if (found) return Difference{.position = position, .description = *std::move(found)};
    if (outcome.error != 0 && expected.error == 0) undo(reference, operation);
  }
  return std::nullopt;
}

std::vector<Operation> shrink(const MakeContest& make, std::vector<Operation> operations,
                              std::size_t most_tries) {
  std::size_t tries = 0;
  std::size_t piece = operations.size() / 2;
  while (piece > 0) {
    bool shorter = false;
    // From the end: what happened last matters least to what remains.
    for (std::size_t end = operations.size(); end > 0;) {
      const std::size_t begin = end > piece ? end - piece : 0;
      if (tries++ == most_tries) return operations;
      if (auto part = failing_part(make, without(operations, begin, end - begin))) {
        operations = *std::move(part);
        shorter = true;
      }
      end = std::min(begin, operations.size());
    }
    if (!shorter) piece /= 2;
    piece = std::min(piece, operations.size());
  }
  return operations;
}

}  // namespace ftpsfs::differential
