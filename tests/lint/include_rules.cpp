#include "lint/include_rules.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <stdexcept>

namespace ftpsfs::lint {

namespace {

using Names = std::set<std::string>;

struct Library {
  std::string_view name;
  std::string_view header_prefix;
};

constexpr std::array kLibraries{
    Library{"spdlog", "spdlog/"}, Library{"openssl", "openssl/"},        Library{"libfuse", "fuse"},
    Library{"CLI11", "CLI/"},     Library{"nlohmann_json", "nlohmann/"},
};

constexpr std::array<std::string_view, 6> kAlwaysAllowed{"fmt/",  "sys/", "netinet/",
                                                         "arpa/", "net/", "linux/"};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_library(std::string_view name) {
  for (const Library& library : kLibraries) {
    if (library.name == name) return true;
  }
  return false;
}

void add_row(LayerTable& table, std::string_view line) {
  const auto cells = split(line, '|');
  if (cells.size() != 4 || cells[1].empty()) throw std::runtime_error(fmt::format("malformed row: {}", line));
  Names allowed;
  for (const auto name : split(cells[2], ',')) {
    if (!name.empty()) allowed.emplace(name);
  }
  const auto layer = cells[1];
  if (layer.find('/') == std::string_view::npos) {
    table.layers.emplace(layer, std::move(allowed));
  } else if (layer.ends_with('*')) {
    table.file_additions.emplace_back(layer.substr(0, layer.size() - 1), std::move(allowed));
  } else {
    throw std::runtime_error(fmt::format("a file's row ends in '*': {}", line));
  }
}

void check_names(const LayerTable& table, const Names& allowed) {
  for (const auto& name : allowed) {
    if (!table.layers.contains(name) && !is_library(name)) {
      throw std::runtime_error(fmt::format("'{}' is neither a layer nor a library", name));
    }
  }
}

struct Location {
  std::string layer;
  std::string file;  // "remote/ftp_remote.cpp"
};

std::optional<Location> locate(std::string_view path) {
  for (const std::string_view top : {"src/", "include/ftpsfs/"}) {
    if (!path.starts_with(top)) continue;
    const auto file = path.substr(top.size());
    const auto slash = file.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return Location{std::string(file.substr(0, slash)), std::string(file)};
  }
  return std::nullopt;
}

Names allowed_for(const LayerTable& table, const Location& where) {
  Names allowed = table.layers.find(where.layer)->second;
  allowed.insert(where.layer);
  for (const auto& [prefix, more] : table.file_additions) {
    if (where.file.starts_with(prefix)) allowed.insert(more.begin(), more.end());
  }
  return allowed;
}

struct Include {
  char opening = 0;  // '<' or '"'
  std::string_view header;
};

// The include on this line; a header of nothing when the line is an include that cannot be read.
std::optional<Include> include_of(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('#')) return std::nullopt;
  line = trimmed(line.substr(1));
  if (!line.starts_with("include")) return std::nullopt;
  line = trimmed(line.substr(std::string_view("include").size()));
  if (line.empty() || (line[0] != '<' && line[0] != '"')) return Include{};
  const auto end = line.find(line[0] == '<' ? '>' : '"', 1);
  if (end == std::string_view::npos) return Include{};
  return Include{line[0], line.substr(1, end - 1)};
}

// What the table calls the owner of an angle include; empty when everybody may include it.
std::string owner_of_system_header(std::string_view header) {
  for (const Library& library : kLibraries) {
    if (header.starts_with(library.header_prefix)) return std::string(library.name);
  }
  for (const auto prefix : kAlwaysAllowed) {
    if (header.starts_with(prefix)) return {};
  }
  if (header.find('/') == std::string_view::npos) return {};
  return std::string(header);
}

std::optional<std::string> complaint(const Names& allowed, const Include& include) {
  if (include.header.empty()) return "an include that cannot be read";
  if (include.opening == '<') {
    const auto owner = owner_of_system_header(include.header);
    if (owner.empty() || allowed.contains(owner)) return std::nullopt;
    return fmt::format("<{}> is not for this layer", include.header);
  }
  constexpr std::string_view kOurs = "ftpsfs/";
  if (!include.header.starts_with(kOurs)) {
    if (include.header.find('/') == std::string_view::npos) return std::nullopt;  // beside the including file
    return fmt::format("\"{}\" is neither a public header nor one of this folder", include.header);
  }
  const auto inside = include.header.substr(kOurs.size());
  if (allowed.contains(std::string(inside.substr(0, inside.find('/'))))) return std::nullopt;
  return fmt::format("\"{}\" is of a layer that this one may not include", include.header);
}

}  // namespace

LayerTable parse_layer_table(std::string_view markdown) {
  LayerTable table;
  bool inside = false;
  for (const auto line : split(markdown, '\n')) {
    if (line == "| layer | may include |") {
      inside = true;
    } else if (inside && !line.starts_with('|')) {
      break;
    } else if (inside && !line.starts_with("|-")) {
      add_row(table, line);
    }
  }
  if (table.layers.empty()) throw std::runtime_error("no table of layers");
  for (const auto& [layer, allowed] : table.layers) check_names(table, allowed);
  for (const auto& [file, allowed] : table.file_additions) check_names(table, allowed);
  return table;
}

std::vector<std::string> check_includes(const LayerTable& table, std::string_view path,
                                        std::string_view text) {
  const auto where = locate(path);
  if (!where) return {fmt::format("{}: lies in no layer's folder", path)};
  if (!table.layers.contains(where->layer)) {
    return {fmt::format("{}: the table has no layer '{}'", path, where->layer)};
  }
  const Names allowed = allowed_for(table, *where);
  std::vector<std::string> complaints;
  std::size_t number = 0;
  for (const auto line : split(text, '\n')) {
    ++number;
    const auto include = include_of(line);
    if (!include) continue;
    if (const auto words = complaint(allowed, *include)) {
      complaints.push_back(fmt::format("{}:{}: {}", path, number, *words));
    }
  }
  return complaints;
}

}  // namespace ftpsfs::lint
