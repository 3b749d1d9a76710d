#pragma once

#include <string>
#include <string_view>

namespace ftpsfs::ftp {

// Which program answers, as far as it says so. For people and reports: what a server can do is learnt from what it does
// and not from its name, but for what could not be tried without harm (ServerKnowledge::learn_family).
struct ServerFamily {
  std::string name;     // "vsftpd"; empty when unknown
  std::string version;  // "3.0.3"; often empty
};

// From the text of the greeting, and of the answers to SYST and FEAT where they are known. Pure.
ServerFamily recognize_server(std::string_view greeting, std::string_view syst, std::string_view feat);

}  // namespace ftpsfs::ftp
