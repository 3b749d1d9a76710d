#include "ftpsfs/ftp/quirks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ftpsfs::ftp {
namespace {

using ::testing::HasSubstr;

struct Forced {
  const char* name;
  bool (*holds)(const ServerKnowledge&);
};

const Forced kForced[] = {
    {"no_epsv", [](const ServerKnowledge& s) { return s.lacks_epsv.load(); }},
    {"no_pasv", [](const ServerKnowledge& s) { return s.lacks_pasv.load(); }},
    {"no_mlsd", [](const ServerKnowledge& s) { return s.lacks_mlsd.load() && !s.lacks_mlst; }},
    {"no_mlst", [](const ServerKnowledge& s) { return s.lacks_mlst.load() && !s.lacks_mlsd; }},
    {"list_all", [](const ServerKnowledge& s) { return s.list_all == ListAll::always; }},
    {"no_list_all", [](const ServerKnowledge& s) { return s.list_all == ListAll::never; }},
    {"no_utf8_opts", [](const ServerKnowledge& s) { return s.lacks_utf8_opts.load(); }},
    {"no_mfmt", [](const ServerKnowledge& s) { return s.lacks_mfmt.load(); }},
    {"no_mff", [](const ServerKnowledge& s) { return s.lacks_mff.load(); }},
    {"no_mdtm_set", [](const ServerKnowledge& s) { return s.lacks_mdtm_set.load(); }},
    {"no_site_utime", [](const ServerKnowledge& s) { return s.lacks_site_utime && s.lacks_site_utime_long; }},
    {"no_chmod", [](const ServerKnowledge& s) { return s.lacks_site_chmod.load(); }},
    {"one_at_a_time", [](const ServerKnowledge& s) { return s.one_at_a_time.load(); }},
    {"stop_by_waiting", [](const ServerKnowledge& s) { return s.stops_by_waiting.load(); }},
    {"no_rename_over", [](const ServerKnowledge& s) { return s.lacks_rename_over.load(); }},
    {"no_control_resumption", [](const ServerKnowledge& s) { return s.no_control_resumption.load(); }},
    {"no_stat_listings", [](const ServerKnowledge& s) { return s.lacks_stat_listings.load(); }},
    {"login_step_by_step", [](const ServerKnowledge& s) { return s.login_step_by_step.load(); }},
    {"no_ready_data", [](const ServerKnowledge& s) { return s.no_ready_data.load(); }},
    {"pret", [](const ServerKnowledge& s) { return s.needs_pret.load(); }},
};

TEST(Quirks, EachIsForcedByItsName) {
  std::set<std::string_view> tested;
  for (const Forced& forced : kForced) {
    ServerKnowledge server;
    EXPECT_FALSE(forced.holds(server)) << forced.name;
    ASSERT_TRUE(apply_quirks(forced.name, server)) << forced.name;
    EXPECT_TRUE(forced.holds(server)) << forced.name;
    tested.insert(forced.name);
  }
  for (const Quirk& quirk : known_quirks()) {
    EXPECT_TRUE(tested.contains(quirk.name)) << quirk.name;
    EXPECT_FALSE(quirk.meaning.empty()) << quirk.name;
  }
}

TEST(Quirks, AreSeparatedByColons) {
  ServerKnowledge server;
  ASSERT_TRUE(apply_quirks("no_epsv::pret:", server));
  EXPECT_TRUE(server.lacks_epsv);
  EXPECT_TRUE(server.needs_pret);
  EXPECT_FALSE(server.lacks_mlst);
}

TEST(Quirks, AnUnknownOneNamesTheNearestAndAppliesNothing) {
  ServerKnowledge server;
  const auto status = apply_quirks("no_epsv:no_mslt", server);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::Errc::invalid_argument);
  EXPECT_THAT(status.error().message, HasSubstr("'no_mslt'; did you mean 'no_mlst'?"));
  EXPECT_THAT(status.error().message, HasSubstr("no_epsv, no_pasv"));
  EXPECT_FALSE(server.lacks_epsv);
}

TEST(Quirks, ContradictionsAreRefused) {
  ServerKnowledge server;
  EXPECT_FALSE(apply_quirks("list_all:no_list_all", server));
  EXPECT_EQ(server.list_all, ListAll::unknown);
}

TEST(Quirks, WhatIsForcedIsNotUnlearnt) {
  ServerKnowledge server;
  ASSERT_TRUE(apply_quirks("list_all:no_mlsd", server));
  server.learn_list_all(ListAll::never);
  server.set_capabilities({.mlst = true});
  EXPECT_EQ(server.list_all, ListAll::always);
  EXPECT_TRUE(server.lacks_mlsd);
}

}  // namespace
}  // namespace ftpsfs::ftp
