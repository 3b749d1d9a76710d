#pragma once

// Write-back (the option writeback=): which journal a mount has, and what becomes of it at the end of the mount.

#include <filesystem>
#include <memory>
#include <string>

#include "ftpsfs/app/options.h"
#include "ftpsfs/app/source.h"
#include "ftpsfs/base/error.h"
#include "ftpsfs/control/messages.h"
#include "ftpsfs/writeback/writeback_fs.h"

namespace ftpsfs::app {

// A folder below the option journal_dir=, or the user's state folder, for this account and this part of the server.
// It does not matter how the source was written, nor whether TLS is explicit.
base::Result<std::filesystem::path> journal_folder(const Options& options, const Source& source,
                                                   const std::string& user);

// Null when nothing is to be deferred and an earlier mount has left nothing. What it has left is uploaded by the next
// mount that may write, with the option or without. `remote` must outlive the result.
base::Result<std::unique_ptr<writeback::WritebackFs>> open_writeback(const Options& options,
                                                                     const Source& source,
                                                                     const std::string& user,
                                                                     remote::RemoteFs& remote);

// What of a report is still to be uploaded.
control::Remaining remaining_of(const writeback::Report& report);

// Uploads what waits, telling the log how far it is, until nothing is left, unmount_timeout= has passed or a signal asks
// to end. What then still waits stays in the journal, which is no failure, and the log says where.
void finish_writeback(writeback::WritebackFs& writeback, const Options& options);

}  // namespace ftpsfs::app
