// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a setup finds, for tests: files of whoever runs them, and pam-auth-update as it answers.
#pragma once

#include "jpkictl/setup/plan.h"

#include <algorithm>
#include <string>

#include <unistd.h>

namespace jpki::test {

inline ctl::setup::FileState file(std::string content, mode_t mode = 0644) {
  return {ctl::setup::FileState::Kind::kRegular, ::geteuid(), ::getegid(), mode, std::move(content)};
}

// As pam-auth-update keeps it, what it was told to make its files of.
inline Expected<ctl::setup::Plan, ctl::Trouble> planned(const ctl::setup::Answers& answers,
                                                        ctl::setup::Present present) {
  const auto words = profile_words(answers);
  const auto on = std::ranges::find(words, "--enable");
  if (!present.profiles.empty() && on != words.end())
    for (auto word = on + 1; word != words.end(); ++word)
      present.profiles["/var/lib/pam/auth"].content += "Module: " + *word + "\nauth line\n";
  return plan(answers, present);
}

}  // namespace jpki::test
