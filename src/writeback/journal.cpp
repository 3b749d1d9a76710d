#include "journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "escaped.h"
#include "local_files.h"

namespace ftpsfs::writeback {

using base::Errc;
using base::fail;
using base::OpContext;
using base::Result;
using base::Status;
using base::UniqueFd;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestRecord = 64 << 10;
constexpr std::chrono::milliseconds kBetweenTries{50};

// The id in "00000000000000ab.record".
std::optional<std::uint64_t> id_of(const fs::path& file) {
  const auto stem = file.stem().string();
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), id, 16);
  if (error != std::errc() || end != stem.data() + stem.size() || stem.size() != 16) return std::nullopt;
  return id;
}

Result<std::vector<fs::path>> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    files.push_back(entry->path());
  }
  if (error) return local_error("cannot read the folder", folder, error.value());
  std::ranges::sort(files);
  return files;
}

std::string holder_of(const fs::path& lock_file) {
  const auto pid = read_file(lock_file, 32);
  return pid && !pid->empty() ? fmt::format(" (process {})", base::printable(*pid)) : "";
}

Status wait_for_lock(const UniqueFd& fd, const fs::path& folder, const fs::path& file, const OpContext& ctx) {
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return local_error("cannot lock", file, errno);
    if (!ctx.check("waiting for the journal")) {
      return fail(Errc::busy,
                  fmt::format("another ftpsfs{} has the journal '{}'; unmount it, or wait for it to end",
                              holder_of(file), base::printable(folder.string())));
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  return {};
}

Status name_holder(const UniqueFd& fd, const fs::path& file) {
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) != 0) return local_error("cannot write", file, errno);
  return write_all(fd, 0, std::as_bytes(std::span(pid)), file);
}

}  // namespace

Journal::Draft::~Draft() {
  if (fd_) ::unlink(file_.c_str());
}

Status Journal::Draft::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  return write_all(fd_, offset, bytes, file_);
}

Status Journal::Draft::sync() { return sync_file(fd_, file_); }

Result<std::unique_ptr<Journal>> Journal::open(const fs::path& folder, const OpContext& ctx) {
  if (auto ok = make_private_folder(folder); !ok) return fail(std::move(ok));
  const auto file = folder / "lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd) return local_error("cannot open", file, errno);
  if (auto ok = wait_for_lock(fd, folder, file, ctx); !ok) return fail(std::move(ok));
  if (auto ok = name_holder(fd, file); !ok) return fail(std::move(ok));
  return std::make_unique<Journal>(folder, std::move(fd));
}

bool Journal::holds_records(const fs::path& folder) {
  const auto files = files_in(folder);
  return files && std::ranges::any_of(*files, [](const auto& file) { return file.extension() == ".record"; });
}

fs::path Journal::record_file(std::uint64_t id) const { return folder_ / fmt::format("{:016x}.record", id); }
fs::path Journal::data_file(std::uint64_t id) const { return folder_ / fmt::format("{:016x}.data", id); }

Result<Record> Journal::load(const fs::path& record_file) const {
  const auto text = read_file(record_file, kLongestRecord);
  if (!text) return std::unexpected(text.error());
  auto record = record_from_json(*text);
  if (!record) return fail(std::move(record));
  if (record->id != id_of(record_file))
    return fail(Errc::invalid_argument, "the record belongs to another name");
  return record;
}

Status Journal::recover_record(const fs::path& file, Contents& contents) {
  const auto id = id_of(file);
  if (!id) {
    contents.damaged.push_back({{file}, "", "a record with a name that is none"});
    return {};
  }
  next_number_ = std::max<std::uint64_t>(next_number_, *id + 1);
  const auto data = data_file(*id);
  Damaged damaged{{file}, "", ""};
  UniqueFd fd(::open(data.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  const bool has_data = fd && ::fstat(fd.get(), &status) == 0;
  if (has_data) damaged.files.push_back(data);
  auto waiting = load(file);
  if (!waiting) {
    if (waiting.error().code != Errc::invalid_argument) return fail(std::move(waiting));
    damaged.reason = waiting.error().message;
    contents.damaged.push_back(std::move(damaged));
    return {};
  }
  const Record& record = *waiting;
  next_number_ = std::max<std::uint64_t>(next_number_, record.order + 1);
  damaged.path = record.path.str();
  if (!has_data || static_cast<std::uint64_t>(status.st_size) != record.size) {
    damaged.reason = has_data ? "its content in the journal is not as long as it was"
                              : "its content is missing in the journal";
    contents.damaged.push_back(std::move(damaged));
    return {};
  }
  // A second name: a crash has interrupted its way to lost+found, where it is already.
  if (status.st_nlink > 1) return remove(record.id);
  contents.waiting.push_back(*std::move(waiting));
  return {};
}

void Journal::clean_up(const std::vector<fs::path>& files) const {
  for (const auto& file : files) {
    const auto id = id_of(file);
    std::error_code ignored;
    const bool without_record =
        file.extension() == ".data" && id && !fs::exists(fs::symlink_status(record_file(*id), ignored));
    if (without_record || file.extension() == ".new") fs::remove(file, ignored);
  }
}

Result<Journal::Contents> Journal::recover() {
  const auto files = files_in(folder_);
  if (!files) return std::unexpected(files.error());
  Contents contents;
  for (const auto& file : *files) {
    if (file.extension() != ".record") continue;
    if (auto ok = recover_record(file, contents); !ok) return fail(std::move(ok));
  }
  clean_up(*files);
  std::ranges::sort(contents.waiting, {}, &Record::order);
  return contents;
}

Result<Journal::Draft> Journal::begin() {
  const auto id = next_number();
  auto file = data_file(id);
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd) return local_error("cannot make", file, errno);
  return Draft(std::move(fd), std::move(file), id);
}

Status Journal::commit(const Record& record) { return replace_file(record_file(record.id), to_json(record)); }

Result<DataRef> Journal::open_data(const Record& record) const {
  const auto file = data_file(record.id);
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return fail(Errc::not_found, "the content waits no longer");
  if (!fd) return local_error("cannot open", file, errno);
  return std::make_shared<const DataFile>(std::move(fd), record.size);
}

Status Journal::remove(std::uint64_t id) {
  if (auto ok = remove_name(record_file(id)); !ok) return ok;
  if (auto ok = sync_folder(folder_); !ok) return ok;
  return remove_name(data_file(id));
}

}  // namespace ftpsfs::writeback
