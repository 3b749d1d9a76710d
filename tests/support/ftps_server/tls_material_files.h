#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tls_material.h"

namespace ftpsfs::testing {

// What people keep in files, readable by their owner alone. All throw on an error.

// PEM; encrypted unless the passphrase is empty.
void write_key(const TlsMaterial& material, const std::filesystem::path& file,
               const std::string& passphrase = {});

// Certificate and key in one PEM file.
void write_identity(const TlsMaterial& material, const std::filesystem::path& file);

void write_pkcs12(const TlsMaterial& material, const std::filesystem::path& file,
                  const std::string& passphrase);

// PEM, signed by `issuer` and valid for `lifetime` from a day ago on.
void write_revocation_list(const TlsMaterial& issuer, const std::vector<const TlsMaterial*>& revoked,
                           std::chrono::hours lifetime, const std::filesystem::path& file);

}  // namespace ftpsfs::testing
