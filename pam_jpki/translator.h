// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Translator: English texts of the source into the person's language, by gettext. The host's locale is never
// changed; another language than the host's is spoken through a locale of this thread, for one look-up at a
// time.
#pragma once

#include "pam_jpki/options.h"

#include <memory>
#include <string>

#include <locale.h>

// Marks a text for xgettext; translated later.
#define N_(text) text

namespace jpki::pam {

class Translator {
 public:
  Translator(Language language, const char* locale_dir);

  // The text for `msgid` in UTF-8; `msgid` itself when there is none.
  std::string operator()(const char* msgid) const;

  // lang=ja, but the machine has no locale ja_JP.UTF-8: English is spoken.
  bool japanese_missing() const noexcept { return language_ == Language::kJapanese && !japanese_; }

 private:
  struct FreeLocale {
    void operator()(locale_t locale) const noexcept;
  };

  Language language_;
  std::unique_ptr<__locale_struct, FreeLocale> japanese_;
};

}  // namespace jpki::pam
