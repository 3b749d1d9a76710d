#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "ftpsfs/base/error.h"
#include "ftpsfs/ftp/command.h"
#include "ftpsfs/ftp/reply.h"

namespace ftpsfs::ftp {

// The words of a refusal in lower case, ready to be searched.
class ReplyWords {
 public:
  // Without `path` and its last component, where the server repeats them: file names are anybody's choice.
  explicit ReplyWords(const Reply& reply, std::string_view path = {});

  bool has(std::string_view phrase) const { return text_.find(phrase) != std::string::npos; }
  bool has_any(std::initializer_list<std::string_view> phrases) const;

  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

// What the words say about the file or the disk; nothing when they say nothing known.
std::optional<base::Errc> errc_of_words(const ReplyWords& words);

bool tells_session_limit(const Reply& reply, const ReplyWords& words);
bool tells_missing_resumption(const Reply& reply, const ReplyWords& words);

}  // namespace ftpsfs::ftp
