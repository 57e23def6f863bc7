// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/conversation.h"

#include "pam_jpki/account.h"

#include <cstdlib>
#include <cstring>

#include <security/pam_ext.h>

namespace jpki::pam {

void Answer::WipeAndFree::operator()(char* text) const noexcept {
  ::explicit_bzero(text, std::strlen(text));
  std::free(text);
}

Conversation::Conversation(pam_handle_t* handle, const Messages& messages, Screen screen)
    : handle_(handle), messages_(messages), screen_(screen), words_(untold(handle)) {}

void Conversation::say(int style, const std::string& text) {
  if (screen_ == Screen::kFull) (void)converse(style, text);
}

void Conversation::complain(const std::string& text, const std::string& in_short) {
  say(PAM_ERROR_MSG, text);
  if (screen_ != Screen::kPromptOnly) return;
  words_ = in_short;
  remember_untold(handle_, words_);
}

void Conversation::hold(const std::string& prompt) {
  if (!words_.empty()) (void)ask_hidden(prompt);
}

std::optional<Answer> Conversation::ask(int style, const std::string& prompt) {
  if (words_.empty()) return converse(style, prompt);
  const std::string whole = messages_.prompt_after(words_, prompt);
  words_.clear();
  remember_untold(handle_, words_);
  return converse(style, whole);
}

std::optional<Answer> Conversation::converse(int style, const std::string& prompt) {
  const auto begin = std::chrono::steady_clock::now();
  char* response = nullptr;
  const int result = ::pam_prompt(handle_, style, &response, "%s", prompt.c_str());
  spent_ += std::chrono::steady_clock::now() - begin;
  if (response == nullptr) return std::nullopt;
  Answer answer(response);
  if (result != PAM_SUCCESS) return std::nullopt;
  return answer;
}

}  // namespace jpki::pam
