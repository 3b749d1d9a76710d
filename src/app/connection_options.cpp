#include "connection_options.h"

#include "ftpsfs/ftp/quirks.h"

namespace ftpsfs::app {

using base::Errc;
using base::fail;
using base::Status;

Status set_quirks(Options& options, std::string_view text) {
  ftp::ServerKnowledge ignored;
  if (auto ok = ftp::apply_quirks(text, ignored); !ok) return ok;
  options.quirks = text;
  return {};
}

}  // namespace ftpsfs::app
