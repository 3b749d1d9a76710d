#include "ftpsfs/ftp/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "ftpsfs/model/remote_path.h"
#include "list_reader.h"
#include "text.h"

namespace ftpsfs::ftp {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

ListingParser::ListingParser(ListingFormat format, base::SystemTime now, std::size_t max_entries)
    : max_entries_(max_entries),
      list_reader_(format == ListingFormat::list ? std::make_unique<ListReader>(now) : nullptr) {}

ListingParser::~ListingParser() = default;

Status ListingParser::feed(std::string_view bytes) {
  fed_ += bytes.size();
  if (fed_ > kLongestLine && (fed_ - kLongestLine) / kBytesPerEntry > max_entries_) {
    return fail(Errc::protocol_error, "the server sent a listing that is too long");
  }
  buffer_ += bytes;
  if (line_end_ == LineEnd::undecided) decide_line_end();
  return line_end_ == LineEnd::undecided ? Status() : take_lines();
}

void ListingParser::decide_line_end() {
  if (buffer_.find("\r\n", scanned_) != std::string::npos) {
    line_end_ = LineEnd::crlf;
  } else if (buffer_.size() > kLongestLine) {
    line_end_ = LineEnd::lf;
  } else {
    scanned_ = buffer_.empty() ? 0 : buffer_.size() - 1;  // its last byte may be the CR
    return;
  }
  scanned_ = 0;
}

Status ListingParser::take_lines() {
  const std::string_view terminator = line_end_ == LineEnd::crlf ? "\r\n" : "\n";
  std::size_t begin = 0;
  for (;;) {
    const auto end = buffer_.find(terminator, std::max(begin, scanned_));
    const auto length = std::min(end, buffer_.size()) - begin;
    if (length > kLongestLine) {
      return fail(Errc::protocol_error,
                  fmt::format("the server sent a listing line of more than {} bytes", kLongestLine));
    }
    if (end == std::string::npos) break;
    if (auto ok = take_line(std::string_view(buffer_).substr(begin, length)); !ok) return ok;
    begin = end + terminator.size();
  }
  buffer_.erase(0, begin);
  scanned_ = buffer_.empty() ? 0 : buffer_.size() - 1;
  return {};
}

Status ListingParser::take_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trim(line).empty()) return {};
  return list_reader_ ? take_list_line(line) : take_mlsd_line(line);
}

Status ListingParser::take_mlsd_line(std::string_view line) {
  auto parsed = parse_mlsx_line(line);
  if (!parsed || !parsed->has_type) {
    note_unreadable(line);
    return {};
  }
  ++understood_;
  if (parsed->current_or_parent) return {};
  return add(model::DirEntry{std::move(parsed->name), std::move(parsed->attributes)}, 0);
}

Status ListingParser::take_list_line(std::string_view line) {
  auto read = list_reader_->read(line);
  if (!read.unreadable.empty()) note_unreadable(read.unreadable);
  switch (read.kind) {
    case ListReader::Kind::entry: ++understood_; return add(std::move(read.entry), read.version);
    case ListReader::Kind::unreadable: note_unreadable(line); return {};
    case ListReader::Kind::nothing: return {};
  }
  return {};
}

void ListingParser::note_unreadable(std::string_view line) {
  ++skipped_;
  if (!first_unreadable_.empty()) return;
  first_unreadable_ = base::printable(line, kLongestReport);
}

Status ListingParser::add(model::DirEntry entry, std::uint32_t version) {
  if (entry.name == "." || entry.name == "..") return {};
  if (!model::check_name(entry.name)) {
    ++skipped_;
    return {};
  }
  if (entries_.size() >= max_entries_) {
    return fail(Errc::protocol_error, fmt::format("the directory has more than {} entries", max_entries_));
  }
  entries_.push_back(std::move(entry));
  if (version > 0) {
    versions_.resize(entries_.size());
    versions_.back() = version;
  }
  return {};
}

Result<std::vector<model::DirEntry>> ListingParser::finish() {
  if (line_end_ == LineEnd::undecided) {
    line_end_ = LineEnd::lf;
    scanned_ = 0;
  }
  if (auto ok = take_lines(); !ok) return fail(std::move(ok));
  if (auto ok = take_line(buffer_); !ok) return fail(std::move(ok));
  buffer_.clear();
  scanned_ = 0;
  if (list_reader_) {
    if (const auto wrapped = list_reader_->take_wrapped(); !wrapped.empty()) note_unreadable(wrapped);
    list_reader_->settle_dates(entries_);
  }
  drop_duplicates();
  return std::exchange(entries_, {});
}

std::uint32_t ListingParser::version_of(std::size_t entry) const {
  return entry < versions_.size() ? versions_[entry] : 0;
}

// By sorting, since a hostile server could choose names that collide in a hash table.
void ListingParser::drop_duplicates() {
  std::vector<std::size_t> order(entries_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [this](std::size_t left, std::size_t right) {
    const int difference = entries_[left].name.compare(entries_[right].name);
    if (difference != 0) return difference < 0;
    if (version_of(left) != version_of(right)) return version_of(left) > version_of(right);
    return left < right;
  });
  std::vector<bool> repeated(entries_.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    repeated[order[i]] = entries_[order[i]].name == entries_[order[i - 1]].name;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (repeated[i]) continue;
    if (kept != i) entries_[kept] = std::move(entries_[i]);
    ++kept;
  }
  entries_.resize(kept);
}

}  // namespace ftpsfs::ftp
