// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Messages: everything a person is told or asked. Short sentences for somebody at a counter: what happened,
// what to do next, and the code that support asks for. Never personal data. The English text is in
// base/verdict_text.cc and the *messages.cc here, the others in po/.
#pragma once

#include "base/protocol.h"
#include "base/screen_line.h"
#include "pam_jpki/translator.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jpki::pam {

class Messages {
 public:
  // `translator` must outlive the Messages.
  explicit Messages(const Translator& translator) : translate_(translator) {}

  // Why the login was refused (any verdict but kAccepted), next step and code. `tries_left` matters for
  // kPinIncorrect. `smartphone`, here and below: its PIN was asked for, and no card's.
  std::string verdict(Verdict verdict, std::optional<std::uint8_t> tries_left, bool smartphone = false) const;

  // The same in a few words and the code: something to stand before a prompt, on the same line.
  std::string in_short(Verdict verdict, bool smartphone = false) const;
  std::string wrong_form_in_short(const PinForm& form) const;
  std::string prompt_after(const std::string& words, const std::string& prompt) const;

  std::string press_enter() const;
  std::string insert_card_prompt() const;
  std::string insert_card() const;
  // What the machine does, for a screen with a place for it; empty for states that are no work.
  std::string going_on(ScreenState state) const;
  std::string still_checking() const;
  // Several cards: what they are called, with all that is told of each or only what fits on one line; with
  // their numbers, a line each below a first one, or in short; the questions.
  std::vector<std::string> names_of(const AskCard& ask, bool whole) const;
  std::string list_of_cards(const AskCard& ask) const;
  std::vector<std::string> numbered_in_short(const AskCard& ask) const;
  std::string which_card() const;
  std::string which_in_list() const;
  std::string which_card_in_short(const AskCard& ask) const;
  std::string no_such_card(std::size_t count) const;
  std::string no_such_card_in_short(std::size_t count) const;
  std::string pin_prompt(const AskPin& ask) const;
  std::string pin_prompt_in_short(const AskPin& ask) const;
  std::string wrong_form(const PinForm& form) const;
  std::string last_try_question(const AskPin& ask) const;
  std::string last_try_in_short() const;
  std::string pin_on_reader(const AskPin& ask) const;
  // Beside a login that succeeded.
  std::string expires_in(unsigned days, bool smartphone) const;
  // The certificate was registered in place of an older one, which still counts for so many days.
  std::string registered_in_place(unsigned days) const;
  std::string wrong_pins_before(unsigned count, bool smartphone) const;
  std::string pin_is_changed_elsewhere() const;
  // Emergency codes: the question; what to read out by telephone; that one is used up; that one was used.
  std::string emergency_prompt() const;
  std::string emergency_challenge(const std::string& host, const std::string& account,
                                  const std::string& challenge) const;
  std::string code_is_used_up() const;
  std::string code_was_used(const std::string& when) const;
  // Registering a card of one's own: the question; that it is done; what somebody else may have done.
  std::string registration_question(const std::string& account) const;
  std::string card_is_registered() const;
  std::string other_card() const;

 private:
  const Translator& translate_;
};

}  // namespace jpki::pam
