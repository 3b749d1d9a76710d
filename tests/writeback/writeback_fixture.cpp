#include "writeback_fixture.h"

#include <algorithm>
#include <span>
#include <vector>

namespace ftpsfs::writeback {

remote::UploadContent content_of(const std::string& text) {
  return {.size = text.size(),
          .read_at = [&text](std::uint64_t offset, std::span<std::byte> out, const base::OpContext&) {
            const auto rest = std::as_bytes(std::span(text)).subspan(static_cast<std::size_t>(offset));
            const auto part = rest.first(std::min(rest.size(), out.size()));
            std::ranges::copy(part, out.begin());
            return base::Result<std::size_t>(part.size());
          }};
}

base::Result<std::string> read_all(remote::ByteSource& source) {
  std::string text;
  std::vector<std::byte> piece(1000);
  for (;;) {
    const auto count = source.read(piece, soon());
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return text;
    text.append(reinterpret_cast<const char*>(piece.data()), *count);
  }
}

WritebackTest::WritebackTest() {
  remote_.set_time(std::chrono::system_clock::now());
  options_.folder = journal();
}

void WritebackTest::open(std::uint64_t most_bytes) {
  options_.most_bytes = most_bytes;
  auto opened = WritebackFs::open(remote_, options_, soon(), clock_);
  ASSERT_TRUE(opened) << opened.error().describe();
  fs_ = *std::move(opened);
}

base::Result<remote::Stored> WritebackTest::store(std::string_view path, const std::string& text,
                                                  remote::StoreOptions options) {
  options.deferrable = true;
  return fs().store(path_of(path), content_of(text), options, soon());
}

base::Result<std::string> WritebackTest::read(std::string_view path) {
  auto source = fs().open_read(path_of(path), 0, std::nullopt, soon());
  if (!source) return std::unexpected(source.error());
  return read_all(**source);
}

std::vector<std::string> WritebackTest::names(std::string_view directory) {
  std::vector<std::string> names;
  const auto listing = fs().list(path_of(directory), soon());
  EXPECT_TRUE(listing) << listing.error().describe();
  if (listing) {
    for (const auto& entry : *listing) names.push_back(entry.name);
  }
  return names;
}

}  // namespace ftpsfs::writeback
