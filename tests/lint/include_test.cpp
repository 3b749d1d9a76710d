#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "lint/include_rules.h"

namespace ftpsfs::lint {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const fs::path kSource = FTPSFS_SOURCE_DIR;

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

LayerTable real_table() { return parse_layer_table(read_text(kSource / "src/README.md")); }

std::vector<fs::path> source_files() {
  std::vector<fs::path> files;
  for (const auto* top : {"src", "include"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kSource / top)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cpp") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(Includes, OfEveryFileFollowTheTable) {
  const auto table = real_table();
  const auto files = source_files();
  ASSERT_GT(files.size(), 30U);
  for (const auto& file : files) {
    EXPECT_THAT(check_includes(table, fs::relative(file, kSource).generic_string(), read_text(file)),
                IsEmpty());
  }
}

TEST(Includes, TableHasExactlyTheFoldersOfSrc) {
  std::set<std::string> folders;
  for (const auto& entry : fs::directory_iterator(kSource / "src")) {
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  }
  std::set<std::string> rows;
  for (const auto& [layer, allowed] : real_table().layers) rows.insert(layer);
  EXPECT_EQ(rows, folders);
}

// The walls that CONTRIBUTING.md promises, whatever becomes of the table.
TEST(Includes, TableWallsThirdPartiesIn) {
  const std::map<std::string, std::string> owner_of{
      {"spdlog", "base"}, {"openssl", "tls"}, {"libfuse", "fuse"}, {"CLI11", "app"}};
  for (const auto& [layer, allowed] : real_table().layers) {
    for (const auto& [library, owner] : owner_of) {
      EXPECT_EQ(allowed.contains(library), layer == owner) << layer << " and " << library;
    }
  }
}

TEST(Includes, NoTwoLayersIncludeEachOther) {
  const auto table = real_table();
  for (const auto& [layer, allowed] : table.layers) {
    for (const auto& other : allowed) {
      const auto row = table.layers.find(other);
      EXPECT_FALSE(row != table.layers.end() && row->second.contains(layer)) << layer << " and " << other;
    }
  }
}

// The checker finds what it is there for.
struct Planted {
  const char* path;
  const char* text;
};

class PlantedInclude : public testing::TestWithParam<Planted> {};

TEST_P(PlantedInclude, IsFound) {
  const auto& [path, text] = GetParam();
  EXPECT_THAT(check_includes(real_table(), path, std::string("#include <vector>\n") + text),
              ElementsAre(HasSubstr(std::string(path) + ":2:")));
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, PlantedInclude,
    testing::Values(Planted{"src/net/x.cpp", "#include \"ftpsfs/tls/tls_context.h\""},
                    Planted{"src/vfs/x.cpp", "#include \"ftpsfs/pool/session_pool.h\"  // why"},
                    Planted{"include/ftpsfs/remote/remote_fs.h", "#include \"ftpsfs/ftp/reply.h\"\n"},
                    Planted{"src/remote/x.cpp", "#include \"ftpsfs/pool/session_pool.h\"\n"},
                    Planted{"src/remote/ftp_remote.cpp", "#include \"ftpsfs/tls/tls_context.h\"\n"},
                    Planted{"src/ftp/x.cpp", "#  include <openssl/ssl.h>"},
                    Planted{"src/vfs/x.cpp", "#include <fuse_lowlevel.h>"},
                    Planted{"src/vfs/x.cpp", "#include <fuse3/fuse.h>"},
                    Planted{"src/ftp/x.cpp", "#include <spdlog/spdlog.h>"},
                    Planted{"src/fuse/x.cpp", "#include <CLI/CLI.hpp>"},
                    Planted{"src/base/x.cpp", "#include <boost/asio.hpp>"},
                    Planted{"src/base/x.cpp", "#include \"../net/private.h\""},
                    Planted{"src/base/x.cpp", "#include HEADER"}));

TEST(Includes, AllowedOnesAreNotReported) {
  const auto table = real_table();
  EXPECT_THAT(
      check_includes(table, "src/remote/ftp_remote_store.cpp",
                     "#include <sys/stat.h>\n#include \"ftpsfs/pool/session_pool.h\"\n"
                     "#include \"private.h\"\n#include <fmt/format.h>\n// #include <openssl/ssl.h>\n"),
      IsEmpty());
  EXPECT_THAT(check_includes(table, "src/tls/x.cpp", "#include <openssl/ssl.h>\n"), IsEmpty());
}

TEST(Includes, UnknownFoldersAreReported) {
  EXPECT_THAT(check_includes(real_table(), "src/util/x.cpp", ""), ElementsAre(HasSubstr("no layer 'util'")));
  EXPECT_THAT(check_includes(real_table(), "src/x.cpp", ""), ElementsAre(HasSubstr("no layer's folder")));
}

TEST(LayerTable, MistakesAreErrors) {
  EXPECT_THROW(parse_layer_table("no table"), std::runtime_error);
  EXPECT_THROW(parse_layer_table("| layer | may include |\n|---|---|\n| base | nonsense |\n"),
               std::runtime_error);
  EXPECT_THROW(parse_layer_table("| layer | may include |\n|---|---|\n| base |\n"), std::runtime_error);
}

}  // namespace
}  // namespace ftpsfs::lint
