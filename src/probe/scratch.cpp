#include "scratch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace ftpsfs::probe {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using ftp::Command;
using model::RemotePath;

namespace {

constexpr std::chrono::seconds kCleanupTimeout{20};
constexpr int kAttempts = 2;  // the first may find a lost connection

Result<ftp::Reply> ask_again(Lab& lab, const Command& command) {
  auto reply = lab.ask(command);
  for (int i = 1; i < kAttempts && !reply; ++i) reply = lab.ask(command);
  return reply;
}

}  // namespace

Result<Scratch> Scratch::make(Lab& lab, const RemotePath& parent) {
  std::random_device random;
  auto path = parent.child(fmt::format(".ftpsfs-probe-{:08x}", random() & 0xffff'ffffU));
  if (!path) return fail(std::move(path));
  auto reply = lab.ask(Command::mkd(*path));
  if (!reply) {
    (void)Scratch(std::move(*path)).remove(lab);
    return fail(std::move(reply));
  }
  if (!reply->completed()) return fail(Errc::permission_denied, "the server refuses MKD", reply->text());
  return Scratch(std::move(*path));
}

RemotePath Scratch::file(std::string_view name) {
  auto path = path_.child(name);
  if (!path) return path_;
  if (std::ranges::find(files_, *path) == files_.end()) files_.push_back(*path);
  return *path;
}

Status Scratch::store(Lab& lab, const RemotePath& path, std::string_view bytes, bool append) {
  auto session = lab.session();
  if (!session) return fail(std::move(session));
  auto transfer = (*session)->transfer(append ? Command::appe(path) : Command::stor(path), lab.step());
  if (!transfer) return fail(std::move(transfer));
  const auto ctx = lab.context().capped(lab.settings().login.data_timeout);
  if (auto ok = (*transfer)->write(std::as_bytes(std::span(bytes)), ctx); !ok) return ok;
  auto reply =
      (*transfer)->finish_upload(ctx, lab.context().capped(lab.settings().login.final_reply_timeout));
  return reply ? Status{} : fail(std::move(reply));
}

Status Scratch::remove(Lab& lab) {
  const auto before = lab.allow_cleanup(kCleanupTimeout);
  for (const RemotePath& file : files_) (void)ask_again(lab, Command::dele(file));
  auto reply = ask_again(lab, Command::rmd(path_));
  lab.restore(before);
  if (!reply) return fail(std::move(reply));
  if (!reply->completed()) return fail(Errc::not_empty, "the server refuses RMD", reply->text());
  return {};
}

}  // namespace ftpsfs::probe
