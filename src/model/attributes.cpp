#include "ftpsfs/model/attributes.h"

namespace ftpsfs::model {

Attributes Attributes::with_gaps_from(const Attributes& older) const {
  Attributes merged = *this;
  if (older.type != type) return merged;
  if (!merged.size) merged.size = older.size;
  if (!merged.modified) {
    merged.modified = older.modified;
    merged.precision = older.precision;
  }
  if (!merged.mode) merged.mode = older.mode;
  if (!merged.link_target) merged.link_target = older.link_target;
  if (merged.unique_id.empty()) merged.unique_id = older.unique_id;
  return merged;
}

}  // namespace ftpsfs::model
