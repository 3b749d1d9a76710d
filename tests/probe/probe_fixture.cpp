#include "probe/probe_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <utility>

namespace ftpsfs::testing {
namespace {

namespace fs = std::filesystem;

void add_file(const TemporaryFolder& folder, const std::string& name, const std::string& content) {
  folder.write(name, content);
  fs::permissions(folder.path() / name, fs::perms(0644));
}

struct Replacement {
  std::regex pattern;
  const char* text;
};

const std::array<Replacement, 11>& replacements() {
  static const std::array<Replacement, 11> all{{
      {std::regex(R"(127\.0\.0\.1:\d+)"), "127.0.0.1:PORT"},
      {std::regex(R"(port(:?) \d+)"), "port$1 PORT"},
      {std::regex(R"(time is now \d\d:\d\d)"), "time is now TIME"},
      {std::regex(R"(sha256:[0-9a-f]{64})"), "sha256:FINGERPRINT"},
      {std::regex(R"(until \d{4}-\d\d-\d\d, expires in \d+ days)"), "until DATE, expires in N days"},
      // ls -l: links, owner, group, size, date
      {std::regex(R"(\d+ +\w+ +\w+ +(\d+) +[A-Z][a-z]{2} +\d+ +(\d\d:\d\d|\d{4}))"), "N OWNER GROUP $1 DATE"},
      {std::regex(R"(\d\d-\d\d-\d\d(\d\d)? +\d\d:\d\d[AP]M)"), "DATE"},
      {std::regex(R"(\d{1,2}-[A-Z]{3}-\d{4} +\d\d:\d\d(:\d\d)?(\.\d\d)?)"), "DATE"},
      {std::regex(R"(\+i[0-9a-f.]+,m\d+)"), "+iID,mTIME"},
      {std::regex(R"(\.ftpsfs-probe-[0-9a-f]{8})"), ".ftpsfs-probe-XXXXXXXX"},
      {std::regex(R"(/tmp/[^ ,']*)"), "TMP"},
  }};
  return all;
}

void replace_chance(std::string& text) {
  for (const auto& [pattern, replacement] : replacements())
    text = std::regex_replace(text, pattern, replacement);
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

ServerOptions ProbedServer::options_for(const TemporaryFolder& folder, Personality personality) {
  ServerOptions options;
  options.root = folder.path();
  options.personality = std::move(personality);
  return options;
}

ProbedServer::ProbedServer(Personality personality) : ProbedServer(std::move(personality), tls::Policy{}) {
  settings.login = login_to(server.port(), trusting(server));
}

ProbedServer::ProbedServer(Personality personality, const tls::Policy& policy)
    : server(options_for(folder, std::move(personality))) {
  add_file(folder, "a.txt", "hello\n");
  add_file(folder, "b.bin", patterned_bytes(300 << 10));
  add_file(folder, ".hidden", "x");
  server.start();
  settings.source = "ftpes://ftpt@127.0.0.1:" + std::to_string(server.port());
  settings.login = login_to(server.port(), policy);
}

probe::Report ProbedServer::probe() {
  return probe::run(settings, dialer, base::OpContext::with_timeout(std::chrono::seconds(100)));
}

probe::Mark mark_of(const probe::Report& report, std::string_view id) {
  const auto* const finding = report.find(id);
  EXPECT_NE(finding, nullptr) << "no finding '" << id << "' in\n" << to_text(report, {});
  return finding != nullptr ? finding->mark : probe::Mark::unknown;
}

std::string text_of(const probe::Report& report, std::string_view id) {
  const auto* const finding = report.find(id);
  EXPECT_NE(finding, nullptr) << "no finding '" << id << "' in\n" << to_text(report, {});
  return finding != nullptr ? finding->text : std::string();
}

probe::Report without_chance(probe::Report report) {
  replace_chance(report.source);
  replace_chance(report.given_options);
  if (report.obstacle) replace_chance(*report.obstacle);
  for (auto& suggestion : report.suggestions) {
    replace_chance(suggestion.value);
    replace_chance(suggestion.reason);
  }
  for (auto& section : report.sections) {
    for (auto& finding : section.findings) {
      replace_chance(finding.text);
      // A real ftp-srv takes the ClientHello for a command now and then. BrokenServer tests what is said of that.
      if (const auto late = finding.text.find(", and a moment later"); late != std::string::npos) {
        finding.text.erase(late);
        finding.mark = probe::Mark::ok;
      }
      if (finding.took) finding.took = std::chrono::milliseconds(0);
    }
  }
  return report;
}

void expect_golden(const std::string& name, const probe::Report& report) {
  const fs::path file = fs::path(FTPSFS_SOURCE_DIR) / "tests/probe/golden" / (name + ".txt");
  const auto text = to_text(without_chance(report), {});
  if (std::getenv("FTPSFS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  ASSERT_TRUE(fs::exists(file)) << file
                                << " is missing. Run this test once with FTPSFS_UPDATE_GOLDEN=1 in the "
                                << "environment, read the file, and commit it.";
  EXPECT_EQ(text, read_file(file))
      << "If the new report is right, run this test with FTPSFS_UPDATE_GOLDEN=1.";
}

}  // namespace ftpsfs::testing
