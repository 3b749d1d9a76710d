#include "attribute_policies.h"

#include <utility>

#include "ftpsfs/base/log.h"

namespace ftpsfs::vfs {

using base::Errc;
using base::fail;
using base::Status;
using model::RemotePath;

Status AttributePolicies::time_set(Status answer, const RemotePath& path) {
  if (answer || answer.error().code != Errc::not_supported) return answer;
  if (times_ == AttributePolicy::fail) {
    return fail(Errc::not_supported,
                "this server cannot set modification times (mtime=auto lets programs go on without)",
                answer.error().server_reply);
  }
  if (!warned_of_times_.exchange(true)) {
    base::log("vfs").warn(
        "times are not kept: this server cannot set the modification time of {} (mtime=ignore asks no more, "
        "mtime=fail tells programs)",
        base::printable(path.str()));
  }
  return {};
}

Status AttributePolicies::permissions_set(Status answer, const RemotePath& path) {
  if (answer || answer.error().code != Errc::not_supported) return answer;
  if (permissions_ == AttributePolicy::fail) {
    return fail(Errc::not_permitted,
                "this server cannot change permissions (chmod=auto lets programs go on without)",
                answer.error().server_reply);
  }
  if (!warned_of_permissions_.exchange(true)) {
    base::log("vfs").warn(
        "permissions are not kept: this server cannot change those of {} (chmod=ignore asks no more, "
        "chmod=fail tells programs)",
        base::printable(path.str()));
  }
  return {};
}

}  // namespace ftpsfs::vfs
