// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/conversation.h"

#include "pam_jpki/account.h"
#include "pam_jpki/choice_list.h"
#include "pam_jpki/line_breaks.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include <security/pam_ext.h>

namespace jpki::pam {

void Answer::WipeAndFree::operator()(char* text) const noexcept {
  ::explicit_bzero(text, std::strlen(text));
  std::free(text);
}

Conversation::Conversation(pam_handle_t* handle, const Messages& messages, const Screen& screen)
    : handle_(handle), messages_(messages), screen_(screen), waiting_(untold(handle)) {}

void Conversation::say(int style, const Words& words) {
  if (screen_.texts) (void)converse(style, words);
}

void Conversation::tell(const Words& words) {
  shown_ = words.line.state;
  say(PAM_TEXT_INFO, words);
}

void Conversation::notify(const std::string& text) {
  if (!screen_.keeps_messages()) return;
  tell({{.state = ScreenState::kNotice}, text});
  if (screen_.program) (void)ask_hidden({{.state = ScreenState::kHold}, messages_.press_enter()});
}

void Conversation::show(ScreenState state) {
  if (!screen_.program || shown_ == state) return;
  tell({{.state = state}, messages_.going_on(state)});
}

void Conversation::complain(const Words& words, const std::string& in_short) {
  shown_ = words.line.state;
  // Where the next message or prompt takes its place at once, it is told with that.
  if (!screen_.announces()) say(PAM_ERROR_MSG, words);
  if (!screen_.holds()) return;
  complaint_ = words;
  wait_for_prompt(in_short);
}

// In this handle only where the host uses it again.
void Conversation::wait_for_prompt(std::string in_short) {
  waiting_ = std::move(in_short);
  if (screen_.same_handle) remember_untold(handle_, waiting_);
}

void Conversation::hold() {
  if (waiting_.empty() || !screen_.holds()) return;
  ScreenLine line{.state = ScreenState::kHold};
  if (complaint_) line.verdict = complaint_->line.verdict;
  if (screen_.announces() && complaint_) {
    say(PAM_ERROR_MSG, *complaint_);
    waiting_.clear();
    (void)converse(PAM_PROMPT_ECHO_OFF, {line, messages_.press_enter()});
    return;
  }
  (void)ask_hidden({line, messages_.press_enter()});
}

std::optional<Answer> Conversation::ask_hidden(const Words& question) {
  shown_ = question.line.state;
  const Words whole{question.line, with_what_waits(question.text)};
  // gnome-shell shows each message for a while before the next one, but an error at once.
  const bool urgent = screen_.field && complaint_;
  nothing_waits();
  if (screen_.announces()) say(urgent ? PAM_ERROR_MSG : PAM_TEXT_INFO, whole);
  if (!screen_.field || !screen_.announces()) return converse(PAM_PROMPT_ECHO_OFF, whole);
  return converse(PAM_PROMPT_ECHO_OFF, {question.line, question.few.empty() ? question.text : question.few});
}

std::optional<std::uint8_t> Conversation::choose(const std::string& title,
                                                 const std::vector<std::string>& items,
                                                 const std::string& whole) {
  if (!screen_.lists) return std::nullopt;
  if (screen_.announces() && shows_choice_list())
    say(complaint_ ? PAM_ERROR_MSG : PAM_TEXT_INFO,
        {{.state = ScreenState::kChoose}, with_what_waits(whole)});
  const auto begin = std::chrono::steady_clock::now();
  const auto chosen = choose_from_list(handle_, screen_.announces() ? title : with_what_waits(title), items);
  spent_ += std::chrono::steady_clock::now() - begin;
  if (chosen) nothing_waits();
  return chosen;
}

// Our greeter has the complaint on its screen.
std::string Conversation::with_what_waits(const std::string& question) const {
  return waiting_.empty() || screen_.program ? question : messages_.prompt_after(waiting_, question);
}

void Conversation::nothing_waits() {
  if (!std::exchange(waiting_, {}).empty() && screen_.same_handle) remember_untold(handle_, waiting_);
  complaint_.reset();
}

std::optional<Answer> Conversation::converse(int style, const Words& words) {
  const std::size_t columns = screen_.columns_for(words.text, style == PAM_PROMPT_ECHO_OFF);
  const std::string told = columns == 0 ? words.text : with_line_breaks(words.text, columns);
  const std::string text = screen_.program ? encode(words.line) + told : told;
  const auto begin = std::chrono::steady_clock::now();
  char* response = nullptr;
  const int result = ::pam_prompt(handle_, style, &response, "%s", text.c_str());
  spent_ += std::chrono::steady_clock::now() - begin;
  if (response == nullptr) return std::nullopt;
  Answer answer(response);
  if (result != PAM_SUCCESS) return std::nullopt;
  return answer;
}

}  // namespace jpki::pam
