#include <sys/socket.h>

#include <cstring>

#include "control_session.h"
#include "text.h"

namespace ftpsfs::testing {

namespace {

constexpr std::chrono::milliseconds kReleasePoll{2};

std::string error_text(int error) {
  const char* text = ::strerrordesc_np(error);
  return text == nullptr ? "Unknown error" : text;
}

}  // namespace

void ControlSession::send(std::string_view raw) {
  if (ended_ || channel_.send(raw) == IoStatus::ok) return;
  end_session(wakeup_.cancelled() ? drop_style_.load() : CutStyle::abrupt);
}

bool ControlSession::cut_at(CutPoint point) const {
  return fault() != nullptr && fault()->cut_control == point;
}

void ControlSession::preliminary(std::string_view text) {
  send(std::string(text) + "\r\n");
  if (cut_at(CutPoint::after_preliminary)) end_session(fault()->cut_style);
}

void ControlSession::reply(std::string text) {
  if (ended_) return;
  std::string behind;
  if (fault() != nullptr && !std::exchange(final_reply_sent_, true)) {
    const Fault& spec = *fault();
    if (cut_at(CutPoint::before_final_reply)) return end_session(spec.cut_style);
    if (spec.delay_reply.count() > 0) (void)wakeup_.wait(-1, 0, spec.delay_reply);
    if (spec.hold_reply) wait_for_release();
    if (spec.replace_reply) text = *spec.replace_reply;
    if (!spec.before_reply.empty()) send(spec.before_reply);
    behind = spec.after_reply;
  }
  send(text + "\r\n" + behind);
  count_early_error(text);
  if (cut_at(CutPoint::after_final_reply)) end_session(fault()->cut_style);
}

void ControlSession::wait_for_release() {
  fault_->note_reached();
  while (!fault_->released() && wakeup_.wait(-1, 0, kReleasePoll) == Ready::timed_out) {
  }
}

void ControlSession::reply_errno(std::string_view path, int error) {
  const auto& templates = personality_.error_templates;
  const char* name = ::strerrorname_np(error);
  const std::string of_error = std::string(" ") + (name == nullptr ? "" : name);
  auto found = templates.find(verb_ + of_error);
  if (found == templates.end()) found = templates.find(of_error);
  if (found == templates.end()) found = templates.find(verb_);
  if (found == templates.end()) found = templates.find("");
  const auto& texts = personality_.error_texts;
  const auto own = texts.find(error);
  const std::string words = own == texts.end() ? error_text(error) : own->second;
  reply(filled(filled(filled(found->second, "{error}", words), "{error}", words), "{path}", path));
}

void ControlSession::count_early_error(std::string_view text) {
  if (logged_in_ || personality_.most_early_errors == 0) return;
  early_errors_ = text.starts_with('5') ? early_errors_ + 1 : 0;
  if (early_errors_ >= personality_.most_early_errors) end_session(CutStyle::clean);
}

void ControlSession::end_session(CutStyle style) {
  if (ended_) return;
  ended_ = true;
  if (fault() != nullptr && !fault()->clear_text_at_end.empty()) {
    const std::string& text = fault()->clear_text_at_end;
    (void)::send(channel_.stream().fd(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  channel_.close(style);
}

}  // namespace ftpsfs::testing
