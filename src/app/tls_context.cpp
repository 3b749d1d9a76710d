#include "tls_context.h"

#include <fmt/format.h>

#include "ftpsfs/base/user_file.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Result;
using base::Secret;

constexpr std::size_t kMaxPassphrase = 1024;
constexpr std::string_view kWhat = "tls_key_passphrase_file= file";

Result<Secret> read_passphrase(const std::filesystem::path& file) {
  const auto opened = base::open_user_file(file, kWhat);
  if (!opened) return std::unexpected(opened.error());
  if (auto ok = base::check_private(*opened, file, kWhat); !ok) return fail(std::move(ok));
  const auto text = base::read_user_file(*opened, kMaxPassphrase, file, kWhat);
  if (!text) return std::unexpected(text.error());
  const std::string_view line = text->reveal().substr(0, text->reveal().find_first_of("\r\n"));
  if (line.empty()) {
    return fail(Errc::invalid_argument, fmt::format("the {} {} has no passphrase in its first line", kWhat,
                                                    base::printable(file.native())));
  }
  return Secret(std::string(line));
}

}  // namespace

Result<std::shared_ptr<tls::Context>> make_tls_context(const Options& options) {
  if (!options.tls_key_passphrase_file) return tls::Context::create(options.tls_policy);
  const auto passphrase = read_passphrase(*options.tls_key_passphrase_file);
  if (!passphrase) return std::unexpected(passphrase.error());
  return tls::Context::create(options.tls_policy, *passphrase);
}

}  // namespace ftpsfs::app
