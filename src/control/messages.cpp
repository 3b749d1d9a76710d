#include "ftpsfs/control/messages.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace ftpsfs::control {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostListedBytes = 4 << 20;  // of one list: two of them fit into an answer

std::string dumped(const Json& json, JsonForm form = JsonForm::line) {
  return json.dump(form == JsonForm::indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t unix_seconds(base::SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Json json_of(const Remaining& remaining) { return {{"files", remaining.files}, {"bytes", remaining.bytes}}; }

Json json_of(const Fetched& fetched) { return {{"bytes", fetched.bytes}, {"unused", fetched.unused}}; }

Json json_of(const WaitingFile& file) {
  return {{"path", file.path},
          {"size", file.size},
          {"uploading", file.uploading},
          {"failures", file.failures},
          {"last_error", file.last_error}};
}

Json json_of(const LostFile& file) {
  return {
      {"path", file.path}, {"kept", file.kept}, {"reason", file.reason}, {"when", unix_seconds(file.when)}};
}

template <class File>
Json json_of(const std::vector<File>& files) {
  Json listed = Json::array();
  std::size_t bytes = 0;
  for (const File& file : files) {
    Json json = json_of(file);
    bytes += dumped(json).size();
    if (listed.size() == kMostListed || bytes > kMostListedBytes) break;
    listed.push_back(std::move(json));
  }
  return listed;
}

Json json_of(const MountStatus& status) {
  return {{"mount_point", status.mount_point},
          {"source", status.source},
          {"since", unix_seconds(status.since)},
          {"writeback", status.writeback},
          {"fetched", json_of(status.fetched)},
          {"waiting", json_of(status.waiting)},
          {"waiting_files", json_of(status.waiting_files)},
          {"lost", status.lost},
          {"lost_files", json_of(status.lost_files)}};
}

// Null when it is missing.
const Json* field_of(const Json& json, const char* key) {
  const auto& object = json.get_ref<const Json::object_t&>();
  const auto found = object.find(key);
  return found != object.end() ? &found->second : nullptr;
}

// Of a field of the same type; a JSON without it leaves `value` as it is. Throws what nlohmann throws for another type.
template <class Value>
void read(const Json& json, const char* key, Value& value) {
  if (const Json* const field = field_of(json, key)) field->get_to(value);
}

void read(const Json& json, const char* key, base::SystemTime& time) {
  std::int64_t seconds = 0;
  read(json, key, seconds);
  time = base::SystemTime(std::chrono::seconds(seconds));
}

void from(const Json& json, Remaining& remaining) {
  read(json, "files", remaining.files);
  read(json, "bytes", remaining.bytes);
}

void from(const Json& json, Fetched& fetched) {
  read(json, "bytes", fetched.bytes);
  read(json, "unused", fetched.unused);
}

void from(const Json& json, WaitingFile& file) {
  read(json, "path", file.path);
  read(json, "size", file.size);
  read(json, "uploading", file.uploading);
  read(json, "failures", file.failures);
  read(json, "last_error", file.last_error);
}

void from(const Json& json, LostFile& file) {
  read(json, "path", file.path);
  read(json, "kept", file.kept);
  read(json, "reason", file.reason);
  read(json, "when", file.when);
}

template <class File>
void from(const Json& json, std::vector<File>& files) {
  for (const Json& item : json) from(item, files.emplace_back());
}

void from(const Json& json, MountStatus& status);

template <class Message>
void read_message(const Json& json, const char* key, Message& message) {
  if (const Json* const field = field_of(json, key)) from(*field, message);
}

void from(const Json& json, MountStatus& status) {
  read(json, "mount_point", status.mount_point);
  read(json, "source", status.source);
  read(json, "since", status.since);
  read(json, "writeback", status.writeback);
  read_message(json, "fetched", status.fetched);
  read_message(json, "waiting", status.waiting);
  read_message(json, "waiting_files", status.waiting_files);
  read(json, "lost", status.lost);
  read_message(json, "lost_files", status.lost_files);
}

void from(const Json& json, FlushOutcome& outcome) {
  read(json, "error", outcome.error);
  read_message(json, "status", outcome.status);
}

template <class Message>
Result<Message> parse(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Message message;
    from(json, message);
    return message;
  } catch (const Json::exception& error) {
    return fail(Errc::protocol_error, std::string("the mount's answer makes no sense: ") + error.what());
  }
}

}  // namespace

std::string to_json(const Remaining& remaining) { return dumped(json_of(remaining)); }

std::string to_json(const MountStatus& status, JsonForm form) { return dumped(json_of(status), form); }

std::string to_json(const FlushOutcome& outcome) {
  return dumped({{"error", outcome.error}, {"status", json_of(outcome.status)}});
}

Result<Remaining> parse_remaining(std::string_view json) { return parse<Remaining>(json); }

Result<MountStatus> parse_status(std::string_view json) { return parse<MountStatus>(json); }

Result<FlushOutcome> parse_flush_outcome(std::string_view json) { return parse<FlushOutcome>(json); }

}  // namespace ftpsfs::control
