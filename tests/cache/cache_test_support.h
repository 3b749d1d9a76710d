#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ftpsfs/remote/remote_fs.h"
#include "support/fake_clock.h"
#include "support/memory_remote_fs.h"

namespace ftpsfs::testing {

using Operation = MemoryRemoteFs::Operation;

// Long enough never to matter in a test that passes.
inline base::OpContext soon(std::stop_token stop = {}) {
  return base::OpContext::with_timeout(std::chrono::seconds(60), std::move(stop));
}

inline void wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  ASSERT_TRUE(holds());
}

inline model::RemotePath path(std::string_view text) { return model::RemotePath::parse(text).value(); }

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline remote::UploadContent upload_of(std::string text) {
  const auto size = text.size();
  return {.size = size,
          .read_at = [text = std::move(text)](std::uint64_t offset, std::span<std::byte> out,
                                              const base::OpContext&) {
            const auto rest = bytes_of(text).subspan(static_cast<std::size_t>(offset));
            const auto piece = rest.first(std::min(rest.size(), out.size()));
            std::ranges::copy(piece, out.begin());
            return base::Result<std::size_t>(piece.size());
          }};
}

inline std::string random_text(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

inline std::vector<std::string> names_of(const std::vector<model::DirEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

template <class T>
std::string outcome(const base::Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().code));
}

// Succeeds when the result is an error of this kind.
template <class T>
::testing::AssertionResult fails_with(const base::Result<T>& result, base::Errc code) {
  if (!result && result.error().code == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "outcome: " << outcome(result);
}

}  // namespace ftpsfs::testing
