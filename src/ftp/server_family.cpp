#include "ftpsfs/ftp/server_family.h"

#include <array>

#include "text.h"

namespace ftpsfs::ftp {
namespace {

struct Sign {
  std::string_view words;  // in lower case
  std::string_view name;
};

// The first that fits counts, so the more exact sign stands first.
constexpr std::array kInGreeting{
    Sign{"vsftpd", "vsftpd"},
    Sign{"proftpd", "ProFTPD"},
    Sign{"pure-ftpd", "Pure-FTPd"},
    Sign{"filezilla server", "FileZilla Server"},
    Sign{"microsoft ftp service", "Microsoft FTP Service"},
    Sign{"pyftpdlib", "pyftpdlib"},
    Sign{"serv-u", "Serv-U"},
    Sign{"rebex", "Rebex FTP server"},
    Sign{"aws transfer", "AWS Transfer"},
    Sign{"idea ftp server", "Idea FTP Server"},
    Sign{"ws_ftp", "WS_FTP Server"},
    Sign{"crushftp", "CrushFTP"},
    Sign{"titan ftp", "Titan FTP Server"},
    Sign{"wing ftp", "Wing FTP Server"},
    Sign{"gene6", "Gene6 FTP Server"},
    Sign{"glftpd", "glFTPd"},
    Sign{"drftpd", "DrFTPD"},
    Sign{"ncftpd", "NcFTPd"},
    Sign{"cerberus", "Cerberus FTP Server"},
    Sign{"sftpgo", "SFTPGo"},
    Sign{"xlight", "Xlight FTP Server"},
    Sign{"bitvise", "Bitvise SSH Server"},
    Sign{"globalscape", "Globalscape EFT"},
    Sign{"eft server", "Globalscape EFT"},
    Sign{"goanywhere", "GoAnywhere MFT"},
    Sign{"raidenftpd", "RaidenFTPD"},
    Sign{"zftpserver", "zFTPServer"},
    Sign{"mikrotik", "MikroTik"},
    Sign{"multinet", "VMS (MultiNet)"},
    Sign{"tcpware", "VMS (TCPware)"},
    Sign{"openvms", "VMS"},
};

constexpr std::array kInSyst{
    Sign{"filezilla", "FileZilla Server"},
    Sign{"windows_nt", "Microsoft FTP Service"},
    Sign{"vms", "VMS"},
    Sign{"os/400", "OS/400"},
    Sign{"mvs", "z/OS"},
};

bool is_version_character(char c) { return is_digit(c) || c == '.'; }

// "3.0.3" of "(vsFTPd 3.0.3)": the first number with a dot, a few words behind the name at most.
std::string version_behind(std::string_view lower, std::size_t name_end) {
  constexpr std::size_t kNear = 24;
  auto near = lower.substr(name_end, kNear);
  near = near.substr(0, near.find('['));  // ProFTPD's address
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (!is_digit(near[i])) continue;
    std::size_t end = i;
    while (name_end + end < lower.size() && is_version_character(lower[name_end + end])) ++end;
    auto number = lower.substr(name_end + i, end - i);
    while (number.ends_with('.')) number.remove_suffix(1);
    return number.find('.') == std::string_view::npos ? std::string() : std::string(number);
  }
  return {};
}

template <std::size_t N>
ServerFamily find_sign(const std::array<Sign, N>& signs, std::string_view text) {
  const std::string lower = to_lower(text);
  for (const Sign& sign : signs) {
    const auto at = lower.find(sign.words);
    if (at == std::string::npos) continue;
    return {std::string(sign.name), version_behind(lower, at + sign.words.size())};
  }
  return {};
}

// What vsftpd's FEAT may list, always in this order; its settings leave some out.
struct VsftpdFeature {
  std::string_view line;
  bool always;
};

constexpr std::array kOfVsftpd{
    VsftpdFeature{"AUTH SSL", false}, VsftpdFeature{"AUTH TLS", false}, VsftpdFeature{"EPRT", false},
    VsftpdFeature{"EPSV", false},     VsftpdFeature{"MDTM", true},      VsftpdFeature{"PASV", false},
    VsftpdFeature{"PBSZ", false},     VsftpdFeature{"PROT", false},     VsftpdFeature{"REST STREAM", true},
    VsftpdFeature{"SIZE", true},      VsftpdFeature{"TVFS", true},      VsftpdFeature{"UTF8", false},
};

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// As the server has sent it, or Reply::text() gives it.
std::string_view without_code(std::string_view line) {
  if (line.starts_with("211-") || line.starts_with("211 ")) line.remove_prefix(4);
  return line;
}

// Banners are often changed, and nobody changes this.
bool lists_like_vsftpd(std::string_view feat) {
  if (without_code(take_line(feat)) != "Features:") return false;
  auto line = take_line(feat);
  for (const VsftpdFeature& feature : kOfVsftpd) {
    if (trim(line) == feature.line) {
      line = take_line(feat);
    } else if (feature.always) {
      return false;
    }
  }
  return without_code(line) == "End" && feat.empty();
}

}  // namespace

ServerFamily recognize_server(std::string_view greeting, std::string_view syst, std::string_view feat) {
  if (auto family = find_sign(kInGreeting, greeting); !family.name.empty()) return family;
  if (auto family = find_sign(kInSyst, syst); !family.name.empty()) return family;
  if (lists_like_vsftpd(feat)) return {"vsftpd", {}};
  const std::string features = to_lower(feat);
  // Only Pure-FTPd has ESTA, and only Serv-U CSID.
  if (features.find("esta") != std::string::npos) return {"Pure-FTPd", {}};
  if (features.find("csid") != std::string::npos) return {"Serv-U", {}};
  return {};
}

}  // namespace ftpsfs::ftp
