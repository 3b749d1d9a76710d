#include <sys/stat.h>

#include <ctime>

#include "client_names.h"
#include "control_session.h"
#include "list_line.h"

namespace ftpsfs::testing {

namespace {

bool is_directory(const PathResolver& resolver, const std::string& ftp_path) {
  const auto path = resolver.resolve(ftp_path, true);
  struct stat status{};
  return path && ::stat(path->c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::string_view ControlSession::strip_list_options(std::string_view argument, bool& all) const {
  all = false;
  if (!personality_.list_takes_options) return argument;
  while (argument.starts_with('-')) {
    const auto blank = argument.find(' ');
    all = all || argument.substr(0, blank).find('a') != std::string_view::npos;
    argument = blank == std::string_view::npos ? std::string_view{} : argument.substr(blank + 1);
  }
  return argument;
}

std::expected<std::string, int> ControlSession::listing_of(const std::string& path, bool all, bool dots,
                                                           std::string_view prefix) const {
  const auto& resolver = environment_.resolver;
  const auto now = std::time(nullptr);
  const auto line = [&](ListingEntry entry) {
    entry.name = name_to_client(entry.name, personality_, utf8_);
    return std::string(prefix) + list_line(entry, personality_, now) + "\r\n";
  };
  if (!is_directory(resolver, path)) {
    const auto entry = read_entry(resolver, path);
    if (!entry) return std::unexpected(entry.error());
    return line(*entry);
  }
  auto entries = read_directory(resolver, path);
  if (!entries) return std::unexpected(entries.error());
  if (personality_.list_follows_links) *entries = followed(std::move(*entries), resolver);
  std::string text;
  std::size_t shown = 0;
  for (const auto& entry : *entries) {
    if (is_dots(entry) ? !dots : (!all && entry.name.starts_with('.'))) continue;
    text += line(entry);
    ++shown;
  }
  if (shown == 0) return text;
  return list_head(path, personality_) + text + list_tail(shown, personality_);
}

void ControlSession::send_listing(std::string text) {
  std::size_t sent = 0;
  const auto source = [&](std::span<char> buffer) {
    const auto count = text.copy(buffer.data(), buffer.size(), sent);
    sent += count;
    return static_cast<ssize_t>(count);
  };
  download({personality_.texts.list_start, personality_.texts.list_done, source});
}

void ControlSession::list_failed(std::string_view argument, int error) {
  switch (personality_.list_missing) {
    case MissingListing::empty: return send_listing("");
    case MissingListing::refused: return reply_errno(argument, error);
    case MissingListing::said_in_the_listing: return send_listing("%DIRECT-W-NOFILES, no files found\r\n");
    case MissingListing::refused_after_150:
      preliminary(personality_.texts.list_start);
      reply_errno(argument, error);
      data_.close();
      return;
  }
}

void ControlSession::cmd_list(std::string_view argument) {
  if (!data_allowed()) return;
  bool all = false;
  const auto path = strip_list_options(argument, all);
  const bool dots = all && personality_.list_all_shows_dots;
  auto listing = listing_of(ftp_path(path), all || personality_.list_shows_hidden, dots, "");
  if (!listing) return list_failed(argument, listing.error());
  send_listing(std::move(*listing));
}

void ControlSession::cmd_nlst(std::string_view argument) {
  if (!data_allowed()) return;
  bool all = false;
  const auto path = strip_list_options(argument, all);
  all = all || personality_.list_shows_hidden;
  const auto entries = read_directory(environment_.resolver, ftp_path(path));
  if (!entries) return list_failed(argument, entries.error());
  std::string text;
  for (const auto& entry : *entries) {
    if (is_dots(entry) || (!all && entry.name.starts_with('.'))) continue;
    text += name_to_client(entry.name, personality_, utf8_) + "\r\n";
  }
  send_listing(std::move(text));
}

void ControlSession::cmd_mlsd(std::string_view argument) {
  if (!data_allowed()) return;
  const auto entries = read_directory(environment_.resolver, ftp_path(argument));
  if (!entries) return reply_errno(argument, entries.error());
  std::string text;
  for (const auto& entry : *entries) {
    if (is_dots(entry) && !personality_.mlsd_shows_dots) continue;
    text += facts_line(entry, personality_, personality_.mlsd_links, environment_.resolver) +
            name_to_client(entry.name, personality_, utf8_) + "\r\n";
  }
  if (personality_.mlsd == Mlsd::sends_nothing) text.clear();
  if (personality_.mlsd == Mlsd::sends_garbage) text = "Size of this directory: unknown\r\n";
  send_listing(std::move(text));
}

void ControlSession::cmd_mlst(std::string_view argument) {
  const auto path = ftp_path(argument);
  const auto entry = read_entry(environment_.resolver, path);
  if (!entry) return reply_errno(argument, entry.error());
  reply("250-Start of list for " + path + "\r\n " +
        facts_line(*entry, personality_, personality_.mlst_links, environment_.resolver) + path +
        "\r\n250 End of list");
}

void ControlSession::cmd_stat(std::string_view argument) {
  if (argument.empty())
    return reply("211-Server status:\r\n Logged in as " + user_ + "\r\n211 End of status");
  bool all = false;
  const auto path = strip_list_options(argument, all);
  const auto listing = listing_of(ftp_path(path), true, personality_.stat_shows_dots,
                                  personality_.stat_leading_space ? " " : "");
  if (!listing && !personality_.stat_missing_is_empty) return reply_errno(argument, listing.error());
  const std::string code = std::to_string(personality_.stat_code);
  reply(code + "-Status follows:\r\n" + listing.value_or("") + code + " End of status");
}

}  // namespace ftpsfs::testing
