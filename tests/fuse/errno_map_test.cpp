#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "ftpsfs/fuse/mount_session.h"

namespace ftpsfs::fuse {
namespace {

using base::Errc;

struct Row {
  Errc code;
  int number;
};

constexpr Row kRows[] = {
    {Errc::not_found, ENOENT},
    {Errc::exists, EEXIST},
    {Errc::not_empty, ENOTEMPTY},
    {Errc::not_a_directory, ENOTDIR},
    {Errc::is_a_directory, EISDIR},
    {Errc::permission_denied, EACCES},
    {Errc::not_permitted, EPERM},
    {Errc::read_only, EROFS},
    {Errc::no_space, ENOSPC},
    {Errc::quota_exceeded, EDQUOT},
    {Errc::file_too_large, EFBIG},
    {Errc::name_invalid, EINVAL},
    {Errc::name_too_long, ENAMETOOLONG},
    {Errc::invalid_argument, EINVAL},
    {Errc::not_supported, EOPNOTSUPP},
    {Errc::busy, EBUSY},
    {Errc::login_refused, EACCES},
    {Errc::too_many_sessions, EBUSY},
    {Errc::tls_refused, ECONNREFUSED},
    {Errc::tls_untrusted, EPROTO},
    {Errc::tls_not_resumed, EPROTO},
    {Errc::unreachable, EHOSTUNREACH},
    {Errc::timed_out, ETIMEDOUT},
    {Errc::cancelled, EINTR},
    {Errc::connection_lost, EIO},
    {Errc::protocol_error, EPROTO},
    {Errc::stale, ESTALE},
    {Errc::local_io, EIO},
    {Errc::internal, EIO},
};

TEST(ErrnoMap, IsAsDocumented) {
  for (const Row& row : kRows)
    EXPECT_EQ(to_errno({row.code, {}, {}}), row.number) << base::to_string(row.code);
}

TEST(ErrnoMap, KnowsEveryCode) {
  std::set<Errc> rows;
  for (const Row& row : kRows) rows.insert(row.code);
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(Errc::internal) + 1);
}

TEST(ErrnoMap, NeverAnswersWhatMakesProgramsSpinOrSucceed) {
  for (const Row& row : kRows) {
    EXPECT_GT(to_errno({row.code, {}, {}}), 0);
    EXPECT_NE(to_errno({row.code, {}, {}}), EAGAIN);
  }
}

}  // namespace
}  // namespace ftpsfs::fuse
