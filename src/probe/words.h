#pragma once

// How the report quotes what comes from outside.

#include <chrono>
#include <string>
#include <string_view>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/reply.h"

namespace ftpsfs::probe {

// base::printable, and what is no UTF-8, or a control character of Unicode's, as \xNN: it goes to a terminal.
std::string shown(std::string_view text, std::size_t limit = 300);

// "'550 No such file'": all lines of the reply in one.
std::string quoted(const ftp::Reply& reply);

// The error's sentence, and the server's words behind it.
std::string because(const base::Error& error);

// What came of a question: the reply in quotes, or why there is none.
std::string outcome_of(const base::Result<ftp::Reply>& reply);

// "2031-01-30"
std::string date_of(base::SystemTime time);

}  // namespace ftpsfs::probe
