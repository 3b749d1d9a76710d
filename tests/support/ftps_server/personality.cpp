#include "personality.h"

#include <algorithm>
#include <array>

namespace ftpsfs::testing {

namespace {

constexpr auto kFactories = std::to_array<NamedPersonality>({
    {"permissive", permissive},
    {"vsftpd", strict_vsftpd},
    {"filezilla", strict_filezilla},
    {"filezilla09", filezilla09},
    {"proftpd", proftpd},
    {"pureftpd", pureftpd},
    {"iis", iis},
    {"iis_unix", iis_unix},
    {"pyftpdlib", pyftpdlib},
    {"ftpsrv", ftpsrv},
    {"servu", servu},
    {"rebex", rebex},
    {"idea", idea},
    {"aws", aws},
    {"vms", vms},
    {"listonly", listonly},
});

}  // namespace

std::span<const NamedPersonality> all_personalities() { return kFactories; }

std::optional<Personality> personality_by_name(std::string_view name) {
  const auto* const found = std::ranges::find(kFactories, name, &NamedPersonality::name);
  return found == kFactories.end() ? std::nullopt : std::optional(found->make());
}

std::vector<std::string> personality_names() {
  std::vector<std::string> names;
  for (const auto& factory : kFactories) names.emplace_back(factory.name);
  return names;
}

}  // namespace ftpsfs::testing
