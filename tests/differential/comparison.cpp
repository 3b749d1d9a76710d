#include "comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <sstream>

namespace ftpsfs::differential {

namespace {

std::string errno_text(int error) {
  return error == 0 ? "success" : fmt::format("{} ({})", strerrorname_np(error), error);
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

std::string lines_only_in(const std::string& text, const std::string& other) {
  const auto lines = lines_of(text);
  const auto others = lines_of(other);
  std::string only;
  for (const auto& line : lines) {
    if (!others.contains(line)) only += "\n    " + line;
  }
  return only;
}

std::string lines_differ(const std::string& tested, const std::string& reference) {
  return fmt::format("\n  only in the tested one:{}\n  only in the reference:{}",
                     lines_only_in(tested, reference), lines_only_in(reference, tested));
}

std::optional<std::string> status_difference(std::string_view what, const std::optional<Status>& tested,
                                             const std::optional<Status>& reference,
                                             const KnownDifferences& known) {
  if (!tested || !reference) {
    if (tested.has_value() == reference.has_value()) return std::nullopt;
    return fmt::format("the {} is open in one of them only", what);
  }
  if (known.comparable(*tested) == known.comparable(*reference)) return std::nullopt;
  return fmt::format("status of the {}\n  tested:    {}\n  reference: {}", what, to_text(*tested),
                     to_text(*reference));
}

bool has_lines(Kind kind) { return kind == Kind::list || kind == Kind::compare_trees; }

}  // namespace

std::string first_difference(const std::string& tested, const std::string& reference) {
  const auto [mine, theirs] = std::ranges::mismatch(tested, reference);
  const auto offset = mine - tested.begin();
  const auto byte = [](const std::string& text, auto at) {
    return at == text.end() ? std::string("end") : fmt::format("{:02x}", static_cast<unsigned char>(*at));
  };
  return fmt::format("{} bytes tested, {} in the reference, the first other one at {}: {} for {}",
                     tested.size(), reference.size(), offset, byte(tested, mine), byte(reference, theirs));
}

std::optional<std::string> difference(const Operation& operation, const Outcome& tested,
                                      const Outcome& reference, const KnownDifferences& known) {
  if (tested.error != reference.error) {
    if (known.may_refuse(operation, tested.error) && reference.error == 0) return std::nullopt;
    return fmt::format("errno\n  tested:    {}\n  reference: {}", errno_text(tested.error),
                       errno_text(reference.error));
  }
  if (tested.value != reference.value)
    return fmt::format("result\n  tested:    {}\n  reference: {}", tested.value, reference.value);
  if (tested.text != reference.text) {
    return "content: " + (has_lines(operation.kind) ? lines_differ(tested.text, reference.text)
                                                    : first_difference(tested.text, reference.text));
  }
  for (auto found : {status_difference("handle", tested.handle, reference.handle, known),
                     status_difference("path", tested.path, reference.path, known),
                     status_difference("target", tested.target, reference.target, known)}) {
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace ftpsfs::differential
