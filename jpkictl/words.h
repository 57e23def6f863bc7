// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What sub-commands say, in the language of who calls them (LC_ALL, LC_MESSAGES, LANG). The English texts are
// the msgids of the catalogue "jpki" (po/).
#pragma once

#include <clocale>
#include <initializer_list>
#include <string>
#include <string_view>

#include <locale.h>

// Marks a text for xgettext; translated where it is said.
#define N_(text) text

namespace jpki::ctl {

// This thread's locale, for as long as the object lives: that of the environment.
class CallersLanguage {
 public:
  explicit CallersLanguage(const char* locale_dir);
  CallersLanguage(const CallersLanguage&) = delete;
  CallersLanguage& operator=(const CallersLanguage&) = delete;
  ~CallersLanguage();

 private:
  locale_t locale_;
  locale_t previous_;
};

struct Filled {
  std::string_view placeholder;  // "{account}"
  std::string_view value;
};

std::string say(const char* msgid);
// With the first of each placeholder filled in.
std::string say(const char* msgid, std::initializer_list<Filled> filled);

}  // namespace jpki::ctl
