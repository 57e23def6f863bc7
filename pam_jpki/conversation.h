// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Conversation: what is said to and asked from the person, through the host's conversation function, in the
// way that the screen can show (screen.h).
#pragma once

#include "base/screen_line.h"
#include "pam_jpki/messages.h"
#include "pam_jpki/screen.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// Something to say or ask: for a greeter of ours, and for the person.
struct Words {
  ScreenLine line;
  std::string text;
  std::string few{};  // the same question for Screen::field; empty: as it is
};

class Conversation {
 public:
  // `handle` and `messages` must outlive the Conversation.
  Conversation(pam_handle_t* handle, const Messages& messages, const Screen& screen);

  const Screen& screen() const noexcept { return screen_; }

  // Tells. A host that cannot show it is no reason to refuse a login.
  void tell(const Words& words);
  // Tells what asks for nothing and ends nothing, where it can be read.
  void notify(const std::string& text);
  // What is going on: for a screen that has a place for it. Each once in a row.
  void show(ScreenState state);
  // `in_short`: the same on a line before the next prompt. What cannot be told now waits for that prompt, in
  // this call or in a later one of the same handle.
  void complain(const Words& words, const std::string& in_short);
  // Has a prompt of its own for a complaint that would be lost; the answer does not matter.
  void hold();

  // Asks, always without echo: a PIN may be typed into any question. Nothing when the conversation function
  // failed or gave no answer; an empty answer is an answer.
  std::optional<Answer> ask_hidden(const Words& question);

  // Has one of `items` chosen from a list, where the screen shows one: its place, from 0. Nothing where it
  // does not, or where none was chosen. `whole`: all that is told of them, where an item has room for few
  // words.
  std::optional<std::uint8_t> choose(const std::string& title, const std::vector<std::string>& items,
                                     const std::string& whole);

  // Spent in the conversation function so far: the person's time, not the machine's.
  std::chrono::steady_clock::duration time_spent() const noexcept { return spent_; }

 private:
  void say(int style, const Words& words);
  std::optional<Answer> converse(int style, const Words& words);
  void wait_for_prompt(std::string in_short);
  std::string with_what_waits(const std::string& question) const;
  void nothing_waits();

  pam_handle_t* handle_;
  const Messages& messages_;
  Screen screen_;
  std::string waiting_;             // for the next prompt, in short
  std::optional<Words> complaint_;  // that waiting_ is short for
  std::optional<ScreenState> shown_;
  std::chrono::steady_clock::duration spent_{};
};

}  // namespace jpki::pam
