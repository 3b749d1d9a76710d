#include <nlohmann/json.hpp>

#include "ftpsfs/probe/report.h"

namespace ftpsfs::probe {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;  // grows when a field changes its meaning; new fields do not count

std::string_view name_of(Mark mark) {
  switch (mark) {
    case Mark::ok: return "ok";
    case Mark::note: return "note";
    case Mark::warning: return "warning";
    case Mark::failure: return "failure";
    case Mark::unknown: break;
  }
  return "unknown";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::works: return "works";
    case Verdict::works_with_options: return "works_with_options";
    case Verdict::does_not_work: break;
  }
  return "does_not_work";
}

Json json_of(const Value& value) {
  return std::visit(
      [](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

Json json_of(const Finding& finding) {
  return {{"id", finding.id},
          {"title", finding.title},
          {"mark", name_of(finding.mark)},
          {"text", finding.text},
          {"value", json_of(finding.value)},
          {"milliseconds", finding.took ? Json(finding.took->count()) : Json(nullptr)}};
}

Json json_of(const Section& section) {
  Json findings = Json::array();
  for (const Finding& finding : section.findings) findings.push_back(json_of(finding));
  return {{"id", section.id}, {"title", section.title}, {"findings", std::move(findings)}};
}

Json json_of(const Suggestion& suggestion) {
  return {{"option", suggestion.name},
          {"value", suggestion.value},
          {"reason", suggestion.reason},
          {"needed", suggestion.needed}};
}

}  // namespace

std::string to_json(const Report& report) {
  Json sections = Json::array();
  for (const Section& section : report.sections) sections.push_back(json_of(section));
  Json suggestions = Json::array();
  for (const Suggestion& suggestion : report.suggestions) suggestions.push_back(json_of(suggestion));
  const Json whole{{"format", kFormat},
                   {"source", report.source},
                   {"verdict", name_of(report.verdict())},
                   {"exit_status", exit_status(report)},
                   {"summary", report.summary()},
                   {"sections", std::move(sections)},
                   {"suggestions", std::move(suggestions)},
                   {"mount_command", report.mount_command()}};
  // Names of files may be in any charset: what is no UTF-8 becomes U+FFFD.
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace ftpsfs::probe
