// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/conversation.h"

#include <cstdlib>
#include <cstring>

#include <security/pam_ext.h>

namespace jpki::pam {

void Answer::WipeAndFree::operator()(char* text) const noexcept {
  ::explicit_bzero(text, std::strlen(text));
  std::free(text);
}

void Conversation::say(int style, const std::string& text) {
  if (!silent_) (void)ask(style, text);
}

std::optional<Answer> Conversation::ask(int style, const std::string& prompt) {
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
