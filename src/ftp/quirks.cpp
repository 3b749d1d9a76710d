#include "ftpsfs/ftp/quirks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ftpsfs/base/spelling.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

template <auto Flag>
void set_flag(ServerKnowledge& server) {
  server.*Flag = true;
}

template <ListAll Choice>
void choose_list_all(ServerKnowledge& server) {
  server.list_all = Choice;
}

void lack_site_utime(ServerKnowledge& server) {
  server.lacks_site_utime = true;
  server.lacks_site_utime_long = true;
}

using Server = ServerKnowledge;

constexpr std::array kQuirks{
    Quirk{"no_epsv", "PASV instead of EPSV, over IPv4", set_flag<&Server::lacks_epsv>},
    Quirk{"no_pasv", "EPSV only, also where its port does not answer", set_flag<&Server::lacks_pasv>},
    Quirk{"no_mlsd", "directories by LIST instead of MLSD", set_flag<&Server::lacks_mlsd>},
    Quirk{"no_mlst", "single paths without MLST", set_flag<&Server::lacks_mlst>},
    Quirk{"list_all", "LIST -a, even where it seems to show nothing", choose_list_all<ListAll::always>},
    Quirk{"no_list_all", "LIST without -a", choose_list_all<ListAll::never>},
    Quirk{"no_stat_listings", "no STAT to list directories", set_flag<&Server::lacks_stat_listings>},
    Quirk{"no_utf8_opts", "no OPTS UTF8 ON", set_flag<&Server::lacks_utf8_opts>},
    Quirk{"no_mfmt", "no MFMT to set times", set_flag<&Server::lacks_mfmt>},
    Quirk{"no_mff", "no MFF to set times", set_flag<&Server::lacks_mff>},
    Quirk{"no_mdtm_set", "no MDTM to set times", set_flag<&Server::lacks_mdtm_set>},
    Quirk{"no_site_utime", "no SITE UTIME to set times", lack_site_utime},
    Quirk{"no_chmod", "no SITE CHMOD", set_flag<&Server::lacks_site_chmod>},
    Quirk{"one_at_a_time", "each command only after the reply to the one before",
          set_flag<&Server::one_at_a_time>},
    Quirk{"stop_by_waiting", "no ABOR to stop a download, only its final reply",
          set_flag<&Server::stops_by_waiting>},
    Quirk{"no_rename_over", "what a rename replaces steps aside first", set_flag<&Server::lacks_rename_over>},
    Quirk{"no_control_resumption", "a full TLS handshake for each control connection",
          set_flag<&Server::no_control_resumption>},
    Quirk{"login_step_by_step", "AUTH only after the greeting, PASS only after the reply to USER",
          set_flag<&Server::login_step_by_step>},
    Quirk{"no_ready_data", "no data channel is opened before a transfer needs it",
          set_flag<&Server::no_ready_data>},
    Quirk{"pret", "PRET before EPSV and PASV", set_flag<&Server::needs_pret>},
};

std::string all_names() {
  std::string names;
  for (const Quirk& quirk : kQuirks) {
    if (!names.empty()) names += ", ";
    names += quirk.name;
  }
  return names;
}

Result<const Quirk*> find_quirk(std::string_view name) {
  const auto* const found = std::ranges::find(kQuirks, name, &Quirk::name);
  if (found != kQuirks.end()) return found;
  std::array<std::string_view, kQuirks.size()> names;
  std::ranges::transform(kQuirks, names.begin(), &Quirk::name);
  return fail(Errc::invalid_argument,
              fmt::format("unknown quirk '{}'; did you mean '{}'? There are {}", base::printable(name, 60),
                          base::nearest_name(name, names), all_names()));
}

Result<std::vector<const Quirk*>> parse_list(std::string_view list) {
  std::vector<const Quirk*> quirks;
  while (!list.empty()) {
    const auto end = std::min(list.find(':'), list.size());
    const auto name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (name.empty()) continue;
    auto quirk = find_quirk(name);
    if (!quirk) return fail(std::move(quirk));
    quirks.push_back(*quirk);
  }
  return quirks;
}

bool has(std::span<const Quirk* const> quirks, std::string_view name) {
  return std::ranges::find(quirks, name, &Quirk::name) != quirks.end();
}

}  // namespace

std::span<const Quirk> known_quirks() { return kQuirks; }

Status apply_quirks(std::string_view list, ServerKnowledge& server) {
  auto quirks = parse_list(list);
  if (!quirks) return fail(std::move(quirks));
  if (has(*quirks, "list_all") && has(*quirks, "no_list_all")) {
    return fail(Errc::invalid_argument, "list_all and no_list_all exclude each other");
  }
  for (const Quirk* quirk : *quirks) quirk->apply(server);
  return {};
}

}  // namespace ftpsfs::ftp
