// How a file replaces another one, and how a new one appears.

#include <chrono>
#include <stop_token>
#include <thread>

#include "store_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const base::SystemTime kThen = std::chrono::sys_days{std::chrono::year{2019} / 3 / 31} + 4711s;

const std::string kNew = "new";
const std::string kNewer = "newer";

using Replacing = StoreTest;

TEST_F(Replacing, ShowsTheOldContentUntilAllOfTheNewOneIsThere) {
  served.folder.write("file", "old");
  const std::string bytes = patterned_bytes(2'000'000);
  auto stalled = served.server.faults().on_command("STOR", 1, Fault::stall_after(500'000));
  std::jthread writer([&] { EXPECT_TRUE(store("file", bytes)); });
  ASSERT_TRUE(stalled.wait_reached(20s));
  EXPECT_EQ(content("file"), "old");
  EXPECT_EQ(on_disk().size(), 2U);
  const auto listed = served.fs().list(at("/"), test_context());
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_EQ(listed->size(), 1U) << "what is being uploaded is nobody's business";
  stalled.release();
  writer.join();
  EXPECT_TRUE(content("file") == bytes);
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(Replacing, KeepsThePermissionsAndSetsTheTimeInTheSameFlights) {
  served.folder.write("script", "old");
  set_mode("script", 0750);
  const auto stored = store("script", "new", {.modified = kThen});
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(stored->modified_set);
  EXPECT_EQ(stored->attributes.modified, kThen);
  EXPECT_EQ(stored->attributes.mode, 0750U);
  EXPECT_EQ(mode("script"), 0750U);
  EXPECT_EQ(served.fs().stat(at("/script"), test_context())->modified, kThen);
  EXPECT_EQ(count("MFMT"), 1U);
  EXPECT_EQ(count("SITE CHMOD"), 1U);
}

TEST_F(Replacing, LeavesTheOldContentWhenTheServerHasNoRoom) {
  served.folder.write("file", "old");
  served.server.faults().on_command("STOR", 0,
                                    Fault{.replace_reply = "552 Disk full.", .execute_anyway = true});
  const auto stored = store("file", "new");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::no_space);
  EXPECT_EQ(content("file"), "old");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(Replacing, TellsAFullDiskFromAQuota) {
  served.folder.write("file", "old");
  served.server.faults().on_command(
      "STOR", 1, Fault{.replace_reply = "452 No space left on device", .execute_anyway = true});
  EXPECT_EQ(store("file", "new").error().code, Errc::no_space);
  served.server.faults().on_command(
      "STOR", 1, Fault{.replace_reply = "552 Disk quota exceeded", .execute_anyway = true});
  EXPECT_EQ(store("file", "new").error().code, Errc::quota_exceeded);
  EXPECT_EQ(content("file"), "old");
}

TEST_F(Replacing, WritesThroughASymlink) {
  served.folder.write("target", "old");
  std::filesystem::create_symlink("target", served.folder.path() / "link");
  ASSERT_TRUE(store("link", "new"));
  EXPECT_TRUE(std::filesystem::is_symlink(served.folder.path() / "link"));
  EXPECT_EQ(content("target"), "new");
  auto atomic = with({.uploads = remote::Uploads::atomic});
  const auto refused = atomic.store(at("/link"), content_of(kNewer), test_context());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::not_permitted);
}

TEST_F(Replacing, WritesThroughASymlinkThatLooksLikeAFile) {
  served.folder.write("target", "old");
  std::filesystem::create_symlink("target", served.folder.path() / "link");
  auto following = with({.symlinks = remote::Symlinks::follow});
  const auto seen = following.stat(at("/link"), test_context());
  ASSERT_TRUE(seen) << seen.error().describe();
  ASSERT_TRUE(following.store(at("/link"), content_of(kNew), {.replaces = *seen}, test_context()));
  EXPECT_TRUE(std::filesystem::is_symlink(served.folder.path() / "link"));
  EXPECT_EQ(content("target"), "new");
}

TEST_F(Replacing, IsNotDoneWhereTheUserWantsFilesOverwritten) {
  served.folder.write("file", "old");
  auto in_place = with({.uploads = remote::Uploads::in_place});
  ASSERT_TRUE(in_place.store(at("/file"), content_of(kNew), test_context()));
  EXPECT_EQ(content("file"), "new");
  EXPECT_EQ(count("RNTO"), 0U);
}

using NewFile = StoreTest;

TEST_F(NewFile, GoesUpUnderItsNameWhenItIsSmall) {
  ASSERT_TRUE(store("file", "new", {.creates = true, .modified = kThen, .mode = 0640}));
  EXPECT_EQ(content("file"), "new");
  EXPECT_EQ(mode("file"), 0640U);
  EXPECT_EQ(count("RNTO"), 0U);
  EXPECT_EQ(count("MLST"), 1U) << "one flight after the upload is all it costs";
}

TEST_F(NewFile, AppearsWholeWhenItIsLarge) {
  const std::string bytes = patterned_bytes(kLarge);
  auto stalled = served.server.faults().on_command("STOR", 1, Fault::stall_after(300'000));
  std::jthread writer([&] { EXPECT_TRUE(store("file", bytes, new_file())); });
  ASSERT_TRUE(stalled.wait_reached(20s));
  EXPECT_FALSE(std::filesystem::exists(served.folder.path() / "file"));
  stalled.release();
  writer.join();
  EXPECT_TRUE(content("file") == bytes);
}

TEST_F(NewFile, IsRemovedWhenItCannotBeCompleted) {
  for (const auto* reply : {"552 Quota exceeded.", "452 Disk full."}) {
    SCOPED_TRACE(reply);
    served.server.faults().on_command("STOR", 1,
                                      Fault{.replace_reply = reply, .data_bytes = 1, .reset_data = true});
    EXPECT_FALSE(store("file", "new", new_file()));
    EXPECT_THAT(on_disk(), ElementsAre());
    served.server.faults().clear();
  }
}

TEST_F(NewFile, ThatIsHalfThereAfterALostConnectionIsReplaced) {
  Fault cut = Fault::cut(CutPoint::after_bytes);
  cut.data_bytes = 50'000;
  served.server.faults().on_command("STOR", 1, cut);
  const std::string bytes = patterned_bytes(100'000);
  ASSERT_TRUE(store("file", bytes, new_file()));
  EXPECT_TRUE(content("file") == bytes);
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(NewFile, IsRemovedWhenItsUserGivesUp) {
  std::stop_source stop;
  const remote::UploadContent content{.size = 200'000,
                                      .read_at = [&](std::uint64_t offset, std::span<std::byte> out,
                                                     const base::OpContext&) -> base::Result<std::size_t> {
                                        if (offset > 0) {
                                          stop.request_stop();
                                          return base::fail(Errc::cancelled, "as the test asked");
                                        }
                                        return out.size();
                                      }};
  const auto ctx = base::OpContext::with_timeout(60s, stop.get_token());
  EXPECT_FALSE(served.fs().store(at("/file"), content, new_file(), ctx));
  EXPECT_EQ(count("STOR"), 1U);
  EXPECT_THAT(on_disk(), ElementsAre());
}

class Growing : public StoreTest {
 protected:
  // As if `bytes` were written while they are sent, in pieces of 50,000.
  static remote::UploadContent growing(const std::string& bytes) {
    return {.size = std::nullopt,
            .read_at = [&bytes](std::uint64_t offset, std::span<std::byte> out,
                                const base::OpContext& ctx) -> base::Result<std::size_t> {
              const auto rest = std::min<std::size_t>(bytes.size() - offset, 50'000);
              return content_of(bytes).read_at(offset, out.first(std::min(rest, out.size())), ctx);
            }};
  }
  base::Result<remote::Stored> store_growing(remote::RemoteFs& fs, const std::string& bytes,
                                             const remote::StoreOptions& options = {}) {
    return fs.store(at("/file"), growing(bytes), options, test_context());
  }
};

TEST_F(Growing, ContentIsReplacedAtItsEnd) {
  served.folder.write("file", "old");
  const std::string bytes = patterned_bytes(kLarge);
  auto content_so_far = growing(bytes);
  remote::StoreOptions options;
  content_so_far.read_at = [&, read = content_so_far.read_at](auto offset, auto out, const auto& ctx) {
    EXPECT_EQ(content("file"), "old");
    if (offset == bytes.size()) options.modified = kThen;
    return read(offset, out, ctx);
  };
  const auto stored = served.fs().store(at("/file"), content_so_far, options, test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(stored->attributes.size, kLarge);
  EXPECT_EQ(stored->attributes.modified, kThen) << "options are looked at when the content has ended";
  EXPECT_TRUE(content("file") == bytes);
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(Growing, ContentBeginsAgainAfterALostConnection) {
  Fault cut = Fault::cut(CutPoint::after_bytes);
  cut.data_bytes = 300'000;
  served.server.faults().on_command("STOR", 1, cut);
  const std::string bytes = patterned_bytes(kLarge);
  ASSERT_TRUE(store_growing(served.fs(), bytes, new_file()));
  EXPECT_TRUE(content("file") == bytes);
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(Growing, ContentTouchesNothingWhereItCouldOnlyBeOverwritten) {
  served.folder.write("file", "old");
  const std::string bytes = patterned_bytes(kLarge);
  auto in_place = with({.uploads = remote::Uploads::in_place});
  EXPECT_EQ(store_growing(in_place, bytes).error().code, Errc::not_supported);
  served.server.faults().on_command("RNFR", 0, Fault::reply_with("550 Permission denied."));
  EXPECT_FALSE(store_growing(served.fs(), bytes));
  EXPECT_EQ(content("file"), "old");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

using FallBack = StoreTest;

TEST_F(FallBack, OverwritesInPlaceWhereNothingCanBeRenamedAndRemembersThat) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNFR", 0, Fault::reply_with("550 Permission denied."));
  ASSERT_TRUE(store("file", "new"));
  EXPECT_EQ(content("file"), "new");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
  const auto before = count("STOR");
  ASSERT_TRUE(store("file", "newer"));
  EXPECT_EQ(content("file"), "newer");
  EXPECT_EQ(count("STOR"), before + 1);
}

TEST_F(FallBack, IsNotTakenForARefusalThatPasses) {
  for (const auto* verb : {"RNFR", "RNTO"}) {
    SCOPED_TRACE(verb);
    served.folder.write("file", "old");
    const auto stores = count("STOR");
    served.server.faults().on_command(verb, 1, Fault::reply_with("450 Try again later."));
    ASSERT_TRUE(store("file", "new"));
    EXPECT_EQ(content("file"), "new");
    EXPECT_EQ(count("STOR"), stores + 1);
    EXPECT_FALSE(served.stack.knowledge.stores_in_place(at("/")));
  }
  served.server.faults().on_command("STOR", 1, Fault::reply_with("450 Permission denied at the moment."));
  ASSERT_TRUE(store("file", "newer"));
  EXPECT_EQ(content("file"), "newer");
  EXPECT_FALSE(served.stack.knowledge.stores_in_place(at("/")));
  EXPECT_FALSE(served.stack.knowledge.refuses_dot_names);
}

TEST_F(FallBack, IsTakenWhereARefusalThatShouldPassDoesNot) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNFR", 0, Fault::reply_with("450 Try again later."));
  ASSERT_TRUE(store("file", "new"));
  EXPECT_EQ(content("file"), "new");
  EXPECT_TRUE(served.stack.knowledge.stores_in_place(at("/")));
}

TEST_F(FallBack, IsNotTakenWhereThereIsNoRoom) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNFR", 0, Fault::reply_with("452 Disk full."));
  const auto stored = store("file", "new");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::no_space);
  EXPECT_EQ(content("file"), "old");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
  EXPECT_FALSE(served.stack.knowledge.stores_in_place(at("/")));
}

TEST_F(FallBack, IsAnErrorWhereTheUserForbidsIt) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNFR", 0, Fault::reply_with("550 Permission denied."));
  auto atomic = with({.uploads = remote::Uploads::atomic});
  const auto stored = atomic.store(at("/file"), content_of(kNew), test_context());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::not_permitted);
  EXPECT_THAT(stored.error().message, HasSubstr("upload=atomic"));
  EXPECT_EQ(content("file"), "old");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

// A folder where only this very file may be written.
TEST_F(FallBack, OverwritesInPlaceWhereNothingNewMayBe) {
  served.folder.write("file", "old");
  for (const std::uint64_t nth : {1U, 2U})
    served.server.faults().on_command("STOR", nth, Fault::reply_with("550 Permission denied"));
  ASSERT_TRUE(store("file", "new"));
  EXPECT_EQ(content("file"), "new");
  EXPECT_EQ(count("STOR"), 3U);
}

TEST_F(FallBack, TakesAnErrorInPlaceForTheError) {
  served.folder.write("file", "old");
  served.server.faults().on_command("STOR", 0, Fault::reply_with("550 Permission denied"));
  const auto stored = store("file", "new");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::permission_denied);
  EXPECT_FALSE(served.stack.knowledge.stores_in_place(at("/")));
}

// Whoever lacks SITE CHMOD cannot make a script executable again.
TEST_F(FallBack, OverwritesInPlaceWhatWouldLoseItsPermissions) {
  auto personality = permissive();
  personality.missing_verbs.insert("SITE CHMOD");
  served.server.stop();
  served.server.set_personality(personality);
  served.server.start();
  for (const auto* name : {"script", "other"}) {
    served.folder.write(name, "old");
    set_mode(name, 0750);
    ASSERT_TRUE(store(name, "new"));
    EXPECT_EQ(content(name), "new");
    EXPECT_EQ(mode(name), 0750U);
  }
  EXPECT_EQ(count("STOR"), 3U) << "the second one directly";
  served.folder.write("usual", "old");
  ASSERT_TRUE(store("usual", "new"));
  EXPECT_EQ(count("RNTO"), 1U) << "what loses nothing is replaced all the same";
}

class NoDotNames : public StoreTest {
 protected:
  static Personality without_dots() {
    auto personality = pureftpd();
    personality.takes_dot_names = false;
    return personality;
  }
  NoDotNames() : StoreTest(without_dots()) {}
};

TEST_F(NoDotNames, GetPlainOnesAndThatIsRemembered) {
  served.folder.write("file", "old");
  ASSERT_TRUE(store("file", "new"));
  EXPECT_EQ(content("file"), "new");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
  EXPECT_TRUE(served.stack.knowledge.refuses_dot_names);
  EXPECT_EQ(count("RNTO"), 1U);
  const auto before = count("STOR");
  ASSERT_TRUE(store("file", "newer"));
  EXPECT_EQ(count("STOR"), before + 1);
}

class NothingIsReplaced : public StoreTest, public ::testing::WithParamInterface<Personality (*)()> {
 protected:
  static Personality strict() {
    auto personality = GetParam()();
    personality.rename_over_existing = false;
    if (personality.name == "proftpd") {
      personality.stor_over_existing = false;
      personality.error_templates["RNTO"] = "550 Rename permission denied";
    }
    return personality;
  }
  NothingIsReplaced() : StoreTest(strict()) {}
};

INSTANTIATE_TEST_SUITE_P(Servers, NothingIsReplaced, ::testing::Values(&iis, &filezilla09, &proftpd),
                         [](const auto& test) { return test.param().name; });

TEST_P(NothingIsReplaced, TheOldFileStepsAsideForAMoment) {
  served.folder.write("file", "old");
  ASSERT_TRUE(store("file", "new"));
  EXPECT_EQ(content("file"), "new");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
  EXPECT_TRUE(served.stack.knowledge.lacks_rename_over);
  const auto before = count("RNTO");
  ASSERT_TRUE(store("file", "newer"));
  EXPECT_EQ(content("file"), "newer");
  EXPECT_EQ(count("RNTO"), before + 2) << "no RNTO that is known to be refused";
  EXPECT_EQ(count("STOR"), 2U);
}

TEST_P(NothingIsReplaced, TheOldFileComesBackWhenTheNewOneIsRefused) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNTO", 3, Fault::reply_with("550 Access is denied."));
  auto atomic = with({.uploads = remote::Uploads::atomic});
  EXPECT_FALSE(atomic.store(at("/file"), content_of(kNew), test_context()));
  EXPECT_EQ(content("file"), "old");
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_P(NothingIsReplaced, TheOldFileIsNamedWhenItCannotComeBack) {
  served.folder.write("file", "old");
  for (const std::uint64_t nth : {3U, 4U, 5U})
    served.server.faults().on_command("RNTO", nth, Fault::reply_with("550 Access is denied."));
  const auto stored = store("file", "new");
  ASSERT_FALSE(stored);
  EXPECT_THAT(stored.error().message, HasSubstr("its old content is in /.ftpsfs-old-"));
  ASSERT_EQ(on_disk().size(), 1U);
  EXPECT_EQ(content(on_disk().front()), "old");
}

TEST_P(NothingIsReplaced, ALostConnectionLeavesTheOldOrTheNew) {
  for (const auto* verb : {"RNFR", "RNTO", "DELE"}) {
    for (const std::uint64_t nth : {1U, 2U, 3U}) {
      for (const CutPoint point : {CutPoint::before_execute, CutPoint::before_final_reply}) {
        SCOPED_TRACE(std::string(verb) + " " + std::to_string(nth));
        served.folder.write("file", "old");
        served.server.faults().on_command(verb, nth, Fault::cut(point));
        const auto stored = store("file", "new");
        EXPECT_TRUE(stored) << stored.error().describe();
        EXPECT_EQ(content("file"), "new");
        served.server.faults().clear();
        EXPECT_TRUE(served.fs().list(at("/"), test_context())) << "removes what is left";
        EXPECT_THAT(on_disk(), ElementsAre("file"));
      }
    }
  }
}

// Fails each step once and looks at what the server has then.
class CutAnywhere : public StoreTest, public ::testing::WithParamInterface<Personality (*)()> {
 protected:
  CutAnywhere() : StoreTest(GetParam()()) {}
};

INSTANTIATE_TEST_SUITE_P(Servers, CutAnywhere,
                         ::testing::Values(&permissive, &strict_vsftpd, &strict_filezilla, &pureftpd),
                         [](const auto& test) { return test.param().name; });

TEST_P(CutAnywhere, ReplacesAllTheSameAndLeavesNothing) {
  const std::string bytes = patterned_bytes(kLarge);
  for (const auto* verb : {"STOR", "MLST", "SIZE", "MFMT", "MDTM", "RNFR", "RNTO"}) {
    for (const CutPoint point : {CutPoint::before_execute, CutPoint::after_preliminary, CutPoint::after_bytes,
                                 CutPoint::before_final_reply, CutPoint::after_final_reply}) {
      SCOPED_TRACE(verb);
      served.folder.write("file", "old");
      Fault cut = Fault::cut(point);
      cut.data_bytes = 100'000;
      served.server.faults().on_command(verb, 1, cut);
      const auto stored = store("file", bytes, {.modified = kThen});
      EXPECT_TRUE(stored) << stored.error().describe();
      EXPECT_TRUE(content("file") == bytes);
      EXPECT_THAT(on_disk(), ElementsAre("file"));
      served.server.faults().clear();
    }
  }
}

TEST_P(CutAnywhere, ForGoodLeavesTheOldContent) {
  const std::string bytes = patterned_bytes(kLarge);
  using Step = std::pair<const char*, CutPoint>;
  for (const auto& [verb, point] :
       {Step("STOR", CutPoint::after_preliminary), Step("STOR", CutPoint::after_bytes),
        Step("RNFR", CutPoint::before_execute)}) {
    SCOPED_TRACE(verb);
    served.folder.write("file", "old");
    Fault cut = Fault::cut(point);
    cut.data_bytes = 100'000;
    served.server.faults().on_command(verb, 0, cut);
    EXPECT_FALSE(store("file", bytes));
    EXPECT_TRUE(content("file") == "old");
    served.server.faults().clear();
    EXPECT_TRUE(served.fs().list(at("/"), test_context())) << "removes what is left";
    EXPECT_THAT(on_disk(), ElementsAre("file"));
  }
}

using LostReply = StoreTest;

TEST_F(LostReply, OfAnUploadIsSettledByAskingForItsSize) {
  served.folder.write("file", "old");
  served.server.faults().on_command("STOR", 1, Fault::cut(CutPoint::before_final_reply));
  const std::string bytes = patterned_bytes(kLarge);
  ASSERT_TRUE(store("file", bytes));
  EXPECT_TRUE(content("file") == bytes);
  EXPECT_EQ(count("STOR"), 1U) << "everything had arrived";
}

TEST_F(LostReply, OfTheRenameIsSettledByAskingForTheTarget) {
  served.folder.write("file", "old");
  served.server.faults().on_command("RNTO", 1, Fault::cut(CutPoint::before_final_reply));
  ASSERT_TRUE(store("file", "new content"));
  EXPECT_EQ(content("file"), "new content");
  EXPECT_EQ(count("STOR"), 1U);
}

class LeftOver : public StoreTest {
 protected:
  void put(const std::string& name, std::chrono::hours age) const {
    served.folder.write(name, "half");
    std::filesystem::last_write_time(served.folder.path() / name,
                                     std::filesystem::file_time_type::clock::now() - age);
  }
  static constexpr auto kOld = std::chrono::hours(72);
  const std::string digits = "0123456789abcdef0123456789abcdef";
};

TEST_F(LeftOver, UploadsOfCrashedMountsAreRemovedAtAListing) {
  put(".ftpsfs-upload-" + digits, kOld);
  put("ftpsfs-upload-" + digits, kOld);
  put("file", kOld);
  const auto listed = served.fs().list(at("/"), test_context());
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_EQ(listed->size(), 1U);
  EXPECT_THAT(on_disk(), ElementsAre("file"));
}

TEST_F(LeftOver, NothingElseIsTouched) {
  const std::vector<std::string> others{".ftpsfs-upload-" + digits + "0", ".ftpsfs-upload-",
                                        ".ftpsfs-upload-0123456789ABCDEF0123456789ABCDEF",
                                        ".ftpsfs-old-" + digits, "x.ftpsfs-upload-" + digits};
  for (const auto& name : others) put(name, kOld);
  put(".ftpsfs-upload-" + digits, std::chrono::hours(20));
  std::filesystem::create_directory(served.folder.path() / ("ftpsfs-upload-" + digits));
  const auto before = on_disk();
  const auto listed = served.fs().list(at("/"), test_context());
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_EQ(listed->size(), before.size());
  EXPECT_EQ(on_disk(), before);
}

TEST_F(LeftOver, IsKeptByAMountThatChangesNothing) {
  put(".ftpsfs-upload-" + digits, kOld);
  auto reader = with({.read_only = true});
  ASSERT_TRUE(reader.list(at("/"), test_context()));
  EXPECT_EQ(on_disk().size(), 1U);
}

}  // namespace
}  // namespace ftpsfs::testing
