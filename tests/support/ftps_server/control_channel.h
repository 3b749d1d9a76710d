#pragma once

#include <string>
#include <string_view>

#include "faults.h"
#include "stream.h"

namespace ftpsfs::testing {

// Command lines in, replies out. In clear it never takes more from the socket than the current line, so that
// what stands behind AUTH can be left, discarded or noticed. Belongs to the session's thread.
class ControlChannel {
 public:
  enum class Line { complete, incomplete, too_long, ended };

  ControlChannel(UniqueFd socket, const Wakeup& wakeup, std::chrono::milliseconds limit,
                 std::size_t most_line_bytes);

  // Never blocks; incomplete asks for a wait on the stream's descriptor.
  Line next_line(std::string& line);
  IoStatus send(std::string_view raw);
  void close(CutStyle style);

  [[nodiscard]] bool has_input() const;
  [[nodiscard]] bool has_clear_leftover() const;
  void discard_clear_leftover();
  [[nodiscard]] Stream& stream() { return stream_; }

 private:
  bool take_buffered(std::string& line);
  IoStatus fill();
  IoStatus fill_clear();

  Stream stream_;
  std::size_t most_line_bytes_;
  std::string buffer_;
};

}  // namespace ftpsfs::testing
