#pragma once

// What every RemoteFs promises, as a suite that a test program instantiates once per implementation:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, RemoteFsConformance,
//                            ::testing::Values(ConformanceCase{"plain", [] { return std::make_unique<…>(); }}),
//                            name_of_case);

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ftpsfs/remote/remote_fs.h"

namespace ftpsfs::testing {

// One implementation with a server behind it, for one test.
class RemoteFsFixture {
 public:
  virtual ~RemoteFsFixture() = default;

  virtual remote::RemoteFs& fs() = 0;

  // An existing, empty directory for the test to work in.
  virtual model::RemotePath folder() { return {}; }

  // What this server may lack. Where it says true, not_supported is a failure.
  virtual bool can_set_modified() const { return true; }
  virtual bool can_set_mode() const { return true; }

  // Whether removals mind the type.
  virtual bool tells_types_at_removal() const { return true; }

  // Whether names may hold any byte but '/', NUL, CR and LF; otherwise only letters, digits and blanks are tried.
  virtual bool takes_any_name() const { return true; }
};

struct ConformanceCase {
  std::string name;  // letters, digits and underscores
  std::function<std::unique_ptr<RemoteFsFixture>()>
      make;  // null: this server cannot run here, and the test is skipped
};

inline void PrintTo(const ConformanceCase& conformance_case, std::ostream* out) {
  *out << conformance_case.name;
}

inline std::string name_of_case(const ::testing::TestParamInfo<ConformanceCase>& info) {
  return info.param.name;
}

class RemoteFsConformance : public ::testing::TestWithParam<ConformanceCase> {
 protected:
  void SetUp() override {
    if (!GetParam().make) GTEST_SKIP() << GetParam().name << " cannot run here";
    fixture_ = GetParam().make();
  }

  RemoteFsFixture& fixture() { return *fixture_; }
  remote::RemoteFs& fs() { return fixture_->fs(); }
  static base::OpContext ctx() { return base::OpContext::with_timeout(std::chrono::seconds(60)); }

  // A path below the test's folder.
  model::RemotePath at(std::string_view relative) {
    auto path = fixture_->folder();
    while (!relative.empty()) {
      const auto slash = std::min(relative.find('/'), relative.size());
      path = path.child(relative.substr(0, slash)).value();
      relative.remove_prefix(std::min(slash + 1, relative.size()));
    }
    return path;
  }

  // Always the same for a size, and made only once: without optimization that takes longer than to send it.
  static const std::string& random_text(std::size_t size) {
    static std::map<std::size_t, std::string> made;
    std::string& text = made[size];
    if (text.size() == size) return text;
    std::mt19937 random(static_cast<unsigned>(size));
    text.resize(size);
    for (auto& c : text) c = static_cast<char>(random());
    return text;
  }

  base::Result<model::Attributes> store(std::string_view relative, const std::string& text) {
    const remote::UploadContent content{
        .size = text.size(),
        .read_at = [&text](std::uint64_t offset, std::span<std::byte> out, const base::OpContext&) {
          const auto rest = std::as_bytes(std::span(text)).subspan(static_cast<std::size_t>(offset));
          const auto part = rest.first(std::min(rest.size(), out.size()));
          std::ranges::copy(part, out.begin());
          return base::Result<std::size_t>(part.size());
        }};
    return fs().store(at(relative), content, ctx());
  }

  void must_store(std::string_view relative, const std::string& text) {
    const auto stored = store(relative, text);
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_EQ(stored->type, model::FileType::file);
    EXPECT_EQ(stored->size, text.size());
  }

  void must_make(std::string_view relative) {
    const auto made = fs().make_directory(at(relative), ctx());
    ASSERT_TRUE(made) << made.error().describe();
  }

  // Reads on from where the source is to the end.
  static base::Result<std::string> drain(remote::ByteSource& source) {
    std::string text;
    std::vector<std::byte> buffer(64 << 10);
    for (;;) {
      const auto count = source.read(buffer, ctx());
      if (!count) return std::unexpected(count.error());
      if (*count == 0) return text;
      text.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
  }

  base::Result<std::string> read(std::string_view relative, std::uint64_t offset = 0,
                                 const std::optional<model::FileVersion>& expected = std::nullopt) {
    auto source = fs().open_read(at(relative), offset, expected, ctx());
    if (!source) return std::unexpected(source.error());
    return drain(**source);
  }

  // Compared without printing megabytes.
  void expect_content(std::string_view relative, const std::string& text, std::uint64_t offset = 0) {
    const auto content = read(relative, offset);
    ASSERT_TRUE(content) << content.error().describe();
    EXPECT_EQ(content->size(), text.size());
    EXPECT_TRUE(*content == text) << "the contents of " << relative << " differ";
  }

  std::vector<std::string> names(std::string_view relative) {
    const auto entries = fs().list(at(relative), ctx());
    std::vector<std::string> names;
    if (!entries) {
      ADD_FAILURE() << entries.error().describe();
      return names;
    }
    for (const auto& entry : *entries) names.push_back(entry.name);
    return names;
  }

  template <class T>
  static ::testing::AssertionResult fails_with(const base::Result<T>& result,
                                               std::vector<base::Errc> allowed) {
    if (result) return ::testing::AssertionFailure() << "succeeded";
    if (std::ranges::find(allowed, result.error().code) != allowed.end())
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << result.error().describe();
  }

  template <class T>
  static ::testing::AssertionResult fails_with(const base::Result<T>& result, base::Errc code) {
    return fails_with(result, std::vector{code});
  }

  ::testing::AssertionResult exists(std::string_view relative) {
    const auto attributes = fs().stat(at(relative), ctx());
    if (attributes) return ::testing::AssertionSuccess() << relative << " exists";
    if (attributes.error().code == base::Errc::not_found) return ::testing::AssertionFailure() << "not found";
    ADD_FAILURE() << attributes.error().describe();
    return ::testing::AssertionFailure() << "unclear";
  }

 private:
  std::unique_ptr<RemoteFsFixture> fixture_;
};

// A program that includes this for its helpers only instantiates nothing.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RemoteFsConformance);

// ---- looking

TEST_P(RemoteFsConformance, StatTellsFilesFromDirectories) {
  must_store("file", "12345");
  must_make("directory");
  const auto file = fs().stat(at("file"), ctx());
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_EQ(file->type, model::FileType::file);
  EXPECT_EQ(file->size, 5u);
  const auto directory = fs().stat(at("directory"), ctx());
  ASSERT_TRUE(directory) << directory.error().describe();
  EXPECT_EQ(directory->type, model::FileType::directory);
}

TEST_P(RemoteFsConformance, StatOfTheRootIsADirectory) {
  const auto root = fs().stat(model::RemotePath(), ctx());
  ASSERT_TRUE(root) << root.error().describe();
  EXPECT_EQ(root->type, model::FileType::directory);
}

TEST_P(RemoteFsConformance, StatOfWhatDoesNotExistIsNotFound) {
  EXPECT_TRUE(fails_with(fs().stat(at("nothing"), ctx()), base::Errc::not_found));
  EXPECT_TRUE(fails_with(fs().stat(at("no/such/directory"), ctx()), base::Errc::not_found));
}

TEST_P(RemoteFsConformance, ListHasEveryEntryOnce) {
  EXPECT_THAT(names(""), ::testing::IsEmpty());
  must_store("b", "bb");
  must_store("a", "");
  must_make("c");
  must_store("c/below", "x");
  EXPECT_THAT(names(""), ::testing::UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(names("c"), ::testing::UnorderedElementsAre("below"));
  const auto entries = fs().list(at(""), ctx());
  ASSERT_TRUE(entries) << entries.error().describe();
  for (const auto& entry : *entries) {
    EXPECT_EQ(entry.attributes.type, entry.name == "c" ? model::FileType::directory : model::FileType::file);
    if (entry.name == "b") {
      EXPECT_EQ(entry.attributes.size, 2u);
    }
    if (entry.name == "a") {
      EXPECT_EQ(entry.attributes.size, 0u);
    }
  }
}

TEST_P(RemoteFsConformance, ListOfALargeDirectory) {
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    expected.push_back("name " + std::to_string(i));
    must_store(expected.back(), "");
  }
  EXPECT_THAT(names(""), ::testing::UnorderedElementsAreArray(expected));
}

TEST_P(RemoteFsConformance, ListOfWhatIsNoDirectoryFails) {
  must_store("file", "x");
  EXPECT_TRUE(fails_with(fs().list(at("nothing"), ctx()), base::Errc::not_found));
  EXPECT_TRUE(fails_with(fs().list(at("file"), ctx()), {base::Errc::not_a_directory, base::Errc::not_found}));
}

// ---- reading

TEST_P(RemoteFsConformance, ReadsFromAnyOffset) {
  const auto text = random_text(300'000);
  must_store("file", text);
  expect_content("file", text);
  expect_content("file", text.substr(1), 1);
  expect_content("file", text.substr(123'456), 123'456);
  expect_content("file", text.substr(299'999), 299'999);
}

TEST_P(RemoteFsConformance, OpensFilesAndMayBringTheirContentAlong) {
  for (const std::size_t size : {0U, 1U, 100'000U, 1'000'000U}) {
    SCOPED_TRACE(size);
    const auto& text = random_text(size);
    must_store("file", text);
    for (int again = 0; again < 2; ++again) {
      auto opened = fs().open_file(at("file"), ctx());
      ASSERT_TRUE(opened) << opened.error().describe();
      const auto version = model::FileVersion::of(opened->attributes);
      EXPECT_EQ(opened->attributes.type, model::FileType::file);
      EXPECT_TRUE(version.may_equal(model::FileVersion::of(fs().stat(at("file"), ctx()).value())));
      EXPECT_EQ(opened->attributes.size, size);
      if (!opened->source) {
        auto source = fs().open_read(at("file"), 0, version, ctx());
        ASSERT_TRUE(source) << source.error().describe();
        opened->source = std::move(*source);
      }
      EXPECT_EQ(opened->source->offset(), 0u);
      const auto content = drain(*opened->source);
      ASSERT_TRUE(content) << content.error().describe();
      EXPECT_TRUE(*content == text);
    }
  }
  must_make("folder");
  EXPECT_TRUE(fails_with(fs().open_file(at("missing"), ctx()), base::Errc::not_found));
  EXPECT_TRUE(fs().open_file(at("file"), ctx())) << "and is dropped";
  EXPECT_TRUE(fs().stat(at("folder"), ctx()));
}

TEST_P(RemoteFsConformance, ReadsNothingFromTheEndOn) {
  must_store("file", "12345");
  expect_content("file", "", 5);
  expect_content("file", "", 1000);
  must_store("empty", "");
  expect_content("empty", "");
}

TEST_P(RemoteFsConformance, ASourceKnowsItsOffset) {
  must_store("file", random_text(1000));
  auto source = fs().open_read(at("file"), 100, std::nullopt, ctx());
  ASSERT_TRUE(source) << source.error().describe();
  EXPECT_EQ((*source)->offset(), 100u);
  std::vector<std::byte> buffer(50);
  const auto count = (*source)->read(buffer, ctx());
  ASSERT_TRUE(count) << count.error().describe();
  EXPECT_EQ((*source)->offset(), 100 + *count);
}

TEST_P(RemoteFsConformance, AnAbandonedReadDisturbsNothing) {
  const auto text = random_text(3 << 20);
  must_store("large", text);
  must_store("small", "small");
  for (int i = 0; i < 3; ++i) {
    auto source = fs().open_read(at("large"), 0, std::nullopt, ctx());
    ASSERT_TRUE(source) << source.error().describe();
    std::vector<std::byte> buffer(10'000);
    const auto count = (*source)->read(buffer, ctx());
    ASSERT_TRUE(count) << count.error().describe();
    ASSERT_GT(*count, 0u);
    source->reset();
    expect_content("small", "small");
    EXPECT_TRUE(exists("large"));
  }
  expect_content("large", text);
}

TEST_P(RemoteFsConformance, OtherWorkGoesOnDuringARead) {
  const auto text = random_text(3 << 20);
  must_store("large", text);
  auto source = fs().open_read(at("large"), 0, std::nullopt, ctx());
  ASSERT_TRUE(source) << source.error().describe();
  std::vector<std::byte> buffer(10'000);
  const auto count = (*source)->read(buffer, ctx());
  ASSERT_TRUE(count) << count.error().describe();
  EXPECT_TRUE(exists("large"));
  EXPECT_THAT(names(""), ::testing::ElementsAre("large"));
  const auto rest = drain(**source);
  ASSERT_TRUE(rest) << rest.error().describe();
  EXPECT_TRUE(*rest == text.substr(*count));
}

TEST_P(RemoteFsConformance, ReadOfAnotherVersionIsStale) {
  must_store("file", "12345");
  const auto attributes = fs().stat(at("file"), ctx());
  ASSERT_TRUE(attributes) << attributes.error().describe();
  auto version = model::FileVersion::of(*attributes);
  const auto content = read("file", 0, version);
  ASSERT_TRUE(content) << content.error().describe();
  EXPECT_EQ(*content, "12345");
  version.size = 4;
  EXPECT_TRUE(fails_with(read("file", 0, version), base::Errc::stale));
}

TEST_P(RemoteFsConformance, ReadOfWhatIsNoFileFails) {
  EXPECT_TRUE(fails_with(read("nothing"), base::Errc::not_found));
  must_make("directory");
  EXPECT_TRUE(fails_with(read("directory"), {base::Errc::is_a_directory, base::Errc::not_found}));
}

// ---- storing

TEST_P(RemoteFsConformance, StoresContentsOfAnySize) {
  for (const std::size_t size : {0u, 1u, 4096u, 100'001u, 3u << 20}) {
    const auto name = "size " + std::to_string(size);
    const auto text = random_text(size);
    must_store(name, text);
    expect_content(name, text);
    const auto attributes = fs().stat(at(name), ctx());
    ASSERT_TRUE(attributes) << attributes.error().describe();
    EXPECT_EQ(attributes->size, size);
  }
}

TEST_P(RemoteFsConformance, StoreOverwrites) {
  must_store("file", random_text(100'000));
  must_store("file", "short");
  expect_content("file", "short");
  must_store("file", "");
  expect_content("file", "");
  EXPECT_THAT(names(""), ::testing::ElementsAre("file")) << "no temporary file is left";
}

TEST_P(RemoteFsConformance, StoreKeepsEveryByte) {
  std::string text = "\r\n\n\r line\r\n\xff\xf4\xff\xff\x1a";
  text += '\0';
  must_store("bytes", text);
  expect_content("bytes", text);
}

TEST_P(RemoteFsConformance, StoreFailsWhereItCannotBe) {
  EXPECT_TRUE(fails_with(store("no/such/directory", "x"), base::Errc::not_found));
  must_make("directory");
  EXPECT_FALSE(store("directory", "x"));
  EXPECT_EQ(fs().stat(at("directory"), ctx())->type, model::FileType::directory);
}

TEST_P(RemoteFsConformance, StorePassesOnTheErrorOfItsContent) {
  const remote::UploadContent unreadable{
      .size = 100'000, .read_at = [](std::uint64_t, std::span<std::byte>, const base::OpContext&) {
        return base::Result<std::size_t>(base::fail(base::Errc::local_io, "disk error"));
      }};
  EXPECT_TRUE(fails_with(fs().store(at("file"), unreadable, ctx()), base::Errc::local_io));
  must_store("other", "x");
  expect_content("other", "x");
}

// The end shows only when it is there, and the content comes in pieces.
TEST_P(RemoteFsConformance, StoresWhatIsStillBeingWritten) {
  must_store("file", "old");
  const auto text = random_text(300'001);
  remote::StoreOptions options;
  const remote::UploadContent growing{
      .size = std::nullopt,
      .read_at = [&](std::uint64_t offset, std::span<std::byte> out, const base::OpContext&) {
        const auto rest = std::as_bytes(std::span(text)).subspan(static_cast<std::size_t>(offset));
        const auto part = rest.first(std::min({rest.size(), out.size(), std::size_t{70'000}}));
        std::ranges::copy(part, out.begin());
        return base::Result<std::size_t>(part.size());
      }};
  const auto stored = fs().store(at("file"), growing, options, ctx());
  if (!stored) {
    EXPECT_TRUE(fails_with(stored, base::Errc::not_supported));
    expect_content("file", "old");
    return;
  }
  EXPECT_EQ(stored->attributes.size, text.size());
  expect_content("file", text);
  EXPECT_THAT(names(""), ::testing::ElementsAre("file")) << "no temporary file is left";
}

// ---- removing

TEST_P(RemoteFsConformance, RemovesFiles) {
  must_store("file", "x");
  must_store("other", "x");
  ASSERT_TRUE(fs().remove_file(at("file"), ctx()));
  EXPECT_FALSE(exists("file"));
  EXPECT_THAT(names(""), ::testing::ElementsAre("other"));
  EXPECT_TRUE(fails_with(fs().remove_file(at("file"), ctx()), base::Errc::not_found));
}

TEST_P(RemoteFsConformance, RemoveFileLeavesDirectories) {
  if (!fixture().tells_types_at_removal()) GTEST_SKIP() << "not possible on this server";
  must_make("directory");
  EXPECT_FALSE(fs().remove_file(at("directory"), ctx()));
  EXPECT_TRUE(exists("directory"));
}

TEST_P(RemoteFsConformance, MakesAndRemovesDirectories) {
  must_make("directory");
  must_make("directory/below");
  EXPECT_THAT(names("directory"), ::testing::ElementsAre("below"));
  ASSERT_TRUE(fs().remove_directory(at("directory/below"), ctx()));
  ASSERT_TRUE(fs().remove_directory(at("directory"), ctx()));
  EXPECT_FALSE(exists("directory"));
  EXPECT_THAT(names(""), ::testing::IsEmpty());
}

TEST_P(RemoteFsConformance, MakeDirectoryFailsWhereItCannotBe) {
  must_make("directory");
  must_store("file", "x");
  EXPECT_TRUE(fails_with(fs().make_directory(at("directory"), ctx()), base::Errc::exists));
  EXPECT_TRUE(fails_with(fs().make_directory(at("file"), ctx()), base::Errc::exists));
  EXPECT_TRUE(fails_with(fs().make_directory(at("no/such/directory"), ctx()), base::Errc::not_found));
}

TEST_P(RemoteFsConformance, RemoveDirectoryNeedsAnEmptyDirectory) {
  must_make("directory");
  must_store("directory/file", "x");
  EXPECT_TRUE(fails_with(fs().remove_directory(at("directory"), ctx()), base::Errc::not_empty));
  expect_content("directory/file", "x");
  EXPECT_TRUE(fails_with(fs().remove_directory(at("nothing"), ctx()), base::Errc::not_found));
}

TEST_P(RemoteFsConformance, RemoveDirectoryLeavesFiles) {
  if (!fixture().tells_types_at_removal()) GTEST_SKIP() << "not possible on this server";
  must_store("file", "x");
  EXPECT_TRUE(fails_with(fs().remove_directory(at("file"), ctx()),
                         {base::Errc::not_a_directory, base::Errc::not_found}));
  expect_content("file", "x");
}

// ---- renaming

TEST_P(RemoteFsConformance, RenamesAFile) {
  must_store("old", "content");
  must_make("directory");
  ASSERT_TRUE(fs().rename(at("old"), at("new"), ctx()));
  EXPECT_FALSE(exists("old"));
  expect_content("new", "content");
  ASSERT_TRUE(fs().rename(at("new"), at("directory/moved"), ctx()));
  EXPECT_FALSE(exists("new"));
  expect_content("directory/moved", "content");
}

TEST_P(RemoteFsConformance, RenameReplacesAFile) {
  must_store("a", "from a");
  must_store("b", "from b, longer");
  const auto renamed = fs().rename(at("a"), at("b"), ctx());
  ASSERT_TRUE(renamed) << renamed.error().describe();
  EXPECT_THAT(names(""), ::testing::ElementsAre("b"));
  expect_content("b", "from a");
}

TEST_P(RemoteFsConformance, RenamesADirectoryWithWhatIsInIt) {
  must_make("old");
  must_make("old/sub");
  must_store("old/sub/file", "content");
  EXPECT_THAT(names("old/sub"), ::testing::ElementsAre("file"));
  ASSERT_TRUE(fs().rename(at("old"), at("new"), ctx()));
  EXPECT_FALSE(exists("old"));
  EXPECT_FALSE(exists("old/sub/file"));
  EXPECT_THAT(names("new/sub"), ::testing::ElementsAre("file"));
  expect_content("new/sub/file", "content");
}

TEST_P(RemoteFsConformance, RenameFailsWhereItCannotBe) {
  must_store("file", "x");
  EXPECT_TRUE(fails_with(fs().rename(at("nothing"), at("new"), ctx()), base::Errc::not_found));
  EXPECT_TRUE(fails_with(fs().rename(at("file"), at("no/such/directory"), ctx()), base::Errc::not_found));
  expect_content("file", "x");
  EXPECT_FALSE(exists("new"));
}

TEST_P(RemoteFsConformance, RenameReplacesAnEmptyDirectoryOnly) {
  must_make("from");
  must_store("from/file", "content");
  must_make("empty");
  const auto renamed = fs().rename(at("from"), at("empty"), ctx());
  ASSERT_TRUE(renamed) << renamed.error().describe();
  EXPECT_THAT(names(""), ::testing::ElementsAre("empty"));
  expect_content("empty/file", "content");

  must_make("other");
  EXPECT_TRUE(fails_with(fs().rename(at("other"), at("empty"), ctx()), base::Errc::not_empty));
  must_store("file", "x");
  EXPECT_TRUE(fails_with(fs().rename(at("file"), at("other"), ctx()), base::Errc::is_a_directory));
  EXPECT_TRUE(fails_with(fs().rename(at("other"), at("file"), ctx()), base::Errc::not_a_directory));
  expect_content("empty/file", "content");
  expect_content("file", "x");
  EXPECT_TRUE(exists("other"));
}

// ---- at the same time

TEST_P(RemoteFsConformance, FourAtOnceDoNotDisturbEachOther) {
  const auto work = [this, &common = random_text(50'000)](const std::string& mine) {
    const auto text = common + mine;
    must_make(mine);
    for (int i = 0; i < 3; ++i) {
      must_store(mine + "/new", text);
      expect_content(mine + "/new", text);
      expect_content(mine + "/new", text.substr(40'000), 40'000);
      EXPECT_THAT(names(mine), ::testing::ElementsAre("new"));
      EXPECT_TRUE(fs().rename(at(mine + "/new"), at(mine + "/old"), ctx()));
      EXPECT_TRUE(fs().remove_file(at(mine + "/old"), ctx()));
    }
    EXPECT_TRUE(fs().remove_directory(at(mine), ctx()));
  };
  std::vector<std::jthread> threads;
  for (const auto* mine : {"a", "b", "c", "d"}) threads.emplace_back(work, std::string(mine));
  threads.clear();
  EXPECT_THAT(names(""), ::testing::IsEmpty());
}

// ---- names

TEST_P(RemoteFsConformance, NamesAreKeptByteForByte) {
  std::vector<std::string> names_to_try{"two words", "  blanks before", "CaseMatters", "UPPER"};
  if (fixture().takes_any_name()) {
    for (const auto* name : {"blanks behind  ",
                             "-dash",
                             "-la",
                             ".hidden",
                             "...",
                             "quo\"te",
                             "\"\"",
                             "it's",
                             "[a]",
                             "{b}",
                             "*",
                             "?x",
                             "a;b",
                             "a=b",
                             "semi; size=3",
                             "100%",
                             "#1",
                             "~tilde",
                             "back\\slash",
                             "tab\there",
                             "a,b",
                             "$HOME",
                             "`x`",
                             "grüße",
                             "日本語",
                             "e\xcc\x81",
                             "🗄",
                             " -> arrow",
                             "a -> b"}) {
      names_to_try.emplace_back(name);
    }
  }
  for (const auto& name : names_to_try) {
    SCOPED_TRACE(name);
    must_store(name, name);
    expect_content(name, name);
    EXPECT_TRUE(exists(name));
  }
  EXPECT_THAT(names(""), ::testing::UnorderedElementsAreArray(names_to_try));
  for (const auto& name : names_to_try) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(fs().rename(at(name), at("plain"), ctx()));
    expect_content("plain", name);
    ASSERT_TRUE(fs().rename(at("plain"), at(name), ctx()));
    ASSERT_TRUE(fs().remove_file(at(name), ctx()));
    const auto made = fs().make_directory(at(name), ctx());
    if (!made && made.error().code == base::Errc::name_invalid)
      continue;  // ProFTPD makes no directory named "*"
    ASSERT_TRUE(made) << made.error().describe();
    must_store(name + "/below", "x");
    EXPECT_THAT(names(name), ::testing::ElementsAre("below"));
    ASSERT_TRUE(fs().remove_file(at(name + "/below"), ctx()));
    ASSERT_TRUE(fs().remove_directory(at(name), ctx()));
  }
  EXPECT_THAT(names(""), ::testing::IsEmpty());
}

// ---- attributes

TEST_P(RemoteFsConformance, SetsTheTimeToTheSecond) {
  must_store("file", "x");
  const base::SystemTime time =
      std::chrono::sys_days{std::chrono::year{2019} / 3 / 31} + std::chrono::seconds(4711);
  const auto set = fs().set_modified(at("file"), time, ctx());
  if (!set && !fixture().can_set_modified()) {
    EXPECT_TRUE(fails_with(set, base::Errc::not_supported));
    GTEST_SKIP() << "not possible on this server";
  }
  ASSERT_TRUE(set) << set.error().describe();
  const auto attributes = fs().stat(at("file"), ctx());
  ASSERT_TRUE(attributes) << attributes.error().describe();
  EXPECT_EQ(attributes->modified, time);
  EXPECT_EQ(attributes->size, 1u);
  expect_content("file", "x");
}

TEST_P(RemoteFsConformance, StatAndListTellTheSameTime) {
  must_store("file", "x");
  const auto entries = fs().list(at(""), ctx());
  ASSERT_TRUE(entries) << entries.error().describe();
  ASSERT_EQ(entries->size(), 1u);
  const auto attributes = fs().stat(at("file"), ctx());
  ASSERT_TRUE(attributes) << attributes.error().describe();
  ASSERT_TRUE(attributes->modified);
  EXPECT_EQ(attributes->modified, entries->front().attributes.modified);
  // Minutes of a server in another zone that tells no exact time are all that may be wrong.
  const auto age = std::chrono::system_clock::now() - *attributes->modified;
  EXPECT_LT(std::chrono::abs(age), std::chrono::hours(15));
}

TEST_P(RemoteFsConformance, SetsTheMode) {
  must_store("file", "x");
  const auto set = fs().set_mode(at("file"), 0640, ctx());
  if (!set && !fixture().can_set_mode()) {
    EXPECT_TRUE(fails_with(set, base::Errc::not_supported));
    GTEST_SKIP() << "not possible on this server";
  }
  ASSERT_TRUE(set) << set.error().describe();
  const auto entries = fs().list(at(""), ctx());
  ASSERT_TRUE(entries) << entries.error().describe();
  ASSERT_EQ(entries->size(), 1u);
  if (entries->front().attributes.mode) {
    EXPECT_EQ(entries->front().attributes.mode, 0640u);
  }
}

TEST_P(RemoteFsConformance, SettingAttributesOfWhatDoesNotExistFails) {
  EXPECT_TRUE(fails_with(fs().set_modified(at("nothing"), {}, ctx()),
                         {base::Errc::not_found, base::Errc::not_supported}));
  EXPECT_TRUE(fails_with(fs().set_mode(at("nothing"), 0600, ctx()),
                         {base::Errc::not_found, base::Errc::not_supported}));
}

TEST_P(RemoteFsConformance, SpaceIsToldOrNot) {
  const auto space = fs().space(ctx());
  ASSERT_TRUE(space) << space.error().describe();
  if (*space) {
    EXPECT_LE((*space)->available, (*space)->total);
  }
}

// ---- limits of time

TEST_P(RemoteFsConformance, APassedDeadlineOrAStopEndsAnOperationBeforeItBegins) {
  must_store("file", "x");
  const auto late = base::OpContext::with_timeout(std::chrono::seconds(-1));
  EXPECT_TRUE(fails_with(fs().remove_file(at("file"), late), base::Errc::timed_out));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = base::OpContext::with_timeout(std::chrono::seconds(60), stop.get_token());
  EXPECT_TRUE(fails_with(fs().remove_file(at("file"), stopped), base::Errc::cancelled));
  expect_content("file", "x");
}

}  // namespace ftpsfs::testing
