#include "protocol.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ftpsfs::control {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json parsed(std::string_view text) { return Json::parse(text, nullptr, false); }

// Empty when it is missing or no text.
std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Not base::to_string, which is for people.
struct ErrcName {
  Errc code;
  std::string_view name;
};

constexpr std::array kErrcNames{
    ErrcName{Errc::not_found, "not_found"},
    ErrcName{Errc::exists, "exists"},
    ErrcName{Errc::not_empty, "not_empty"},
    ErrcName{Errc::not_a_directory, "not_a_directory"},
    ErrcName{Errc::is_a_directory, "is_a_directory"},
    ErrcName{Errc::permission_denied, "permission_denied"},
    ErrcName{Errc::not_permitted, "not_permitted"},
    ErrcName{Errc::read_only, "read_only"},
    ErrcName{Errc::no_space, "no_space"},
    ErrcName{Errc::quota_exceeded, "quota_exceeded"},
    ErrcName{Errc::file_too_large, "file_too_large"},
    ErrcName{Errc::name_invalid, "name_invalid"},
    ErrcName{Errc::name_too_long, "name_too_long"},
    ErrcName{Errc::invalid_argument, "invalid_argument"},
    ErrcName{Errc::not_supported, "not_supported"},
    ErrcName{Errc::busy, "busy"},
    ErrcName{Errc::login_refused, "login_refused"},
    ErrcName{Errc::too_many_sessions, "too_many_sessions"},
    ErrcName{Errc::tls_refused, "tls_refused"},
    ErrcName{Errc::tls_untrusted, "tls_untrusted"},
    ErrcName{Errc::tls_not_resumed, "tls_not_resumed"},
    ErrcName{Errc::unreachable, "unreachable"},
    ErrcName{Errc::timed_out, "timed_out"},
    ErrcName{Errc::cancelled, "cancelled"},
    ErrcName{Errc::connection_lost, "connection_lost"},
    ErrcName{Errc::protocol_error, "protocol_error"},
    ErrcName{Errc::stale, "stale"},
    ErrcName{Errc::local_io, "local_io"},
    ErrcName{Errc::internal, "internal"},
};

std::string_view name_of(Errc code) {
  const auto found = std::ranges::find(kErrcNames, code, &ErrcName::code);
  return found != kErrcNames.end() ? found->name : "internal";
}

Errc errc_named(std::string_view name) {
  const auto found = std::ranges::find(kErrcNames, name, &ErrcName::name);
  return found != kErrcNames.end() ? found->code : Errc::internal;
}

}  // namespace

std::string request_line(std::string_view command) {
  return dumped({{"version", kVersion}, {"command", std::string(command)}});
}

Result<std::string> parse_request(std::string_view line) {
  const Json request = parsed(line);
  if (!request.is_object()) return fail(Errc::invalid_argument, "the request is not a JSON object");
  const auto version = request.find("version");
  if (version == request.end() || !version->is_number_integer()) {
    return fail(Errc::invalid_argument, "the request names no version");
  }
  if (*version != kVersion) {
    return fail(
        Errc::not_supported,
        fmt::format("this mount speaks version {} only; use the ftpsctl of its ftpsfs, or mount again",
                    kVersion));
  }
  auto command = text_at(request, "command");
  if (command.empty()) return fail(Errc::invalid_argument, "the request names no command");
  return command;
}

std::string progress_line(std::string_view json) { return fmt::format(R"({{"progress":{}}})", json); }

std::string answer_line(const Result<std::string>& result) {
  if (result) return fmt::format(R"({{"ok":true,"result":{}}})", *result);
  const base::Error& error = result.error();
  Json answer{{"ok", false}, {"error", error.message}, {"errc", std::string(name_of(error.code))}};
  if (!error.server_reply.empty()) answer["server_reply"] = error.server_reply;
  return dumped(answer);
}

Result<std::variant<ProgressJson, FinalAnswer>> parse_server_line(std::string_view line) {
  using Line = std::variant<ProgressJson, FinalAnswer>;
  const Json json = parsed(line);
  if (json.is_object() && json.contains("progress")) return Line(ProgressJson{dumped(json["progress"])});
  const bool answers = json.is_object() && json.contains("ok") && json["ok"].is_boolean();
  if (answers && json["ok"].get<bool>() && json.contains("result")) {
    return Line(FinalAnswer{dumped(json["result"])});
  }
  if (answers && !json["ok"].get<bool>()) {
    return Line(FinalAnswer{
        fail(errc_named(text_at(json, "errc")), text_at(json, "error"), text_at(json, "server_reply"))});
  }
  return fail(Errc::protocol_error, "the mount's answer makes no sense");
}

}  // namespace ftpsfs::control
