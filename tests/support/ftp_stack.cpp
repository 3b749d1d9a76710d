#include "support/ftp_stack.h"

#include <cstring>
#include <utility>
#include <vector>

namespace ftpsfs::testing {

std::string patterned_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 31 + i / 251) % 253);
  return bytes;
}

base::OpContext test_context() { return base::OpContext::with_timeout(std::chrono::seconds(30)); }

tls::Policy trusting(const Server& server) {
  tls::Policy policy;
  policy.pins = {tls::parse_pin("sha256:" + server.fingerprint()).value()};
  return policy;
}

tls::Policy trusting(const Server& server, tls::Version only) {
  tls::Policy policy = trusting(server);
  policy.min_version = only;
  policy.max_version = only;
  return policy;
}

ftp::SessionSettings login_to(std::uint16_t port, const tls::Policy& policy) {
  ftp::SessionSettings settings;
  settings.host = "127.0.0.1";
  settings.port = port;
  settings.user = "ftpt";
  settings.password = base::Secret("secret");
  settings.tls = tls::Context::create(policy).value();
  settings.data_timeout = std::chrono::seconds(10);
  settings.reply_timeout = std::chrono::seconds(10);
  settings.final_reply_timeout = std::chrono::seconds(20);
  return settings;
}

FtpStack::FtpStack(ftp::SessionSettings login, const pool::PoolOptions& options, model::RemotePath root)
    : settings(std::move(login)),
      pool(
          [this](const base::OpContext& ctx) { return ftp::Session::open(settings, dialer, knowledge, ctx); },
          options, base::steady_clock()),
      remote(pool, std::move(root)) {}

base::Result<std::unique_ptr<ftp::Session>> FtpStack::open_session() {
  return ftp::Session::open(settings, dialer, knowledge, test_context());
}

ServerOptions ServedStack::options_for(const TemporaryFolder& folder, Personality personality) {
  ServerOptions options;
  options.root = folder.path();
  options.personality = std::move(personality);
  return options;
}

namespace {

std::uint16_t started(Server& server) {
  server.start();
  return server.port();
}

}  // namespace

ServedStack::ServedStack(Personality personality, const pool::PoolOptions& options)
    : server(options_for(folder, std::move(personality))),
      stack(login_to(started(server), trusting(server)), options) {}

ServedStack::ServedStack(Personality personality, tls::Version only, const pool::PoolOptions& options)
    : server(options_for(folder, std::move(personality))),
      stack(login_to(started(server), trusting(server, only)), options) {}

model::RemotePath at(std::string_view path) { return model::RemotePath::parse(path).value(); }

base::Result<std::string> read_all(remote::RemoteFs& fs, const model::RemotePath& path,
                                   std::uint64_t offset) {
  auto source = fs.open_read(path, offset, std::nullopt, test_context());
  if (!source) return base::fail(std::move(source));
  std::string all;
  std::vector<std::byte> buffer(100'000);
  for (;;) {
    auto count = (*source)->read(buffer, test_context());
    if (!count) return base::fail(std::move(count));
    if (*count == 0) return all;
    all.append(reinterpret_cast<const char*>(buffer.data()), *count);
  }
}

remote::UploadContent content_of(const std::string& bytes) {
  return {.size = bytes.size(),
          .read_at = [&bytes](std::uint64_t offset, std::span<std::byte> out,
                              const base::OpContext&) -> base::Result<std::size_t> {
            const auto count = std::min<std::size_t>(out.size(), bytes.size() - offset);
            std::memcpy(out.data(), bytes.data() + offset, count);
            return count;
          }};
}

}  // namespace ftpsfs::testing
