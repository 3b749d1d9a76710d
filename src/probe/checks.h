#pragma once

// The checks of a probe, in the order of the report. Each adds its findings; those that give a bool say whether there
// is any sense in going on.

#include <optional>
#include <string>

#include "data_trial.h"
#include "ftpsfs/tls/handshake_info.h"
#include "lab.h"

namespace ftpsfs::probe {

bool check_connection(Lab& lab);  // address, greeting, AUTH, and a look at TLS without trusting it
void describe_tls(Lab& lab, const tls::HandshakeInfo& info);
bool check_login(Lab& lab);  // certificate trusted, password accepted
void check_server(Lab& lab);
void check_passive_ports(Lab& lab);
void check_data_tls(Lab& lab);         // resumption, for each TLS version
void check_handshake_order(Lab& lab);  // of a data channel's TLS and its command
bool check_data_channel(Lab& lab);     // whether one works at all
void check_listing(Lab& lab);
void check_transfer(Lab& lab);
void check_write(Lab& lab);  // everything in a scratch folder of its own
void check_space(Lab& lab);  // what the server tells of it
void check_session_limit(Lab& lab);

// Parts that also a scratch folder's files serve for.
void check_zone(Lab& lab, const model::RemotePath& folder, const std::vector<model::DirEntry>& entries,
                Notes& notes);
void check_reading(Lab& lab, const model::RemotePath& file, std::uint64_t size, Notes& notes);

}  // namespace ftpsfs::probe
