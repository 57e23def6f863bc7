// SPDX-License-Identifier: LGPL-2.1-or-later
//
// /etc/jpki/greeter.toml: what an administrator may choose about the greeter. Nothing in it decides a login.
#pragma once

#include "base/safe_file.h"
#include "greeter/words.h"

#include <optional>
#include <string>

namespace jpki::greeter {

struct Settings {
  bool password_button = true;
  bool code_button = false;            // emergency codes
  std::optional<Language> language{};  // nothing: that of the machine

  WithoutCard without_card() const noexcept {
    if (password_button) return code_button ? WithoutCard::kPasswordOrCode : WithoutCard::kPassword;
    return code_button ? WithoutCard::kCode : WithoutCard::kNot;
  }
};

// The text of a file; the error names file and line.
Expected<Settings, std::string> parse_settings(std::string_view text, const std::string& file);

// Without a file, everything has its default.
Expected<Settings, std::string> read_settings(const std::string& path, const FileTrust& trust = {});

}  // namespace jpki::greeter
