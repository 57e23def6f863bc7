// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the doctor says, in English and in the administrator's language: the texts are msgids of the catalogue
// "jpki" (po/), translated when they are printed. Values are put in for words in braces, as in
// base/verdict_text.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace jpki::ctl::doctor {

// Marks a text for xgettext; translated later.
constexpr const char* N_(const char* text) {
  return text;
}

struct Sentence {
  const char* text = "";                                         // a msgid; empty: nothing is said
  std::vector<std::pair<const char*, std::string>> values = {};  // {"{file}", "/etc/…"}

  bool empty() const { return *text == '\0'; }
};

// As it stands in the source: for scripts.
std::string english(const Sentence& sentence);

// The language of the process's locale (LC_MESSAGES), from the catalogue below `locale_directory`.
class Words {
 public:
  explicit Words(const char* locale_directory = JPKI_LOCALEDIR);
  std::string operator()(const char* text) const;
  std::string operator()(const Sentence& sentence) const;
};

}  // namespace jpki::ctl::doctor
