#pragma once

// Which file of src/ and include/ may include what.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ftpsfs::lint {

struct LayerTable {
  std::map<std::string, std::set<std::string>, std::less<>> layers;  // "tls" -> base, net, openssl
  std::vector<std::pair<std::string, std::set<std::string>>>
      file_additions;  // "remote/ftp_remote" -> pool, ftp
};

// Reads the table `| layer | may include |` of a markdown text. Throws std::runtime_error when there is none, a row is
// malformed, or a row names something that is neither a layer nor a known library.
LayerTable parse_layer_table(std::string_view markdown);

// The complaints about one file, each a sentence with the line's number. `path` is relative to the source tree:
// "src/tls/x.cpp" or "include/ftpsfs/tls/x.h".
std::vector<std::string> check_includes(const LayerTable& table, std::string_view path,
                                        std::string_view text);

}  // namespace ftpsfs::lint
