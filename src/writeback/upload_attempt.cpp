#include "upload_attempt.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "ftpsfs/base/log.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using model::Attributes;
using model::FileVersion;

namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr int kMostNames = 100;
constexpr std::size_t kLongestName = 255;

Result<std::size_t> read_fully(const DataFile& data, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto count = data.read_at(offset + filled, out.subspan(filled));
    if (!count) return count;
    if (*count == 0) break;
    filled += *count;
  }
  return filled;
}

// "name.ftpsfs-conflict-20261123-015540", and "-2" behind it from the second on.
std::string name_aside(std::string_view name, base::SystemTime now, int number) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  auto suffix = fmt::format(".ftpsfs-conflict-{:%Y%m%d-%H%M%S}", seconds);
  if (number > 1) suffix += fmt::format("-{}", number);
  auto front = name.substr(0, std::min(name.size(), kLongestName - suffix.size()));
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (front.size() < name.size() && !front.empty() && continues(name[front.size()]))
    front.remove_suffix(1);
  return std::string(front) + suffix;
}

}  // namespace

// Whether all that the server has is the front of `data`.
Result<UploadAttempt::Resemblance> UploadAttempt::compare(const Attributes& there, const DataFile& data,
                                                          const OpContext& ctx) const {
  if (there.size && *there.size > data.size()) return Resemblance::none;
  auto source = remote_.open_read(record_.path, 0, FileVersion::of(there), ctx);
  if (!source) {
    if (source.error().code == Errc::not_found)
      return fail(Errc::stale, "the file on the server is changing");
    // What nobody may read is nothing that we know.
    if (source.error().code == Errc::permission_denied) return Resemblance::none;
    return fail(std::move(source));
  }
  std::vector<std::byte> theirs(kPiece);
  std::vector<std::byte> ours(kPiece);
  std::uint64_t offset = 0;
  for (;;) {
    const auto count = (*source)->read(theirs, ctx.with_time_limit(limit_));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    const auto same = read_fully(data, offset, std::span(ours).first(*count));
    if (!same) return std::unexpected(same.error());
    if (*same != *count ||
        !std::equal(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(*count), ours.begin())) {
      return Resemblance::none;
    }
    offset += *count;
  }
  return offset == data.size() ? Resemblance::whole : Resemblance::front;
}

Result<bool> UploadAttempt::has_earlier(const Attributes& there, const OpContext& ctx) const {
  for (const auto& data : earlier_) {
    const auto resemblance = compare(there, *data, ctx);
    if (!resemblance) return std::unexpected(resemblance.error());
    if (*resemblance != Resemblance::none) return true;
  }
  return false;
}

Result<Findings> UploadAttempt::look(const OpContext& ctx) const {
  const bool new_to_us = !record_.replaces && !record_.begun;
  auto there = new_to_us ? remote_.refresh_absent(record_.path, ctx) : remote_.stat(record_.path, ctx);
  if (!there) {
    if (there.error().code == Errc::not_found) return Findings{};
    return fail(std::move(there));
  }
  if (there->type != model::FileType::file) return Findings{Finding::changed, *std::move(there)};
  const bool known = record_.replaces && FileVersion::of(*there).may_equal(*record_.replaces);
  const bool as_long = !there->size || *there->size == record_.size;
  if (known && !(record_.begun && as_long)) return Findings{Finding::may_upload, *std::move(there)};
  if (as_long || record_.begun) {
    const auto resemblance = compare(*there, *data_, ctx);
    if (!resemblance) return std::unexpected(resemblance.error());
    if (*resemblance == Resemblance::whole) return Findings{Finding::arrived, *std::move(there)};
    // Nothing is lost with what ours begins with, and an upload that was cut off leaves just that.
    if (record_.begun && *resemblance == Resemblance::front)
      return Findings{Finding::may_upload, *std::move(there)};
  }
  if (known) return Findings{Finding::may_upload, *std::move(there)};
  const auto earlier = has_earlier(*there, ctx);
  if (!earlier) return std::unexpected(earlier.error());
  return Findings{*earlier ? Finding::may_upload : Finding::changed, *std::move(there)};
}

// The content is on the server, and no failure of this makes it wait any longer.
void UploadAttempt::set_rest(bool modified_set, bool mode_set, const OpContext& ctx) const {
  const auto tell = [&](const char* what, const base::Status& ok) {
    if (ok) return;
    base::log("writeback")
        .info("{}: the {} could not be set: {}", base::printable(record_.path.str()), what,
              ok.error().describe());
  };
  if (record_.mode && !mode_set) tell("permissions", remote_.set_mode(record_.path, *record_.mode, ctx));
  if (record_.modified && !modified_set)
    tell("time", remote_.set_modified(record_.path, *record_.modified, ctx));
}

Result<Attributes> UploadAttempt::upload(const Findings& findings, const OpContext& ctx) const {
  remote::StoreOptions options{.replaces = findings.there,
                               .creates = !findings.there,
                               .modified = record_.modified,
                               .mode = record_.mode};
  if (!options.modified && record_.keeps_time) options.modified = record_.stored;
  // Where only listings tell it.
  if (options.replaces && !options.replaces->mode) options.replaces->mode = record_.shown_mode;
  auto stored = remote_.store(record_.path, content_of(data_), options, ctx.with_time_limit(limit_));
  if (!stored) return fail(std::move(stored));
  const bool complete = (!record_.modified || stored->modified_set) && (!record_.mode || stored->mode_set);
  if (complete) return std::move(stored->attributes);
  set_rest(stored->modified_set, stored->mode_set, ctx.with_time_limit(limit_));
  auto now = remote_.stat(record_.path, ctx.with_time_limit(limit_));
  return now ? *std::move(now) : std::move(stored->attributes);
}

Result<Attributes> UploadAttempt::complete(const Attributes& there, const OpContext& ctx) const {
  if (!record_.modified && !record_.mode) return there;
  const bool timed = record_.modified && there.precision == model::TimePrecision::second &&
                     there.modified == record_.modified;
  set_rest(timed, there.mode == record_.mode, ctx);
  return remote_.stat(record_.path, ctx);
}

Result<model::RemotePath> UploadAttempt::free_path_beside(const OpContext& ctx) const {
  const auto now = std::chrono::system_clock::now();
  for (int number = 1; number <= kMostNames; ++number) {
    auto path = record_.path.parent().child(name_aside(record_.path.name(), now, number));
    if (!path) return path;
    const auto there = remote_.stat(*path, ctx);
    if (there) continue;
    if (there.error().code == Errc::not_found) return path;
    return std::unexpected(there.error());
  }
  return fail(Errc::busy, "there are too many conflicting copies beside the file; remove some");
}

}  // namespace ftpsfs::writeback
