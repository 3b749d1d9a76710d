#pragma once

// The lines that server and client exchange; include/ftpsfs/control/server.h shows them.

#include <string>
#include <string_view>
#include <variant>

#include "ftpsfs/base/error.h"

namespace ftpsfs::control {

std::string request_line(std::string_view command);

// The command; invalid_argument, or not_supported for another version.
base::Result<std::string> parse_request(std::string_view line);

std::string progress_line(std::string_view json);
std::string answer_line(const base::Result<std::string>& result);

struct ProgressJson {
  std::string json;
};

struct FinalAnswer {
  base::Result<std::string> result;
};

// protocol_error when it is neither.
base::Result<std::variant<ProgressJson, FinalAnswer>> parse_server_line(std::string_view line);

}  // namespace ftpsfs::control
