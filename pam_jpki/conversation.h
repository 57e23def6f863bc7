// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conversation: what is said to and asked from the person, through the host's conversation function. What a
// host's screen shows decides how: where messages are dropped, a few words stand before the next prompt.
#pragma once

#include "pam_jpki/messages.h"

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

// What is seen of a conversation.
enum class Screen {
  kFull,        // messages and prompts
  kPromptOnly,  // prompts (PAM_SILENT: sudo)
  kMute,        // prompts, and nothing of ours before them (option quiet)
};

class Conversation {
 public:
  // `handle` and `messages` must outlive the Conversation.
  Conversation(pam_handle_t* handle, const Messages& messages, Screen screen);

  Screen screen() const noexcept { return screen_; }

  // Tells. A host that cannot show it is no reason to refuse a login.
  void tell(const std::string& text) { say(PAM_TEXT_INFO, text); }
  // `in_short` is for a screen that shows prompts only. It waits for the next prompt, in this call or in a
  // later one of the same handle.
  void complain(const std::string& text, const std::string& in_short);
  // Has a prompt of its own for what waits for one; the answer does not matter.
  void hold(const std::string& prompt);

  // Asks, always without echo: a PIN may be typed into any question. Nothing when the conversation function
  // failed or gave no answer; an empty answer is an answer.
  std::optional<Answer> ask_hidden(const std::string& prompt) { return ask(PAM_PROMPT_ECHO_OFF, prompt); }

  // Spent in the conversation function so far: the person's time, not the machine's.
  std::chrono::steady_clock::duration time_spent() const noexcept { return spent_; }

 private:
  void say(int style, const std::string& text);
  std::optional<Answer> ask(int style, const std::string& prompt);
  std::optional<Answer> converse(int style, const std::string& prompt);

  pam_handle_t* handle_;
  const Messages& messages_;
  Screen screen_;
  std::string words_;  // that wait for the next prompt
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace jpki::pam
