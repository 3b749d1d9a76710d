#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ftpsfs/base/clock.h"
#include "ftpsfs/model/attributes.h"
#include "ftpsfs/model/listing.h"

namespace ftpsfs::cache {

// How long knowledge counts from when it came.
struct Lifetimes {
  base::SteadyDuration present;
  base::SteadyDuration absent;
};

enum class Knowledge { unknown, absent, present };

// What is known of one name. `attributes` count when it is present.
struct Finding {
  Knowledge knowledge = Knowledge::unknown;
  model::Attributes attributes;
  base::SteadyTime until;
};

// What is known of one directory's entries: all of them after a listing, some of them after single questions. Each name
// ages by itself. Not thread safe.
class DirectorySnapshot {
 public:
  // Everything known before gives way to the server's listing.
  void fill(const model::Listing& listing, base::SteadyTime now, const Lifetimes& lifetimes);

  void put(std::string_view name, const model::Attributes& attributes, base::SteadyTime until);
  void put_absent(std::string_view name, base::SteadyTime until);

  // The name becomes unknown, and the listing with it incomplete.
  void forget(std::string_view name);

  Finding find(std::string_view name, base::SteadyTime now) const;

  // The entry's attributes, or where it has none null, however old they are.
  model::Attributes* last_known(std::string_view name);

  // All entries, in the server's order and then in the order of our own additions; nullopt when not all are known.
  std::optional<model::Listing> listing(base::SteadyTime now) const;

  // A question about one name goes to the server; true when it should rather be one for the listing.
  bool count_miss(base::SteadyTime now, base::SteadyDuration lifetime);

  // The directory cannot be listed, or not be kept: until then no miss leads to a listing.
  void list_not_before(base::SteadyTime time);

  // Nothing in here counts any more.
  bool expired(base::SteadyTime now) const { return now >= expires_; }

  // In entries, at least 1.
  std::size_t weight() const { return 1 + names_.size(); }

 private:
  struct Name {
    std::optional<model::Attributes> attributes;  // nullopt: absent
    base::SteadyTime until;
    std::uint64_t position = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Name& touch(std::string_view name, base::SteadyTime until);

  std::unordered_map<std::string, Name, Hash, std::equal_to<>> names_;
  std::uint64_t next_position_ = 0;
  bool cut_short_ = false;  // by the server: what it listed is in names_, but there is more
  base::SteadyTime listed_until_ = base::SteadyTime::min();  // all entries are in names_
  base::SteadyTime absent_until_ = base::SteadyTime::min();  // what is not in names_ does not exist
  base::SteadyTime missed_until_ = base::SteadyTime::min();  // there has been a miss lately
  base::SteadyTime list_not_before_ = base::SteadyTime::min();
  base::SteadyTime expires_ = base::SteadyTime::min();
};

}  // namespace ftpsfs::cache
