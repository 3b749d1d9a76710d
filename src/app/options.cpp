#include "ftpsfs/app/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "connection_options.h"
#include "ftpsfs/base/spelling.h"
#include "option_table.h"

namespace ftpsfs::app {
namespace {

using base::Errc;
using base::fail;
using base::Status;

// Splits at unescaped commas.
std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items(1);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const bool escaped =
        list[i] == '\\' && i + 1 < list.size() && (list[i + 1] == ',' || list[i + 1] == '\\');
    if (escaped) {
      items.back() += list[++i];
    } else if (list[i] == ',') {
      items.emplace_back();
    } else {
      items.back() += list[i];
    }
  }
  std::erase(items, std::string());
  return items;
}

std::string_view nearest_option(std::string_view unknown) {
  std::vector<std::string_view> names(kernel_words().begin(), kernel_words().end());
  std::ranges::transform(option_table(), std::back_inserter(names), &OptionSpec::name);
  return base::nearest_name(unknown, names);
}

std::unexpected<base::Error> unknown_option(std::string_view name) {
  return fail(Errc::invalid_argument,
              fmt::format("unknown option '{}'; did you mean '{}'? (ftpsfs --help lists all)",
                          base::printable(name, 60), nearest_option(name)));
}

Status add_kernel_word(Options& options, std::string_view word, bool has_value) {
  if (has_value) return fail(Errc::invalid_argument, fmt::format("the option {} takes no value", word));
  std::erase(options.kernel_options, word);
  options.kernel_options.emplace_back(word);
  return {};
}

bool needs_value(const OptionSpec& spec) { return !spec.argument.empty() && !spec.argument.starts_with('['); }

Status apply(const OptionSpec& spec, Options& options, std::string_view value, bool has_value) {
  if (spec.argument.empty() && has_value) {
    return fail(Errc::invalid_argument, fmt::format("the option {} takes no value", spec.name));
  }
  if (needs_value(spec) && !has_value) {
    return fail(Errc::invalid_argument,
                fmt::format("the option {0} needs a value: {0}={1}", spec.name, spec.argument));
  }
  auto status = spec.apply(options, value);
  if (!status) status.error().message = fmt::format("the option {}: {}", spec.name, status.error().message);
  return status;
}

Status apply_item(std::string_view item, Options& options) {
  const auto equals = item.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view name = item.substr(0, equals);
  const std::string_view value = has_value ? item.substr(equals + 1) : std::string_view();
  if (is_password(name)) {
    return fail(Errc::invalid_argument,
                "a password among the options can be read by everybody (ps, /proc, /etc/fstab); use "
                "credentials=FILE or "
                "password_fd=N, or leave it out and be asked");
  }
  if (is_for_others(name, has_value)) return {};
  const auto kernel = kernel_words();
  if (std::ranges::find(kernel, name) != kernel.end()) return add_kernel_word(options, name, has_value);
  const auto table = option_table();
  const auto spec = std::ranges::find(table, name, &OptionSpec::name);
  if (spec == table.end()) return unknown_option(name);
  return apply(*spec, options, value, has_value);
}

bool has_kernel_option(const Options& options, std::string_view word) {
  return std::ranges::find(options.kernel_options, word) != options.kernel_options.end();
}

}  // namespace

Status parse_options(std::string_view list, Options& options) {
  for (const std::string& item : split_list(list)) {
    if (auto status = apply_item(item, options); !status) return status;
  }
  return {};
}

Status complete_options(Options& options) {
  if (options.tls_policy.min_version > options.tls_policy.max_version) {
    return fail(Errc::invalid_argument, "tls_min is above tls_max");
  }
  if (options.credentials_file && options.password_fd) {
    return fail(Errc::invalid_argument, "credentials= and password_fd= exclude each other");
  }
  if (auto status = check_connection_options(options); !status) return status;
  const bool shared = has_kernel_option(options, "allow_other") || has_kernel_option(options, "allow_root");
  if (shared) {
    if (auto status = add_kernel_word(options, "default_permissions", false); !status) return status;
  }
  if (options.read_only) return add_kernel_word(options, "ro", false);
  return {};
}

std::string options_help() {
  std::string help;
  for (const OptionSpec& spec : option_table()) {
    const std::string usage = fmt::format("{}{}{}", spec.name, needs_value(spec) ? "=" : "", spec.argument);
    fmt::format_to(std::back_inserter(help), "  {:<22} {}\n", usage, spec.help);
  }
  fmt::format_to(std::back_inserter(help), "  for the kernel:        {}\n", fmt::join(kernel_words(), ", "));
  return help;
}

base::Result<std::filesystem::path> default_spool_folder() {
  if (::geteuid() == 0) return std::filesystem::path("/var/cache/ftpsfs");
  if (const char* const cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    return std::filesystem::path(cache) / "ftpsfs";
  }
  if (const char* const home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return std::filesystem::path(home) / ".cache/ftpsfs";
  }
  return fail(Errc::invalid_argument,
              "no folder for files being written: HOME is not set; name one with -o spool_dir=FOLDER");
}

}  // namespace ftpsfs::app
