// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conversation: what is said to and asked from the person, through the host's conversation function.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <security/pam_modules.h>

namespace jpki::pam {

// What the person typed: wiped and freed with the Answer.
class Answer {
 public:
  explicit Answer(char* text) noexcept : text_(text) {}  // takes over a malloc'ed string

  std::string_view text() const noexcept { return text_.get(); }

 private:
  struct WipeAndFree {
    void operator()(char* text) const noexcept;
  };
  std::unique_ptr<char, WipeAndFree> text_;
};

class Conversation {
 public:
  // A silent conversation asks but tells nothing. `handle` must outlive the Conversation.
  Conversation(pam_handle_t* handle, bool silent) noexcept : handle_(handle), silent_(silent) {}

  // Tells. A host that cannot show it is no reason to refuse a login.
  void tell(const std::string& text) { say(PAM_TEXT_INFO, text); }
  void complain(const std::string& text) { say(PAM_ERROR_MSG, text); }

  // Asks. Nothing when the conversation function failed or gave no answer; an empty answer is an answer.
  std::optional<Answer> ask_hidden(const std::string& prompt) { return ask(PAM_PROMPT_ECHO_OFF, prompt); }
  std::optional<Answer> ask_visible(const std::string& prompt) { return ask(PAM_PROMPT_ECHO_ON, prompt); }

  // Spent in the conversation function so far: the person's time, not the machine's.
  std::chrono::steady_clock::duration time_spent() const noexcept { return spent_; }

 private:
  void say(int style, const std::string& text);
  std::optional<Answer> ask(int style, const std::string& prompt);

  pam_handle_t* handle_;
  bool silent_;
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace jpki::pam
