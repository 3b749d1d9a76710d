#include "ftpsfs/probe/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ftpsfs::probe {
namespace {

bool has_mark(const Report& report, Mark mark) {
  return std::ranges::any_of(report.sections, [mark](const Section& section) {
    return std::ranges::any_of(section.findings,
                               [mark](const Finding& finding) { return finding.mark == mark; });
  });
}

bool is_plain(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=,.:/@%+";
  return !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string shell_quoted(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void append_item(std::string& list, std::string_view item) {
  if (!list.empty()) list += ',';
  list += item;
}

std::string joined_quirks(const Report& report) {
  std::string quirks = report.given_quirks;
  for (const Suggestion& suggestion : report.suggestions) {
    if (suggestion.name == "quirks") quirks += (quirks.empty() ? "" : ":") + suggestion.value;
  }
  return quirks;
}

}  // namespace

Finding& Report::add(std::string_view section_id, std::string_view section_title, Finding finding) {
  auto section = std::ranges::find(sections, section_id, &Section::id);
  if (section == sections.end()) {
    sections.push_back({std::string(section_id), std::string(section_title), {}});
    section = std::prev(sections.end());
  }
  return section->findings.emplace_back(std::move(finding));
}

const Finding* Report::find(std::string_view id) const {
  for (const Section& section : sections) {
    const auto found = std::ranges::find(section.findings, id, &Finding::id);
    if (found != section.findings.end()) return &*found;
  }
  return nullptr;
}

void Report::suggest(Suggestion suggestion) {
  for (Suggestion& present : suggestions) {
    if (present.name != suggestion.name || present.value != suggestion.value) continue;
    present.needed = present.needed || suggestion.needed;
    return;
  }
  suggestions.push_back(std::move(suggestion));
}

void Report::obstruct(std::string sentence) {
  if (!obstacle) obstacle = std::move(sentence);
}

Verdict Report::verdict() const {
  if (obstacle) return Verdict::does_not_work;
  const bool needs = std::ranges::any_of(suggestions, &Suggestion::needed);
  return needs ? Verdict::works_with_options : Verdict::works;
}

std::string Report::summary() const {
  switch (verdict()) {
    case Verdict::does_not_work: return fmt::format("does not work: {}", *obstacle);
    case Verdict::works_with_options: return "works with the options below";
    case Verdict::works: break;
  }
  if (has_mark(*this, Mark::failure)) return "works, except for what is marked as failed";
  return has_mark(*this, Mark::warning) ? "works, with the warnings above" : "works";
}

std::string Report::mount_command() const {
  std::string list = given_options;
  for (const Suggestion& suggestion : suggestions) {
    if (suggestion.name == "quirks") continue;
    append_item(list, suggestion.value.empty() ? suggestion.name
                                               : fmt::format("{}={}", suggestion.name, suggestion.value));
  }
  if (const auto quirks = joined_quirks(*this); !quirks.empty()) append_item(list, "quirks=" + quirks);
  const auto command = fmt::format("ftpsfs {} MOUNTPOINT", shell_quoted(source));
  return list.empty() ? command : fmt::format("{} -o {}", command, shell_quoted(list));
}

int exit_status(const Report& report) {
  if (report.verdict() == Verdict::does_not_work) return 2;
  const bool clean = report.verdict() == Verdict::works && !has_mark(report, Mark::warning) &&
                     !has_mark(report, Mark::failure);
  return clean ? 0 : 1;
}

}  // namespace ftpsfs::probe
