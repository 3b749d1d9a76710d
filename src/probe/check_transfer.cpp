#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "checks.h"
#include "words.h"

namespace ftpsfs::probe {
namespace {

using ftp::Command;
using model::DirEntry;
using model::RemotePath;

// Large enough that a download can be stopped in its middle, small enough to be fetched if the server ignores REST.
constexpr std::uint64_t kLeast = 256ULL << 10;
constexpr std::uint64_t kMost = 64ULL << 20;
constexpr std::uint64_t kTail = 16;
constexpr std::uint64_t kRangeLast = 99;  // bytes 0 to 99
constexpr std::chrono::milliseconds kSlowStop{2'000};

std::uint64_t size_of(const DirEntry& entry) { return entry.attributes.size.value_or(0); }

const DirEntry* suitable_file(const std::vector<DirEntry>& entries) {
  const DirEntry* best = nullptr;
  for (const DirEntry& entry : entries) {
    const bool fits =
        entry.attributes.type == model::FileType::file && size_of(entry) >= kLeast && size_of(entry) <= kMost;
    if (fits && (best == nullptr || size_of(entry) < size_of(*best))) best = &entry;
  }
  return best;
}

std::optional<DataOutcome> fetch(Lab& lab, const RemotePath& file, Command before) {
  auto control = lab.control();
  if (!control) return std::nullopt;
  DataTrial trial{.keep = 0};
  trial.before.push_back(std::move(before));
  return try_data(lab, **control, Command::retr(file), trial);
}

void check_rest(Lab& lab, const RemotePath& file, std::uint64_t size, Notes& notes) {
  const auto outcome = fetch(lab, file, Command::rest(size - kTail));
  if (!outcome) {
    notes.add("rest", "REST", Mark::unknown, "no connection to try it");
  } else if (outcome->complete() && outcome->bytes == kTail) {
    notes.add("rest", "REST", Mark::ok, "a download begins where it is told to", true);
  } else if (outcome->complete() && outcome->bytes < size) {
    notes.add("rest", "REST", Mark::unknown,
              fmt::format("{} bytes came instead of {}: the file may have changed meanwhile", outcome->bytes,
                          kTail));
  } else if (outcome->complete()) {
    notes.add("rest", "REST", Mark::failure,
              fmt::format("{} bytes came instead of {}: reading from the middle gives wrong data",
                          outcome->bytes, kTail),
              false);
    lab.obstruct("the server ignores REST, so what programs read from the middle of a file would be wrong");
  } else {
    notes.add("rest", "REST", Mark::warning,
              fmt::format("refused, so files can be read from their beginning only: {}", reason_of(*outcome)),
              false);
  }
}

void check_rang(Lab& lab, const RemotePath& file, std::uint64_t size, Notes& notes) {
  const auto outcome = fetch(lab, file, Command::rang(0, kRangeLast));
  if (!outcome) {
    notes.add("rang", "RANG", Mark::unknown, "no connection to try it");
  } else if (outcome->complete() && outcome->bytes == kRangeLast + 1) {
    notes.add("rang", "RANG", Mark::ok, "a part of a file can be asked for by first and last byte", true);
  } else if (outcome->complete()) {
    notes.add("rang", "RANG", Mark::note,
              fmt::format("accepted, but {} of {} bytes came", outcome->bytes, size), false);
  } else {
    notes.add("rang", "RANG", Mark::note, fmt::format("no: {}", reason_of(*outcome)), false);
  }
}

// Stops a download after its first bytes and asks something: how long does the answer take, and does it come at all?
void check_stopping(Lab& lab, const RemotePath& file, Notes& notes) {
  auto session = lab.session();
  if (!session) {
    notes.add("stop", "stopping", Mark::unknown, because(session.error()));
    return;
  }
  auto transfer = (*session)->transfer(Command::retr(file), lab.step());
  if (!transfer) {
    notes.add("stop", "stopping", Mark::failure, fmt::format("RETR failed: {}", because(transfer.error())),
              false);
    return;
  }
  std::array<std::byte, 16384> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
  (void)(*transfer)->read(bytes, lab.step());
  const Stopwatch watch;
  (*transfer)->abandon();
  const auto reply = (*session)->control().exchange(Command::noop(), lab.step());
  const auto took = watch.read();
  if (!reply) {
    notes
        .add("stop", "stopping", Mark::warning,
             fmt::format("a download that is stopped early costs its connection: {}", because(reply.error())),
             false)
        .took = took;
    lab.suggest({"quirks", "stop_by_waiting",
                 (*session)->control().answers_out_of_order()
                     ? "The server's replies to ABOR come out of order, which costs the first connection."
                     : "Worth a try: the server does not come back into step after ABOR.",
                 false});
    return;
  }
  const bool slow = took > kSlowStop + 4 * lab.facts.round_trip;
  notes
      .add("stop", "stopping", slow ? Mark::note : Mark::ok,
           slow ? "a download can be stopped early, but slowly" : "a download can be stopped early", true)
      .took = took;
}

}  // namespace

void check_reading(Lab& lab, const RemotePath& file, std::uint64_t size, Notes& notes) {
  check_rest(lab, file, size, notes);
  check_rang(lab, file, size, notes);
  check_stopping(lab, file, notes);
}

void check_transfer(Lab& lab) {
  Notes notes(lab.report(), "transfer", "Downloads");
  const DirEntry* const found = suitable_file(lab.facts.entries);
  if (found == nullptr) {
    if (lab.settings().write) return;  // its scratch folder has one
    notes.add(
        "rest", "downloads", Mark::unknown,
        "REST, RANG and stopping were not tried: no file between 256 KB and 64 MB here; --write makes one");
    return;
  }
  const auto path = lab.facts.folder.child(found->name);
  if (!path) return;
  lab.facts.large_file = *path;
  check_reading(lab, *path, size_of(*found), notes);
}

}  // namespace ftpsfs::probe
