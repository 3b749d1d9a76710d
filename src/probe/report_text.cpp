#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "ftpsfs/probe/report.h"

namespace ftpsfs::probe {
namespace {

// Longer texts go on in the next line, below their own column.
constexpr std::size_t kTextWidth = 78;

struct Look {
  std::string_view utf8;
  std::string_view ascii;
  std::string_view colour;
};

Look look_of(Mark mark) {
  switch (mark) {
    case Mark::ok: return {"✓", "+", "\x1b[32m"};
    case Mark::note: return {"·", ".", ""};
    case Mark::warning: return {"!", "!", "\x1b[33m"};
    case Mark::failure: return {"✗", "x", "\x1b[31m"};
    case Mark::unknown: break;
  }
  return {"–", "-", "\x1b[2m"};
}

std::string painted(std::string_view text, std::string_view colour, const TextStyle& style) {
  if (!style.colour || colour.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", colour, text);
}

// At blanks, where there are any; a line break in the text begins a line of its own.
std::vector<std::string_view> wrapped(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto line_end = std::min(text.find('\n'), text.size());
    auto end = line_end;
    if (end > kTextWidth) {
      const auto blank = text.rfind(' ', kTextWidth);
      end = blank != std::string_view::npos && blank > 0 ? blank : std::min(text.find(' '), line_end);
    }
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string duration_of(const Finding& finding) {
  return finding.took ? fmt::format(" ({} ms)", finding.took->count()) : std::string();
}

void append_finding(std::string& out, const Finding& finding, std::size_t title_width,
                    const TextStyle& style) {
  const Look look = look_of(finding.mark);
  const auto lines = wrapped(finding.text);
  fmt::format_to(std::back_inserter(out), "  {} {:<{}}  {}",
                 painted(style.utf8 ? look.utf8 : look.ascii, look.colour, style), finding.title, title_width,
                 lines.empty() ? std::string_view() : lines.front());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "\n{:<{}}{}", "", title_width + 6, lines[i]);
  }
  out += duration_of(finding) + '\n';
}

std::size_t widest_title(const Report& report) {
  std::size_t width = 0;
  for (const Section& section : report.sections) {
    for (const Finding& finding : section.findings) width = std::max(width, finding.title.size());
  }
  return width;
}

std::string_view verdict_colour(const Report& report) {
  switch (exit_status(report)) {
    case 0: return "\x1b[1;32m";
    case 1: return "\x1b[1;33m";
    default: return "\x1b[1;31m";
  }
}

void append_suggestions(std::string& out, const Report& report) {
  for (const Suggestion& suggestion : report.suggestions) {
    const auto option = suggestion.value.empty() ? suggestion.name : suggestion.name + "=" + suggestion.value;
    fmt::format_to(std::back_inserter(out), "  -o {}{}\n", option, suggestion.needed ? " (needed)" : "");
    for (const auto line : wrapped(suggestion.reason)) {
      fmt::format_to(std::back_inserter(out), "     {}\n", line);
    }
  }
}

}  // namespace

std::string to_text(const Report& report, const TextStyle& style) {
  std::string out = fmt::format("Probe of {}\n", report.source);
  const auto title_width = widest_title(report);
  for (const Section& section : report.sections) {
    out += '\n' + painted(section.title, "\x1b[1m", style) + '\n';
    for (const Finding& finding : section.findings) append_finding(out, finding, title_width, style);
  }
  fmt::format_to(std::back_inserter(out), "\n{}\n",
                 painted("Verdict: " + report.summary(), verdict_colour(report), style));
  append_suggestions(out, report);
  if (!report.obstacle || !report.suggestions.empty()) {
    fmt::format_to(std::back_inserter(out), "\n{}\n  {}\n",
                   report.obstacle ? "Then, if the rest is well, mount it with:" : "Mount it with:",
                   report.mount_command());
  }
  return out;
}

}  // namespace ftpsfs::probe
