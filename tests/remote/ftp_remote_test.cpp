#include "ftpsfs/remote/ftp_remote.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "support/ftp_stack.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using model::FileType;
using ::testing::UnorderedElementsAre;

std::vector<std::string> names_in(remote::RemoteFs& fs, const std::string& directory) {
  auto entries = fs.list(at(directory), test_context());
  EXPECT_TRUE(entries) << entries.error().describe();
  std::vector<std::string> names;
  for (const auto& entry : *entries) names.push_back(entry.name);
  return names;
}

// On every personality: what does not depend on the kind of server.
class FtpRemoteEverywhere : public ::testing::TestWithParam<Personality (*)()> {
 protected:
  FtpRemoteEverywhere() : served_(GetParam()()) {}
  remote::RemoteFs& fs() { return served_.fs(); }
  ServedStack served_;
};

TEST_P(FtpRemoteEverywhere, ShowsDotFilesAndHardNames) {
  for (const char* name :
       {".hidden", " leading", "in  between", "two  blanks", "-dash", "[a]*?", "quo\"te", "ü€", "{b,c}",
        "semi;colon", "size=9;type=dir; x", "100%", "#hash", "~tilde", "$dollar"}) {
    SCOPED_TRACE(name);
    served_.folder.write(name, name);
    const auto stat = fs().stat(at("/").child(name).value(), test_context());
    ASSERT_TRUE(stat) << stat.error().describe();
    EXPECT_EQ(stat->size, std::string(name).size());
    EXPECT_EQ(read_all(fs(), at("/").child(name).value()).value_or("failed"), name);
  }
  EXPECT_EQ(names_in(fs(), "/").size(), 15U);
}

TEST_P(FtpRemoteEverywhere, ShowsTimesToTheSecond) {
  served_.folder.write("file", "x");
  const timespec times[2] = {{.tv_sec = 1'700'000'001, .tv_nsec = 0},
                             {.tv_sec = 1'700'000'001, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (served_.folder.path() / "file").c_str(), times, 0), 0);
  const auto entries = fs().list(at("/"), test_context());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().attributes.modified, base::SystemTime(std::chrono::seconds(1'700'000'001)));
  EXPECT_EQ(entries->front().attributes.precision, model::TimePrecision::second);
  EXPECT_EQ(fs().stat(at("/file"), test_context())->modified, entries->front().attributes.modified);
}

TEST_P(FtpRemoteEverywhere, SetsTimesOfFiles) {
  served_.folder.write("file", "x");
  const base::SystemTime moment(std::chrono::seconds(1'600'000'000));
  const auto set = fs().set_modified(at("/file"), moment, test_context());
  ASSERT_TRUE(set) << set.error().describe();
  struct stat status{};
  ASSERT_EQ(::stat((served_.folder.path() / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'600'000'000);
}

TEST_P(FtpRemoteEverywhere, TellsErrorsApartThatServersDoNot) {
  served_.folder.write("file", "x");
  served_.folder.write("directory/inner", "x");
  const auto code = [](const base::Status& status) { return status ? Errc::internal : status.error().code; };
  EXPECT_EQ(fs().stat(at("/missing"), test_context()).error().code, Errc::not_found);
  EXPECT_EQ(fs().list(at("/missing"), test_context()).error().code, Errc::not_found);
  EXPECT_EQ(fs().list(at("/file"), test_context()).error().code, Errc::not_a_directory);
  EXPECT_EQ(read_all(fs(), at("/missing")).error().code, Errc::not_found);
  EXPECT_EQ(read_all(fs(), at("/directory")).error().code, Errc::is_a_directory);
  EXPECT_EQ(code(fs().remove_file(at("/missing"), test_context())), Errc::not_found);
  EXPECT_EQ(code(fs().remove_file(at("/directory"), test_context())), Errc::is_a_directory);
  EXPECT_EQ(code(fs().remove_directory(at("/directory"), test_context())), Errc::not_empty);
  EXPECT_EQ(code(fs().remove_directory(at("/missing"), test_context())), Errc::not_found);
  EXPECT_EQ(code(fs().remove_directory(at("/file"), test_context())), Errc::not_a_directory);
  EXPECT_EQ(code(fs().make_directory(at("/directory"), test_context())), Errc::exists);
  EXPECT_EQ(code(fs().make_directory(at("/missing/x"), test_context())), Errc::not_found);
  EXPECT_EQ(code(fs().rename(at("/missing"), at("/x"), test_context())), Errc::not_found);
  EXPECT_EQ(code(fs().rename(at("/file"), at("/missing/x"), test_context())), Errc::not_found);
  EXPECT_EQ(code(fs().rename(at("/file"), at("/directory"), test_context())), Errc::is_a_directory);
  const std::string content = "x";
  EXPECT_EQ(fs().store(at("/missing/x"), content_of(content), test_context()).error().code, Errc::not_found);
  EXPECT_EQ(fs().store(at("/directory"), content_of(content), test_context()).error().code,
            Errc::is_a_directory);
}

TEST_P(FtpRemoteEverywhere, TellsAnEmptyDirectoryFromAMissingOne) {
  std::filesystem::create_directory(served_.folder.path() / "empty");
  EXPECT_TRUE(names_in(fs(), "/empty").empty());
  EXPECT_FALSE(fs().list(at("/gone"), test_context()));
}

TEST_P(FtpRemoteEverywhere, NeverReadsTwoVersionsAsOne) {
  served_.folder.write("file", patterned_bytes(1000));
  const auto version = model::FileVersion::of(*fs().refresh_file(at("/file"), test_context()));
  served_.folder.write("file", patterned_bytes(2000));
  const auto source = fs().open_read(at("/file"), 10, version, test_context());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Errc::stale);
}

TEST_P(FtpRemoteEverywhere, RefusesAnUploadOfAnotherSizeThanSent) {
  served_.folder.write("file", "old");
  served_.server.faults().on_command("SIZE", 0, Fault::reply_with("213 2"));
  served_.server.faults().on_command("MLST", 0,
                                     Fault::reply_with("250-Begin\r\n type=file;size=2; /file\r\n250 End"));
  const std::string content = "three";
  const auto stored = fs().store(at("/file"), content_of(content), test_context());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::protocol_error);
}

TEST_P(FtpRemoteEverywhere, GivesAnIdleReadersSessionToOthers) {
  ServedStack few(GetParam()(), {.max_sessions = 1});
  const std::string bytes = patterned_bytes(20'000'000);
  few.folder.write("big", bytes);
  auto source = few.fs().open_read(at("/big"), 0, std::nullopt, test_context());
  ASSERT_TRUE(source) << source.error().describe();
  std::string seen;
  std::vector<std::byte> buffer(100'000);
  for (int i = 0; i < 3; ++i) {
    const auto count = (*source)->read(buffer, test_context());
    ASSERT_TRUE(count) << count.error().describe();
    seen.append(reinterpret_cast<const char*>(buffer.data()), *count);
    EXPECT_TRUE(few.fs().stat(at("/big"), test_context()))
        << "waits for the reader's turn to end, not for its end";
  }
  EXPECT_TRUE(bytes.starts_with(seen));
  EXPECT_EQ((*source)->offset(), seen.size());
}

TEST_P(FtpRemoteEverywhere, CountsWhatItFetches) {
  served_.folder.write("big", patterned_bytes(20'000'000));
  const remote::FtpRemoteOptions options;
  remote::FtpRemote counted(served_.stack.pool, {}, options);
  ASSERT_TRUE(read_all(counted, at("/big"), 15'000'000));
  EXPECT_EQ(options.counters->totals().fetched, 5'000'000u);
  EXPECT_EQ(options.counters->totals().unused, 0u);

  auto source = counted.open_read(at("/big"), 0, std::nullopt, test_context());
  ASSERT_TRUE(source) << source.error().describe();
  std::vector<std::byte> head(100'000);
  const auto count = (*source)->read(head, test_context());
  ASSERT_TRUE(count) << count.error().describe();
  source->reset();
  const auto totals = options.counters->totals();
  EXPECT_EQ(totals.fetched, 5'000'000u + *count + totals.unused) << "what came after the last read is unused";
}

INSTANTIATE_TEST_SUITE_P(Servers, FtpRemoteEverywhere,
                         ::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla, &proftpd,
                                           &pureftpd),
                         [](const auto& test) { return test.param().name; });

TEST(FtpRemote, ShowsModesAndLinksWhereTheServerDoes) {
  for (const auto& make : {&permissive, &strict_vsftpd, &proftpd, &pureftpd}) {
    SCOPED_TRACE(make().name);
    ServedStack served(make());
    served.folder.write("file", "x");
    ::chmod((served.folder.path() / "file").c_str(), 0640);
    std::filesystem::create_symlink("file", served.folder.path() / "link");
    const auto entries = served.fs().list(at("/"), test_context());
    ASSERT_TRUE(entries);
    for (const auto& entry : *entries) {
      if (entry.name == "file") {
        EXPECT_EQ(entry.attributes.mode, 0640U);
      } else {
        EXPECT_EQ(entry.attributes.type, FileType::symlink);
      }
    }
    EXPECT_EQ(served.fs().stat(at("/link"), test_context())->type, FileType::symlink);
    const auto target = served.fs().read_link(at("/link"), test_context());
    ASSERT_TRUE(target) << target.error().describe();
    EXPECT_EQ(*target, "file");
    EXPECT_TRUE(served.fs().set_mode(at("/file"), 0600, test_context()));
    struct stat status{};
    ASSERT_EQ(::stat((served.folder.path() / "file").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
  }
}

TEST(FtpRemote, TellsThatVsftpdAndPyftpdlibSetNoTimesOfDirectories) {
  for (auto* const server : {&strict_vsftpd, &pyftpdlib}) {
    ServedStack served(server());
    SCOPED_TRACE(server().name);
    std::filesystem::create_directory(served.folder.path() / "directory");
    for (int i = 0; i < 2; ++i) {
      const auto set = served.fs().set_modified(at("/directory"), base::SystemTime{}, test_context());
      ASSERT_FALSE(set);
      EXPECT_EQ(set.error().code, Errc::not_supported) << set.error().describe();
    }
    served.folder.write("file", "x");
    EXPECT_TRUE(served.fs().set_modified(at("/file"), base::SystemTime{}, test_context()));
  }
}

TEST(FtpRemote, RefusesNamesThatPureFtpdWouldChange) {
  ServedStack served(pureftpd());
  served.folder.write("file", "x");
  const std::string content = "x";
  for (const char* name : {"/tab\there", "/blank at the end ", "/escape\x1b"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(served.fs().store(at(name), content_of(content), test_context()).error().code,
              Errc::name_invalid);
    EXPECT_EQ(served.fs().make_directory(at(name), test_context()).error().code, Errc::name_invalid);
    EXPECT_EQ(served.fs().rename(at("/file"), at(name), test_context()).error().code, Errc::name_invalid);
  }
  EXPECT_THAT(names_in(served.fs(), "/"), UnorderedElementsAre("file"));
}

TEST(FtpRemote, ShowsWhatIsBelowItsRoot) {
  ServedStack served(permissive());
  served.folder.write("sub/file", "below");
  remote::FtpRemote below(served.stack.pool, at("/sub"));
  EXPECT_THAT(names_in(below, "/"), UnorderedElementsAre("file"));
  EXPECT_EQ(read_all(below, at("/file")).value_or("failed"), "below");
}

TEST(FtpRemote, ListsWhileEveryTransferSessionStalls) {
  ServedStack served(permissive(), {.max_sessions = 3});
  served.folder.write("big", patterned_bytes(10'000'000));
  served.server.faults().on_command("RETR", 0, Fault::stall_after(0));
  std::vector<std::jthread> readers;
  std::stop_source stop;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      auto ctx = test_context();
      ctx.stop = stop.get_token();
      auto source = served.fs().open_read(at("/big"), 0, std::nullopt, ctx);
      std::vector<std::byte> buffer(1000);
      if (source) (void)(*source)->read(buffer, ctx);
    });
  }
  ASSERT_TRUE(served.server.counters().wait_until([](const auto& seen) { return seen.transfers_now == 2; },
                                                  std::chrono::seconds(10)));
  EXPECT_THAT(names_in(served.fs(), "/"), UnorderedElementsAre("big"));
  stop.request_stop();
  served.server.faults().clear();
}

TEST(FtpRemote, RetriesOnceMoreWhenTheServerRefusesToResume) {
  for (const auto& make : {&strict_vsftpd, &strict_filezilla, &proftpd}) {
    SCOPED_TRACE(make().name);
    ServedStack served(make());
    served.folder.write("file", "content");
    Fault refused;
    refused.refuse_resumption = true;
    served.server.faults().on_command("RETR", 1, refused);
    served.server.faults().on_command("STOR", 1, refused);
    EXPECT_EQ(read_all(served.fs(), at("/file")).value_or("failed"), "content");
    const std::string bytes = patterned_bytes(100'000);
    const auto stored = served.fs().store(at("/up"), content_of(bytes), test_context());
    ASSERT_TRUE(stored) << stored.error().describe();
    EXPECT_EQ(served.folder.read("up"), bytes);
  }
}

TEST(FtpRemote, SaysWhatIsWrongWhenTheServerNeverResumes) {
  ServedStack served(strict_vsftpd());
  served.folder.write("file", "content");
  Fault refused;
  refused.refuse_resumption = true;
  served.server.faults().on_command("RETR", 0, refused);
  const auto content = read_all(served.fs(), at("/file"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, Errc::tls_not_resumed);
}

}  // namespace
}  // namespace ftpsfs::testing
