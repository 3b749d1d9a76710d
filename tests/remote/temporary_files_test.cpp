#include "temporary_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ftpsfs::remote {
namespace {

using model::RemotePath;

std::size_t shown(const TemporaryFiles::Listing& listing, const RemotePath& file) {
  model::Listing entries;
  entries.push_back({std::string(file.name()), {}});
  listing.hide_own(entries, file.parent());
  return entries.size();
}

TEST(TemporaryFiles, AreHiddenWhileTheyExist) {
  TemporaryFiles files;
  const auto file = files.make(Temporary::upload, RemotePath()).value();
  EXPECT_EQ(shown(TemporaryFiles::Listing(files), file), 0U);
  files.gone(file);
  EXPECT_EQ(shown(TemporaryFiles::Listing(files), file), 1U);
}

TEST(TemporaryFiles, ThatGoDuringAListingAreHiddenInIt) {
  TemporaryFiles files;
  const auto file = files.make(Temporary::upload, RemotePath()).value();
  const TemporaryFiles::Listing listing(files);
  files.gone(file);
  EXPECT_EQ(shown(listing, file), 0U);
}

TEST(TemporaryFiles, OfOthersAreShown) {
  TemporaryFiles files;
  TemporaryFiles others;
  const auto file = others.make(Temporary::upload, RemotePath()).value();
  EXPECT_EQ(shown(TemporaryFiles::Listing(files), file), 1U);
}

}  // namespace
}  // namespace ftpsfs::remote
