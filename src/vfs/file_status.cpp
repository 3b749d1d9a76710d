#include "file_status.h"

namespace ftpsfs::vfs {

using model::Attributes;
using model::FileType;
using model::TimePrecision;

namespace {

std::uint64_t shown_size(const InodeView& view) {
  if (view.local && view.local->size) return *view.local->size;
  const Attributes& attributes = view.attributes;
  // symlink(7): the size of a link is the length of its target, and programs allocate by it.
  if (attributes.type == FileType::symlink && attributes.link_target) return attributes.link_target->size();
  return attributes.size.value_or(0);
}

std::uint32_t shown_permissions(const InodeView& view, const StatusDefaults& defaults) {
  if (view.local && view.local->permissions) return *view.local->permissions & 07777;
  const bool directory = view.attributes.type == FileType::directory;
  return view.attributes.mode.value_or(directory ? defaults.directory_mode : defaults.file_mode) & 07777;
}

base::SystemTime shown_time(const InodeView& view, const StatusDefaults& defaults) {
  if (view.local && view.local->modified) return *view.local->modified;
  return view.attributes.modified.value_or(defaults.modified);
}

base::SteadyDuration length_of(TimePrecision precision) {
  switch (precision) {
    case TimePrecision::second: return std::chrono::seconds(1);
    case TimePrecision::minute: return std::chrono::minutes(1);
    case TimePrecision::day: return std::chrono::days(1);
  }
  return {};
}

// Whether `exact` is what a coarser listing shows as `coarse`.
bool is_shown_as(base::SystemTime exact, base::SystemTime coarse, TimePrecision precision) {
  return exact >= coarse && exact - coarse < length_of(precision);
}

}  // namespace

FileStatus status_of(const InodeView& view, const StatusDefaults& defaults) {
  return {.inode = view.inode,
          .type = view.attributes.type,
          .size = shown_size(view),
          .modified = shown_time(view, defaults),
          .permissions = shown_permissions(view, defaults),
          .links = view.nameless ? 0U : 1U};
}

Attributes updated(const Attributes& older, const Attributes& fresh) {
  Attributes result = fresh.with_gaps_from(older);
  const bool coarser = fresh.precision > older.precision && fresh.modified && older.modified;
  if (coarser && result.size == older.size &&
      is_shown_as(*older.modified, *fresh.modified, fresh.precision)) {
    result.modified = older.modified;
    result.precision = older.precision;
  }
  return result;
}

}  // namespace ftpsfs::vfs
