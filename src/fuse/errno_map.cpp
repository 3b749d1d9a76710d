#include <cerrno>

#include "ftpsfs/fuse/mount_session.h"

namespace ftpsfs::fuse {

// A broken connection is EIO and not ECONNRESET: programs know EIO from local disks, and backup tools and databases
// react to it as they must. EAGAIN never leaves, because programs spin on it.
int to_errno(const base::Error& error) {
  using base::Errc;
  switch (error.code) {
    case Errc::not_found: return ENOENT;
    case Errc::exists: return EEXIST;
    case Errc::not_empty: return ENOTEMPTY;
    case Errc::not_a_directory: return ENOTDIR;
    case Errc::is_a_directory: return EISDIR;
    case Errc::permission_denied: return EACCES;
    case Errc::not_permitted: return EPERM;
    case Errc::read_only: return EROFS;
    case Errc::no_space: return ENOSPC;
    case Errc::quota_exceeded: return EDQUOT;
    case Errc::file_too_large: return EFBIG;
    case Errc::name_invalid: return EINVAL;
    case Errc::name_too_long: return ENAMETOOLONG;
    case Errc::invalid_argument: return EINVAL;
    case Errc::not_supported: return EOPNOTSUPP;
    case Errc::busy: return EBUSY;
    case Errc::login_refused: return EACCES;
    case Errc::too_many_sessions: return EBUSY;
    case Errc::tls_refused: return ECONNREFUSED;
    case Errc::tls_untrusted: return EPROTO;
    case Errc::tls_not_resumed: return EPROTO;
    case Errc::unreachable: return EHOSTUNREACH;
    case Errc::timed_out: return ETIMEDOUT;
    case Errc::cancelled: return EINTR;
    case Errc::connection_lost: return EIO;
    case Errc::protocol_error: return EPROTO;
    case Errc::stale: return ESTALE;
    case Errc::local_io: return EIO;
    case Errc::internal: return EIO;
  }
  return EIO;
}

}  // namespace ftpsfs::fuse
