#pragma once

#include <span>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/server_knowledge.h"

namespace ftpsfs::ftp {

// Something about a server that is otherwise learnt from its behaviour, and that the user may say beforehand.
struct Quirk {
  std::string_view name;     // as the option quirks= takes it
  std::string_view meaning;  // one line for help and documents, no full stop
  void (*apply)(ServerKnowledge& server);
};

std::span<const Quirk> known_quirks();

// Applies a list of names separated by ':' (options are separated by commas); empty names are skipped. What is applied
// is never unlearnt. invalid_argument for an unknown name, with the nearest known one and the list of all, and for
// list_all together with no_list_all; then nothing is applied.
base::Status apply_quirks(std::string_view list, ServerKnowledge& server);

}  // namespace ftpsfs::ftp
