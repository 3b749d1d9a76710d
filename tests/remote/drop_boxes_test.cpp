// Folders that take uploads and refuse every look at them.

#include "store_fixture.h"

namespace ftpsfs::testing {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kText = "payment 4711";

class DropBox : public StoreTest {
 protected:
  explicit DropBox(Personality personality = dropbox()) : StoreTest(std::move(personality)) {
    std::filesystem::create_directory(served.folder.path() / "in");
  }

  Errc code_of_stat(const std::string& path) {
    const auto found = served.fs().stat(at(path), test_context());
    return found ? Errc::internal : found.error().code;
  }
};

TEST_F(DropBox, TakesWhatItConfirms) {
  const auto stored = store("in/file", kText, new_file());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(stored->unseen);
  EXPECT_EQ(stored->attributes.size, kText.size());
  EXPECT_EQ(content("in/file"), kText);
  EXPECT_TRUE(served.stack.knowledge.refuses_looks(at("/in")));
  EXPECT_FALSE(served.stack.knowledge.first_unseen_upload(at("/in"))) << "told once";
}

TEST_F(DropBox, IsLookedAtBeforeAnUploadInVain) {
  ASSERT_TRUE(store("in/file", kText));
  ASSERT_TRUE(store("in/file", "and again"));
  EXPECT_EQ(content("in/file"), "and again");
}

// Nobody could remove or rename it.
TEST_F(DropBox, GetsNoTemporaryFileOnceItIsKnown) {
  EXPECT_EQ(code_of_stat("/in/large"), Errc::not_found);
  const std::string large = patterned_bytes(kLarge);
  ASSERT_TRUE(store("in/large", large, new_file()));
  EXPECT_TRUE(content("in/large") == large);
  EXPECT_THAT(on_disk("in"), ElementsAre("large"));
}

TEST_F(DropBox, ThatIsNotKnownHasAFileUploadedAnewWhereNothingCanBeRenamed) {
  const std::string large = patterned_bytes(kLarge);
  ASSERT_TRUE(store("in/large", large, new_file()));
  EXPECT_TRUE(content("in/large") == large);
  ASSERT_TRUE(store("in/larger", large, new_file()));
  EXPECT_EQ(count("STOR"), 3U) << "remembered";
}

TEST_F(DropBox, ShowsItsOwnUploadsAndNothingElse) {
  served.folder.write("in/theirs", "x");
  EXPECT_EQ(code_of_stat("/in/ours"), Errc::not_found);
  EXPECT_EQ(code_of_stat("/in/theirs"), Errc::not_found);
  ASSERT_TRUE(store("in/ours", kText, new_file()));
  for (int i = 0; i < 2; ++i) {
    const auto found = i == 0 ? served.fs().stat(at("/in/ours"), test_context())
                              : served.fs().refresh_file(at("/in/ours"), test_context());
    ASSERT_TRUE(found) << found.error().describe();
    EXPECT_EQ(found->size, kText.size());
    EXPECT_TRUE(found->modified);
  }
  EXPECT_EQ(served.fs().list(at("/in"), test_context()).error().code, Errc::permission_denied);
  EXPECT_EQ(served.fs().open_read(at("/in/ours"), 0, {}, test_context()).error().code,
            Errc::permission_denied);
}

TEST_F(DropBox, TellsWhyAnUploadIsRefused) {
  served.server.faults().on_command("STOR", 0, Fault::reply_with("553 The file is there already."));
  const auto stored = store("in/file", kText, new_file());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::permission_denied);
  EXPECT_THAT(stored.error().describe(), HasSubstr("The file is there already."));
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
}

TEST_F(DropBox, IsNotBelievedWithoutAConfirmation) {
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
  served.server.faults().on_command("STOR", 0, Fault::cut(CutPoint::before_final_reply));
  const auto stored = store("in/file", kText, new_file());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::connection_lost);
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
}

TEST_F(DropBox, TakesAFileWhoseConfirmationWasLostOnce) {
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
  served.server.faults().on_command("STOR", 1, Fault::cut(CutPoint::before_final_reply));
  ASSERT_TRUE(store("in/file", kText, new_file()));
  EXPECT_EQ(content("in/file"), kText);
  EXPECT_THAT(on_disk("in"), ElementsAre("file"));
}

TEST_F(DropBox, IsNoForbiddenFolder) {
  auto personality = dropbox();
  personality.denied_in_drop_box.insert("CWD");
  ServedStack forbidden(personality);
  forbidden.folder.write("in/file", "x");
  const auto found = forbidden.fs().stat(at("/in/file"), test_context());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::permission_denied) << found.error().describe();
}

// Where anything still answers, it decides.
class DropBoxWithSize : public DropBox {
 protected:
  DropBoxWithSize() : DropBox(personality()) {}
  static Personality personality() {
    auto p = dropbox();
    for (const auto* verb : {"SIZE", "MDTM", "DELE", "RNFR"}) p.denied_in_drop_box.erase(verb);
    return p;
  }
};

TEST_F(DropBoxWithSize, IsAskedForIt) {
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
  const std::string large = patterned_bytes(kLarge);
  const auto stored = store("in/file", large, new_file());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_FALSE(stored->unseen);
  EXPECT_FALSE(served.stack.knowledge.refuses_looks(at("/in")));
  EXPECT_THAT(on_disk("in"), ElementsAre("file"));
  EXPECT_EQ(count("RNTO"), 1U) << "it appears whole";
  EXPECT_EQ(served.fs().stat(at("/in/file"), test_context())->size, kLarge);
}

TEST_F(DropBoxWithSize, CannotPassOffAnUploadThatItHasNotTaken) {
  auto sizes =
      served.server.faults().on_command("SIZE", 0, Fault::reply_with("550 Could not get file size."));
  const auto missing = store("in/file", kText, new_file());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found) << missing.error().describe();
  EXPECT_GT(sizes.fired(), 0U);
  served.server.faults().clear();
  served.server.faults().on_command("SIZE", 0, Fault::reply_with("213 4"));
  const auto half = store("in/half", kText, new_file());
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().code, Errc::protocol_error) << half.error().describe();
}

// A refusal that may mean "missing" is no refusal to tell.
TEST_F(DropBox, ThatSaysMissingIsNotBelieved) {
  for (const auto* reply :
       {"550 No such file or directory", "550 Could not get file size.", "450 Try later."}) {
    SCOPED_TRACE(reply);
    served.server.faults().clear();
    served.server.faults().on_command("SIZE", 0, Fault::reply_with(reply));
    EXPECT_FALSE(store("in/file", kText, new_file()));
  }
}

TEST_F(DropBox, WhoseListingWorksButLacksTheFileIsNotBelieved) {
  auto personality = dropbox();
  personality.denied_in_drop_box = {"SIZE", "MDTM"};
  personality.list_takes_options = false;  // and so never shows a name with a dot
  ServedStack listing(personality);
  std::filesystem::create_directory(listing.folder.path() / "in");
  const auto stored = listing.fs().store(at("/in/.file"), content_of(kText), new_file(), test_context());
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, Errc::not_found) << stored.error().describe();
  EXPECT_TRUE(listing.fs().store(at("/in/file"), content_of(kText), new_file(), test_context()));
}

// ProFTPD with <Limit READ DIRS>: even the folder's name is hidden.
TEST_F(DropBox, ThatCannotEvenBeEnteredIsServedAllTheSame) {
  auto personality = proftpd();
  personality.drop_box = "/in";
  personality.denied_in_drop_box = {"CWD", "LIST", "MDTM", "MFMT", "MLSD", "MLST", "RETR", "SIZE"};
  personality.texts.denied = "550 Unable to handle command";
  ServedStack box(personality);
  std::filesystem::create_directory(box.folder.path() / "in");
  const auto stored = box.fs().store(at("/in/file"), content_of(kText), new_file(), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_TRUE(stored->unseen);
  const auto found = box.fs().stat(at("/in/file"), test_context());
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_EQ(found->size, kText.size());
}

TEST_F(DropBox, MayBeAWholeAccount) {
  auto personality = proftpd();
  personality.drop_box = "/";
  personality.denied_in_drop_box = {"CWD", "LIST", "MDTM", "MFMT", "MLSD", "MLST", "PWD", "RETR", "SIZE"};
  personality.texts.denied = "550 Unable to handle command";
  ServedStack box(personality);
  const auto root = box.fs().stat(at("/"), test_context());
  ASSERT_TRUE(root) << root.error().describe();
  EXPECT_EQ(root->type, model::FileType::directory);
  EXPECT_EQ(box.fs().stat(at("/file"), test_context()).error().code, Errc::not_found);
  ASSERT_TRUE(box.fs().store(at("/file"), content_of(kText), new_file(), test_context()));
  EXPECT_EQ(box.fs().stat(at("/file"), test_context())->size, kText.size());
}

// ProFTPD with <Limit ALL>: SIZE tells of what is missing.
TEST_F(DropBox, ThatTellsWhatIsMissingGetsNoTemporaryFileEither) {
  auto personality = dropbox();
  personality.features.emplace_back("MLST type*;size*;modify*;");
  personality.missing_verbs = {};
  ServedStack box(personality);
  std::filesystem::create_directory(box.folder.path() / "in");
  box.server.faults().on_command("SIZE", 0, Fault::reply_with("550 /in/large: No such file or directory"));
  EXPECT_EQ(box.fs().stat(at("/in/large"), test_context()).error().code, Errc::not_found);
  box.server.faults().clear();
  const std::string large = patterned_bytes(kLarge);
  const auto stored = box.fs().store(at("/in/large"), content_of(large), new_file(), test_context());
  ASSERT_TRUE(stored) << stored.error().describe();
  EXPECT_EQ(box.server.snapshot().command_count("STOR"), 1U);
}

class DropBoxWithNames : public DropBox {
 protected:
  DropBoxWithNames() : DropBox(personality()) {}
  static Personality personality() {
    auto p = dropbox();
    for (const auto* verb : {"DELE", "RNFR"}) p.denied_in_drop_box.erase(verb);
    return p;
  }
};

TEST_F(DropBoxWithNames, FollowsItsOwnUploadsWhereTheyGo) {
  ASSERT_TRUE(store("in/a", kText, new_file()));
  ASSERT_TRUE(served.fs().rename(at("/in/a"), at("/in/b"), test_context()));
  EXPECT_EQ(code_of_stat("/in/a"), Errc::not_found);
  EXPECT_EQ(served.fs().stat(at("/in/b"), test_context())->size, kText.size());
  ASSERT_TRUE(served.fs().remove_file(at("/in/b"), test_context()));
  EXPECT_EQ(code_of_stat("/in/b"), Errc::not_found);
}

TEST_F(DropBoxWithNames, IsRidOfAHalfFile) {
  EXPECT_EQ(code_of_stat("/in/file"), Errc::not_found);
  served.server.faults().on_command("STOR", 0,
                                    Fault{.replace_reply = "552 Disk full.", .execute_anyway = true});
  ASSERT_FALSE(store("in/file", kText, new_file()));
  EXPECT_THAT(on_disk("in"), ElementsAre());
}

}  // namespace
}  // namespace ftpsfs::testing
