// What FtpRemote makes of what a server lists: zones, truncation, charsets, symlinks, names.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using model::FileType;
using remote::FtpRemote;
using remote::FtpRemoteOptions;
using remote::Symlinks;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

model::Listing listing_of(remote::RemoteFs& fs, std::string_view directory) {
  auto entries = fs.list(at(directory), test_context());
  EXPECT_TRUE(entries) << entries.error().describe();
  return entries.value_or(model::Listing());
}

std::vector<std::string> names_in(remote::RemoteFs& fs, std::string_view directory = "/") {
  std::vector<std::string> names;
  for (const auto& entry : listing_of(fs, directory)) names.push_back(entry.name);
  return names;
}

std::optional<model::Attributes> entry_in(remote::RemoteFs& fs, std::string_view directory,
                                          std::string_view name) {
  for (const auto& entry : listing_of(fs, directory)) {
    if (entry.name == name) return entry.attributes;
  }
  return std::nullopt;
}

// ---- zones

const base::SystemTime kRecently =
    std::chrono::floor<std::chrono::minutes>(std::chrono::system_clock::now()) - std::chrono::hours(48);

void set_time(const std::filesystem::path& path, base::SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

Personality vsftpd_in(int minutes_east) {
  auto personality = strict_vsftpd();
  personality.list_zone_minutes = minutes_east;
  return personality;
}

TEST(ListingZone, IsLearntFromOneFileAndHoldsForDirectories) {
  ServedStack served(vsftpd_in(330));
  std::filesystem::create_directories(served.folder.path() / "a/only-directories/sub");
  served.folder.write("a/file", "x");
  set_time(served.folder.path() / "a/file", kRecently);
  set_time(served.folder.path() / "a/only-directories/sub", kRecently);
  set_time(served.folder.path() / "a/only-directories", kRecently);
  EXPECT_EQ(entry_in(served.fs(), "/a", "only-directories")->modified, kRecently);
  EXPECT_EQ(served.stack.knowledge.zone_offset(), std::chrono::minutes(330));
  EXPECT_EQ(entry_in(served.fs(), "/a/only-directories", "sub")->modified, kRecently);
  EXPECT_EQ(entry_in(served.fs(), "/a", "file")->modified, kRecently);
}

TEST(ListingZone, CanBeNamedWhereTheServerTellsNone) {
  auto personality = vsftpd_in(-150);
  personality.missing_verbs.insert("MDTM");
  ServedStack served(personality);
  served.stack.settings.time_zone = ftp::TimeZone::parse("-02:30").value();
  served.folder.write("file", "x");
  set_time(served.folder.path() / "file", kRecently);
  const auto entry = entry_in(served.fs(), "/", "file");
  EXPECT_EQ(entry->modified, kRecently);
  EXPECT_EQ(entry->precision, model::TimePrecision::minute);
  listing_of(served.fs(), "/");
  EXPECT_EQ(served.server.counters().snapshot().command_count("MDTM"), 1U)
      << "asked again for what is not there";
}

// ---- listings that are not what they seem

TEST(CutListing, NamesBeyondItsEndAreAskedFor) {
  auto personality = strict_vsftpd();
  personality.texts.list_done = "226-Options: -a -l\r\n226 Output truncated to 1 matches";
  ServedStack served(personality);
  served.stack.knowledge.list_all = ftp::ListAll::never;
  served.folder.write("seen", "x");
  served.folder.write(".beyond", "xyz");
  std::filesystem::create_directory(served.folder.path() / ".directory");
  const auto entries = listing_of(served.fs(), "/");
  EXPECT_FALSE(entries.complete);
  EXPECT_EQ(entries.size(), 1U);
  const auto beyond = served.fs().stat(at("/.beyond"), test_context());
  ASSERT_TRUE(beyond) << beyond.error().describe();
  EXPECT_EQ(beyond->size, 3U);
  EXPECT_EQ(served.fs().stat(at("/.directory"), test_context())->type, FileType::directory);
  EXPECT_EQ(served.fs().stat(at("/missing"), test_context()).error().code, Errc::not_found);
}

TEST(CutListing, AnAbortedOneIsAnError) {
  ServedStack served(strict_vsftpd());
  served.stack.knowledge.lacks_stat_listings = true;
  served.folder.write("file", "x");
  served.server.faults().on_command(
      "LIST", 0, {.replace_reply = "426 Failure writing network stream.", .execute_anyway = true});
  EXPECT_FALSE(served.fs().list(at("/"), test_context()));
}

TEST(EmptyDirectory, MayBeRefused) {
  for (const char* reply : {"550 No files found.", "450 No files found", "550 No members found."}) {
    ServedStack served(strict_vsftpd());
    served.stack.knowledge.lacks_stat_listings = true;
    served.server.faults().on_command("LIST", 0, Fault::reply_with(reply));
    EXPECT_THAT(names_in(served.fs()), IsEmpty()) << reply;
    EXPECT_EQ(served.fs().list(at("/missing"), test_context()).error().code, Errc::not_found) << reply;
  }
}

// Where "-a" is a name, that there is no such file may stand in the listing instead of the reply.
TEST(ListAll, ThatFindsNoSuchFileIsNoEmptyDirectory) {
  auto personality = vms();
  personality.list_missing = MissingListing::said_in_the_listing;
  ServedStack served(personality);
  served.folder.write("file.txt", "x");
  EXPECT_THAT(names_in(served.fs()), ::testing::ElementsAre("file.txt"));
  EXPECT_EQ(served.stack.knowledge.list_all, ftp::ListAll::never);
}

TEST(ListAll, IsNotGivenUpForOneDirectoryThatMayNotBeRead) {
  ServedStack served(strict_vsftpd());
  served.stack.knowledge.lacks_stat_listings = true;
  served.folder.write(".hidden", "x");
  std::filesystem::create_directory(served.folder.path() / "private");
  auto& faults = served.server.faults();
  faults.on_command("LIST", 1, Fault::reply_with("550 Permission denied."));
  faults.on_command("LIST", 2, Fault::reply_with("550 Permission denied."));
  EXPECT_FALSE(served.fs().list(at("/private"), test_context()));
  EXPECT_THAT(names_in(served.fs()), ::testing::Contains(".hidden"));
}

TEST(ListAll, IsNotGivenUpForOneFailureOnceItHasWorked) {
  ServedStack served(strict_vsftpd());
  served.stack.knowledge.lacks_stat_listings = true;
  served.folder.write(".hidden", "x");
  EXPECT_THAT(names_in(served.fs()), ::testing::Contains(".hidden"));
  served.server.faults().on_command("LIST", 1, Fault::reply_with("451 Local error in processing."));
  (void)served.fs().list(at("/"), test_context());
  EXPECT_THAT(names_in(served.fs()), ::testing::Contains(".hidden"));
}

TEST(BrokenMlsd, IsReplacedByList) {
  for (const auto mlsd : {Mlsd::sends_nothing, Mlsd::sends_garbage}) {
    auto personality = servu();
    personality.mlsd = mlsd;
    ServedStack served(personality);
    served.folder.write("file", "x");
    EXPECT_THAT(names_in(served.fs()), UnorderedElementsAre("file"));
    EXPECT_TRUE(served.stack.knowledge.lacks_mlsd);
    EXPECT_THAT(names_in(served.fs()), UnorderedElementsAre("file"));
    EXPECT_EQ(served.server.counters().snapshot().command_count("MLSD"), 1U);
  }
}

// ---- charsets

FtpRemoteOptions in_charset(std::string_view charset) {
  return {.names = ftp::NameCodec::create(charset).value()};
}

TEST(Charset, NamesAreUtf8HereAndLatin1There) {
  for (const auto& make : {&permissive, &strict_vsftpd}) {
    SCOPED_TRACE(make().name);
    ServedStack served(make());
    FtpRemote latin(served.stack.pool, {}, in_charset("ISO-8859-1"));
    served.folder.write("M\xfcller/caf\xe9", "content");
    EXPECT_THAT(names_in(latin), UnorderedElementsAre("Müller"));
    EXPECT_THAT(names_in(latin, "/Müller"), UnorderedElementsAre("café"));
    EXPECT_EQ(latin.stat(at("/Müller/café"), test_context())->size, 7U);
    EXPECT_EQ(read_all(latin, at("/Müller/café")).value_or("failed"), "content");
    const std::string bytes = "new";
    ASSERT_TRUE(latin.store(at("/Müller/ä"), content_of(bytes), test_context()));
    EXPECT_EQ(served.folder.read("M\xfcller/\xe4"), "new");
    ASSERT_TRUE(latin.rename(at("/Müller/ä"), at("/ö"), test_context()));
    EXPECT_EQ(served.folder.read("\xf6"), "new");
    ASSERT_TRUE(latin.make_directory(at("/ü"), test_context()));
    ASSERT_TRUE(latin.remove_directory(at("/ü"), test_context()));
    ASSERT_TRUE(latin.remove_file(at("/ö"), test_context()));
    EXPECT_THAT(names_in(latin), UnorderedElementsAre("Müller"));
  }
}

TEST(Charset, BytesThatAreNoCharacterStayReachable) {
  ServedStack served(permissive());
  FtpRemote utf8(served.stack.pool, {}, in_charset("UTF-8"));
  served.folder.write("caf\xe9", "content");
  const auto names = names_in(utf8);
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names.front(), "caf\xef\x9f\xa9");
  EXPECT_EQ(read_all(utf8, at("/" + names.front())).value_or("failed"), "content");
  ASSERT_TRUE(utf8.remove_file(at("/" + names.front()), test_context()));
  EXPECT_THAT(names_in(utf8), IsEmpty());
}

TEST(Charset, NamesThatTheServerCannotHaveAreRefusedBeforeAnythingIsSent) {
  ServedStack served(permissive());
  FtpRemote latin(served.stack.pool, {}, in_charset("ISO-8859-1"));
  const std::string bytes = "x";
  served.folder.write("a", "x");
  EXPECT_EQ(latin.store(at("/日本"), content_of(bytes), test_context()).error().code, Errc::name_invalid);
  EXPECT_EQ(latin.make_directory(at("/日本"), test_context()).error().code, Errc::name_invalid);
  EXPECT_EQ(latin.rename(at("/a"), at("/日本"), test_context()).error().code, Errc::name_invalid);
  EXPECT_EQ(served.server.counters().snapshot().control_connections, 0U);
}

TEST(Charset, LinkTargetsAreConvertedToo) {
  ServedStack served(permissive());
  FtpRemote latin(served.stack.pool, {}, in_charset("ISO-8859-1"));
  served.folder.write("caf\xe9", "content");
  std::filesystem::create_symlink("caf\xe9", served.folder.path() / "l");
  EXPECT_EQ(entry_in(latin, "/", "l")->link_target, "café");
  EXPECT_EQ(latin.read_link(at("/l"), test_context()).value_or("failed"), "café");
}

// ---- symlinks

struct LinkedTree {
  explicit LinkedTree(Personality personality) : served(std::move(personality)) {
    served.folder.write("top/sub/file", "content");
    served.folder.write("outside", "secret");
    for (const auto& [link, target] :
         {std::pair{"top/to-file", "sub/file"}, std::pair{"top/to-directory", "sub"},
          std::pair{"top/inside", "/top/sub/file"}, std::pair{"top/outside", "/outside"},
          std::pair{"top/above", "../outside"}, std::pair{"top/dangling", "nowhere"}}) {
      std::filesystem::create_symlink(target, served.folder.path() / link);
    }
  }
  FtpRemote mounted(Symlinks symlinks, bool unsafe = false) {
    return {
        served.stack.pool, at("/top"), {.names = nullptr, .symlinks = symlinks, .unsafe_symlinks = unsafe}};
  }
  ServedStack served;
};

class SymlinkOption : public ::testing::TestWithParam<Personality (*)()> {};

TEST_P(SymlinkOption, ShowKeepsTargetsInsideTheMount) {
  LinkedTree tree(GetParam()());
  auto fs = tree.mounted(Symlinks::show);
  const auto target = [&](std::string_view link) { return fs.read_link(at(link), test_context()); };
  EXPECT_EQ(names_in(fs).size(), 7U);
  EXPECT_EQ(target("/to-file").value_or("failed"), "sub/file");
  EXPECT_EQ(target("/inside").value_or("failed"), "sub/file");
  EXPECT_EQ(target("/dangling").value_or("failed"), "nowhere");
  EXPECT_EQ(target("/outside").error().code, Errc::not_permitted);
  EXPECT_EQ(target("/above").error().code, Errc::not_permitted);
  EXPECT_EQ(entry_in(fs, "/", "outside")->type, FileType::symlink);
  EXPECT_EQ(entry_in(fs, "/", "outside")->link_target, std::nullopt);
}

TEST_P(SymlinkOption, UnsafeShowsTargetsAsTheyAre) {
  LinkedTree tree(GetParam()());
  auto fs = tree.mounted(Symlinks::show, true);
  EXPECT_EQ(fs.read_link(at("/outside"), test_context()).value_or("failed"), "/outside");
  EXPECT_EQ(fs.read_link(at("/above"), test_context()).value_or("failed"), "../outside");
}

TEST_P(SymlinkOption, HideShowsNone) {
  LinkedTree tree(GetParam()());
  auto fs = tree.mounted(Symlinks::hide);
  EXPECT_THAT(names_in(fs), UnorderedElementsAre("sub"));
  EXPECT_EQ(fs.stat(at("/to-file"), test_context()).error().code, Errc::not_found);
  EXPECT_EQ(fs.stat(at("/sub"), test_context())->type, FileType::directory);
}

TEST_P(SymlinkOption, FollowShowsWhatTheyPointTo) {
  LinkedTree tree(GetParam()());
  auto fs = tree.mounted(Symlinks::follow);
  EXPECT_EQ(entry_in(fs, "/", "to-file")->type, FileType::file);
  EXPECT_EQ(entry_in(fs, "/", "to-file")->size, 7U);
  EXPECT_TRUE(entry_in(fs, "/", "to-file")->modified.has_value());
  EXPECT_EQ(entry_in(fs, "/", "to-directory")->type, FileType::directory);
  EXPECT_EQ(entry_in(fs, "/", "outside")->size, 6U) << "the server follows, and it may";
  EXPECT_EQ(entry_in(fs, "/", "dangling")->type, FileType::symlink);
  EXPECT_EQ(fs.stat(at("/to-file"), test_context())->size, 7U);
  EXPECT_EQ(fs.stat(at("/to-directory"), test_context())->type, FileType::directory);
  EXPECT_THAT(names_in(fs, "/to-directory"), UnorderedElementsAre("file"));
  EXPECT_EQ(read_all(fs, at("/to-file")).value_or("failed"), "content");
}

INSTANTIATE_TEST_SUITE_P(Servers, SymlinkOption, ::testing::Values(&permissive, &strict_vsftpd, &pureftpd),
                         [](const auto& test) { return test.param().name; });

// ---- names

TEST(WindowsNames, ThatWouldBeChangedAreRefusedBeforeAnythingIsSent) {
  ServedStack served(iis());
  served.folder.write("file", "x");
  const std::string content = "x";
  for (const char* name :
       {"dot.", "blank ", "...", "a:b", "a*", "a?", "a\"", "a<", "a>", "a|b", "a\\b", "tab\t"}) {
    SCOPED_TRACE(name);
    const auto path = at("/").child(name).value();
    EXPECT_EQ(served.fs().store(path, content_of(content), test_context()).error().code, Errc::name_invalid);
    EXPECT_EQ(served.fs().make_directory(path, test_context()).error().code, Errc::name_invalid);
    EXPECT_EQ(served.fs().rename(at("/file"), path, test_context()).error().code, Errc::name_invalid);
  }
  const auto seen = served.server.counters().snapshot();
  EXPECT_EQ(seen.command_count("STOR") + seen.command_count("MKD") + seen.command_count("RNTO"), 0U);
  ASSERT_TRUE(served.fs().store(at("/good name.txt"), content_of(content), test_context()));
}

}  // namespace
}  // namespace ftpsfs::testing
