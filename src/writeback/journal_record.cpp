#include "journal_record.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "escaped.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::Result;
using base::SystemTime;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kFormat = 1;

std::int64_t to_number(SystemTime time) { return time.time_since_epoch().count(); }

SystemTime to_time(const Json& number) {
  return SystemTime(std::chrono::nanoseconds(number.get<std::int64_t>()));
}

std::optional<SystemTime> optional_time(const Json& json, const char* key) {
  return json.contains(key) ? std::optional(to_time(json.at(key))) : std::nullopt;
}

std::optional<std::uint32_t> optional_mode(const Json& json, const char* key) {
  return json.contains(key) ? std::optional(json.at(key).get<std::uint32_t>()) : std::nullopt;
}

Json to_json(const model::FileVersion& version) {
  Json json{{"size", version.size}};
  if (version.modified) json["modified"] = to_number(*version.modified);
  if (!version.unique_id.empty()) json["unique_id"] = escaped(version.unique_id, Keep::ascii);
  return json;
}

Result<model::FileVersion> version_from(const Json& json) {
  model::FileVersion version;
  version.size = json.at("size").get<std::uint64_t>();
  version.modified = optional_time(json, "modified");
  auto id = unescaped(json.value("unique_id", ""));
  if (!id) return fail(std::move(id));
  version.unique_id = *std::move(id);
  return version;
}

Result<model::RemotePath> path_from(const Json& json) {
  const auto path = unescaped(json.get<std::string>());
  if (!path) return std::unexpected(path.error());
  return model::RemotePath::parse(*path);
}

// Throws Json::exception where something is missing or of another type.
Result<Record> record_from(const Json& json) {
  if (json.at("format").get<int>() > kFormat) {
    return fail(Errc::not_supported,
                "the journal was written by a newer version of ftpsfs; mount with that one");
  }
  auto path = path_from(json.at("path"));
  if (!path) return fail(std::move(path));
  Record record;
  record.id = json.at("id").get<std::uint64_t>();
  record.order = json.at("order").get<std::uint64_t>();
  record.path = *std::move(path);
  record.size = json.at("size").get<std::uint64_t>();
  if (json.contains("replaces")) {
    auto replaces = version_from(json.at("replaces"));
    if (!replaces) return fail(std::move(replaces));
    record.replaces = *std::move(replaces);
  }
  record.stored = to_time(json.at("stored"));
  record.keeps_time = json.value("keeps_time", false);
  record.modified = optional_time(json, "modified");
  record.mode = optional_mode(json, "mode");
  record.shown_mode = optional_mode(json, "shown_mode");
  record.failures = json.at("failures").get<std::size_t>();
  record.begun = json.at("begun").get<bool>();
  return record;
}

}  // namespace

model::Attributes attributes_of(const Record& record) {
  model::Attributes attributes;
  attributes.size = record.size;
  // The server will choose its own time unless one is asked for, so nobody may take this one for exact.
  attributes.modified = record.modified.value_or(record.stored);
  attributes.precision = record.modified ? model::TimePrecision::second : model::TimePrecision::minute;
  attributes.mode = record.mode ? record.mode : record.shown_mode;
  return attributes;
}

std::string to_json(const Record& record) {
  Json json{{"format", kFormat},           {"id", record.id},
            {"order", record.order},       {"path", escaped(record.path.str(), Keep::ascii)},
            {"size", record.size},         {"stored", to_number(record.stored)},
            {"failures", record.failures}, {"begun", record.begun}};
  if (record.replaces) json["replaces"] = to_json(*record.replaces);
  if (record.keeps_time) json["keeps_time"] = true;
  if (record.modified) json["modified"] = to_number(*record.modified);
  if (record.mode) json["mode"] = *record.mode;
  if (record.shown_mode) json["shown_mode"] = *record.shown_mode;
  return json.dump(1) + "\n";
}

Result<Record> record_from_json(std::string_view text) {
  try {
    return record_from(Json::parse(text));
  } catch (const Json::exception& error) {
    return fail(Errc::invalid_argument, fmt::format("the record cannot be read: {}", error.what()));
  }
}

}  // namespace ftpsfs::writeback
