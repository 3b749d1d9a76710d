#include <signal.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "server.h"

namespace {

using ftpsfs::testing::KeyKind;
using ftpsfs::testing::Server;
using ftpsfs::testing::ServerOptions;
using ftpsfs::testing::TlsMaterial;
using ftpsfs::testing::TlsVersion;

using Arguments = std::map<std::string, std::string, std::less<>>;

constexpr const char* kUsage =
    "usage: ftps-test-server --root DIR [--port N] [--personality NAME] [--user U] [--password-file FILE]\n"
    "                        [--cert-out FILE] [--tls-min 1.2|1.3] [--tls-max 1.2|1.3] [--key p256|rsa2048]\n"
    "                        [--implicit yes]\n"
    "The password is \"secret\" unless there is a file; of that the first line counts.\n";

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (!name.starts_with("--") || i + 1 >= argc) throw std::invalid_argument("bad argument: " + name);
    arguments[name.substr(2)] = argv[i + 1];
  }
  return arguments;
}

std::optional<std::string> take(Arguments& arguments, std::string_view name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::nullopt;
  auto value = std::move(found->second);
  arguments.erase(found);
  return value;
}

std::uint16_t to_port(const std::string& text) {
  std::uint16_t port = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, port);
  if (error != std::errc{} || end != last) throw std::invalid_argument("bad port: " + text);
  return port;
}

TlsVersion to_version(const std::string& text) {
  if (text == "1.2") return TlsVersion::tls1_2;
  if (text == "1.3") return TlsVersion::tls1_3;
  throw std::invalid_argument("bad TLS version: " + text);
}

KeyKind to_key_kind(const std::string& text) {
  if (text == "p256") return KeyKind::p256;
  if (text == "rsa2048") return KeyKind::rsa2048;
  throw std::invalid_argument("bad key kind: " + text);
}

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) throw std::runtime_error("cannot read " + file);
  return line;
}

void apply_personality(Arguments& arguments, ServerOptions& options) {
  if (const auto name = take(arguments, "personality")) {
    auto personality = ftpsfs::testing::personality_by_name(*name);
    if (!personality) throw std::invalid_argument("no such personality: " + *name);
    options.personality = std::move(*personality);
  }
  if (const auto version = take(arguments, "tls-min"))
    options.personality.tls.min_version = to_version(*version);
  if (const auto version = take(arguments, "tls-max"))
    options.personality.tls.max_version = to_version(*version);
}

void apply_account(Arguments& arguments, ServerOptions& options) {
  if (const auto user = take(arguments, "user")) options.account.user = *user;
  const auto file = take(arguments, "password-file");
  if (file && *file != "default") options.account.password = first_line(*file);
}

ServerOptions to_options(Arguments& arguments) {
  ServerOptions options;
  const auto root = take(arguments, "root");
  if (!root || !std::filesystem::is_directory(*root))
    throw std::invalid_argument("--root must name a directory");
  options.root = std::filesystem::canonical(*root);
  if (const auto port = take(arguments, "port")) options.port = to_port(*port);
  options.implicit_tls = take(arguments, "implicit").value_or("no") == "yes";
  apply_personality(arguments, options);
  apply_account(arguments, options);
  options.material = std::make_shared<TlsMaterial>(to_key_kind(take(arguments, "key").value_or("p256")));
  return options;
}

void run_until(const sigset_t& signals, ServerOptions options) {
  Server server(std::move(options));
  server.start();
  std::cout << "ready port=" << server.port() << " fingerprint=sha256:" << server.fingerprint() << std::endl;
  int received = 0;
  ::sigwait(&signals, &received);
  server.stop();
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    auto arguments = parse(argc, argv);
    auto options = to_options(arguments);
    if (const auto file = take(arguments, "cert-out")) options.material->write_certificate(*file);
    if (!arguments.empty()) throw std::invalid_argument("unknown option: --" + arguments.begin()->first);
    run_until(signals, std::move(options));
  } catch (const std::invalid_argument& error) {
    std::cerr << "ftps-test-server: " << error.what() << '\n' << kUsage;
    return EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::cerr << "ftps-test-server: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
