// The documents against the code: every promise of docs/semantics.md names a test that exists, its table of errors is
// the code's, and the README knows every option.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ftpsfs::lint {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kSource = FTPSFS_SOURCE_DIR;

using Names = std::set<std::string>;
using TestsOfFiles = std::map<std::string, Names>;  // "tests/a/b_test.cpp" -> "Suite.Test"

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), {}};
}

std::vector<std::smatch> matches(std::string&&, const std::regex&) = delete;  // matches point into the text

Names tests_in(const std::string& text) {
  static const std::regex test(R"re((^|\n)TEST(_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))re");
  Names names;
  for (const auto& match : matches(text, test)) names.insert(match[3].str() + "." + match[4].str());
  return names;
}

TestsOfFiles all_tests() {
  TestsOfFiles tests;
  for (const auto& entry : fs::recursive_directory_iterator(kSource / "tests")) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".h") continue;
    tests[fs::relative(entry.path(), kSource).generic_string()] = tests_in(read_text(entry.path()));
  }
  return tests;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> quoted_in(const std::string& text) {
  static const std::regex quoted("`([^`]+)`");
  std::vector<std::string> words;
  for (const auto& match : matches(text, quoted)) words.push_back(match[1].str());
  return words;
}

std::string last_cell(const std::string& row) {
  const auto end = row.rfind('|');
  const auto begin = row.rfind('|', end - 1);
  return row.substr(begin + 1, end - begin - 1);
}

// The last cells of the tables whose last column is called "proof".
std::vector<std::string> proofs_in(const std::string& markdown) {
  std::vector<std::string> proofs;
  bool inside = false;
  for (const std::string& line : lines_of(markdown)) {
    if (!line.starts_with('|')) {
      inside = false;
    } else if (line.ends_with("| proof |")) {
      inside = true;
    } else if (inside && !line.starts_with("|-")) {
      proofs.push_back(last_cell(line));
    }
  }
  return proofs;
}

std::optional<std::string> complaint(const TestsOfFiles& tests, const std::string& name, const Names& files) {
  for (const std::string& file : files) {
    const auto found = tests.find(file);
    if (found != tests.end() && found->second.contains(name)) return std::nullopt;
  }
  return name + " is in none of the files that its row names";
}

// A proof names tests and the files that hold them, all in backticks.
std::vector<std::string> complaints_about(const std::string& markdown, const TestsOfFiles& tests) {
  std::vector<std::string> complaints;
  for (const std::string& proof : proofs_in(markdown)) {
    Names names;
    Names files;
    for (const std::string& word : quoted_in(proof)) {
      (word.find('/') == std::string::npos ? names : files).insert(word);
    }
    if (names.empty()) complaints.push_back("a proof without a test:" + proof);
    for (const std::string& name : names) {
      if (auto words = complaint(tests, name, files)) complaints.push_back(*std::move(words));
    }
  }
  return complaints;
}

TEST(Semantics, EveryPromiseNamesATestThatExists) {
  const auto markdown = read_text(kSource / "docs/semantics.md");
  EXPECT_GT(proofs_in(markdown).size(), 50U);
  EXPECT_THAT(complaints_about(markdown, all_tests()), IsEmpty());
}

TEST(Semantics, WrongNamesAreFound) {
  const TestsOfFiles tests{{"tests/a/a_test.cpp", {"Suite.Here"}}, {"tests/b/b_test.cpp", {"Suite.There"}}};
  const auto row = [](const std::string& proof) {
    return "| promise | proof |\n|---|---|\n| It works. |" + proof + "|\n";
  };
  EXPECT_THAT(complaints_about(row("`Suite.Here` `tests/a/a_test.cpp`"), tests), IsEmpty());
  EXPECT_THAT(complaints_about(row("`Suite.Nowhere` `tests/a/a_test.cpp`"), tests),
              ElementsAre(HasSubstr("Suite.Nowhere")));
  EXPECT_THAT(complaints_about(row("`Suite.There` `tests/a/a_test.cpp`"), tests),
              ElementsAre(HasSubstr("Suite.There")));
  EXPECT_THAT(complaints_about(row("`Suite.Here`"), tests), ElementsAre(HasSubstr("Suite.Here")));
  EXPECT_THAT(complaints_about(row("trust us"), tests), ElementsAre(HasSubstr("trust us")));
}

TEST(Semantics, TestsAreReadFromSources) {
  EXPECT_EQ(tests_in("TEST(A, B) {}\nTEST_P(C,\n       D) {}\n// TEST(E, F)\n  TEST_F(G, H)\n"),
            (Names{"A.B", "C.D"}));
}

TEST(Semantics, TableOfErrorsIsTheCodes) {
  static const std::regex mapped(R"re(case Errc::(\w+): return (E\w+);)re");
  const auto markdown = read_text(kSource / "docs/semantics.md");
  const auto code = read_text(kSource / "src/fuse/errno_map.cpp");
  const auto pairs = matches(code, mapped);
  EXPECT_GT(pairs.size(), 20U);
  for (const auto& pair : pairs) {
    EXPECT_THAT(markdown, HasSubstr("| `" + pair[1].str() + "` | `" + pair[2].str() + "` |"));
  }
}

TEST(Readme, HasARowForEveryOption) {
  static const std::regex option(R"re(OptionSpec\{"(\w+)", "([^"]*)")re");
  const auto readme = read_text(kSource / "README.md");
  const auto table = read_text(kSource / "src/app/option_table.cpp");
  const auto options = matches(table, option);
  EXPECT_GT(options.size(), 20U);
  for (const auto& match : options) {
    const std::string argument = match[2].str();
    const auto usage = match[1].str() + (argument.empty() ? "" : argument.starts_with('[') ? "[=" : "=");
    EXPECT_THAT(readme, HasSubstr("\n| `" + usage)) << match[1].str();
  }
}

TEST(Readme, NamesEveryCommandOfFtpsctl) {
  static const std::regex subcommand(R"re(add_subcommand\(\s*"(\w+)")re");
  const auto readme = read_text(kSource / "README.md");
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "src/app")) {
    const auto code = read_text(entry.path());
    for (const auto& match : matches(code, subcommand)) {
      ++found;
      EXPECT_THAT(readme, HasSubstr("ftpsctl " + match[1].str() + " ")) << entry.path();
    }
  }
  EXPECT_GT(found, 2U);
}

TEST(Readme, HasARowForEveryQuirk) {
  static const std::regex quirk(R"re(Quirk\{"(\w+)", "([^"]*)")re");
  const auto readme = read_text(kSource / "README.md");
  const auto code = read_text(kSource / "src/ftp/quirks.cpp");
  const auto quirks = matches(code, quirk);
  EXPECT_GT(quirks.size(), 10U);
  for (const auto& match : quirks) {
    EXPECT_THAT(readme, HasSubstr("\n| `" + match[1].str() + "` | " + match[2].str() + " |"));
  }
}

}  // namespace
}  // namespace ftpsfs::lint
