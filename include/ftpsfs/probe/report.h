#pragma once

// What a probe has found: a pure value, made by probe::run and shown by to_text and to_json.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ftpsfs::probe {

enum class Mark {
  ok,       // as it should be
  note,     // works; worth knowing
  warning,  // works, but not well, or only with an option
  failure,  // does not work
  unknown,  // was not tried, or could not be found out
};

// For programs; what it is for which finding is in docs/probe.md.
using Value = std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;

// One line of the report. All text is printable: whoever makes a finding has put what came from the server through
// base::printable.
struct Finding {
  std::string id;     // stable, unique in the report: "tls_version"
  std::string title;  // "TLS version"
  Mark mark = Mark::unknown;
  std::string text;  // lines after the first are details
  Value value{};
  std::optional<std::chrono::milliseconds> took{};
};

struct Section {
  std::string id;
  std::string title;
  std::vector<Finding> findings;
};

// A mount option that suits the server.
struct Suggestion {
  std::string name;     // "tls_max"; of the same name only quirks may come twice
  std::string value;    // "1.2"; empty: the option has none
  std::string reason;   // a sentence
  bool needed = false;  // without it the mount does not work
};

enum class Verdict { works, works_with_options, does_not_work };

struct Report {
  std::string source;         // what was probed, as the user would write it for ftpsfs
  std::string given_options;  // the user's own -o list, without quirks=
  std::string given_quirks;   // the value of the user's quirks=
  std::vector<Section> sections{};
  std::vector<Suggestion> suggestions{};
  std::optional<std::string> obstacle{};  // the first thing without which nothing works: a sentence

  // Adds to the section `id`, which is made at the end when it is not there.
  Finding& add(std::string_view section_id, std::string_view section_title, Finding finding);

  // The finding with this id, or null.
  const Finding* find(std::string_view id) const;

  // A second suggestion with the same name and value is dropped.
  void suggest(Suggestion suggestion);

  // Only the first obstacle is kept: the others usually follow from it.
  void obstruct(std::string sentence);

  Verdict verdict() const;
  std::string summary() const;  // the verdict and its reason, in one sentence

  // "ftpsfs SOURCE MOUNTPOINT -o LIST", quoted for a shell.
  std::string mount_command() const;
};

// 0: works; 1: works, with warnings or with options that it needs; 2: does not work.
int exit_status(const Report& report);

struct TextStyle {
  bool utf8 = true;     // ✓ · ! ✗ –, otherwise + . ! x -
  bool colour = false;  // ANSI sequences
};

// For people: one line per finding, in columns.
std::string to_text(const Report& report, const TextStyle& style);

// For programs: one JSON object in UTF-8, its fields described in docs/probe.md.
std::string to_json(const Report& report);

}  // namespace ftpsfs::probe
