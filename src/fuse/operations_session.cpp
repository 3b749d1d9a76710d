#include <algorithm>

#include "operations.h"
#include "session_context.h"

namespace ftpsfs::fuse {
namespace {

constexpr unsigned kMaxWrite = 1 << 20;  // what the kernel takes at most

void want(fuse_conn_info& connection, unsigned capability) {
  if ((connection.capable & capability) != 0) connection.want |= capability;
}

void on_init(void* user_data, fuse_conn_info* connection) {
  auto& session = *static_cast<SessionContext*>(user_data);
  for (const unsigned capability : {unsigned{FUSE_CAP_ASYNC_READ}, unsigned{FUSE_CAP_AUTO_INVAL_DATA},
                                    unsigned{FUSE_CAP_ATOMIC_O_TRUNC}, unsigned{FUSE_CAP_PARALLEL_DIROPS},
                                    unsigned{FUSE_CAP_READDIRPLUS}, unsigned{FUSE_CAP_READDIRPLUS_AUTO}}) {
    want(*connection, capability);
  }
  // Without writeback cache, so that an error of a write reaches the write; set-uid bits are the kernel's to clear.
  connection->want &= ~(unsigned{FUSE_CAP_WRITEBACK_CACHE} | unsigned{FUSE_CAP_HANDLE_KILLPRIV});
  connection->max_write = kMaxWrite;
  // Readahead that stalls may take half of the threads, so that the other half goes on answering.
  connection->max_background = std::max(1U, session.options.max_threads / 2);
  if (session.ready) session.ready();
}

}  // namespace

void add_session_operations(fuse_lowlevel_ops& operations) { operations.init = on_init; }

fuse_lowlevel_ops all_operations() {
  fuse_lowlevel_ops operations{};
  add_session_operations(operations);
  add_name_operations(operations);
  add_attribute_operations(operations);
  add_file_operations(operations);
  add_directory_operations(operations);
  return operations;
}

}  // namespace ftpsfs::fuse
