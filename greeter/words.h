// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The greeter's own words: English in words.cc, other languages in po/. What PAM modules say comes
// translated, in the language of the machine or of the option lang= (pam_jpki(8)); of our own module's,
// refusals are known by their verdict and said again in the language that was chosen here.
#pragma once

#include "greeter/model.h"

#include <memory>
#include <string>
#include <vector>

#include <locale.h>

namespace jpki::greeter {

enum class Language { kEnglish, kJapanese };

class Words {
 public:
  // Japanese is spoken where the machine has a Japanese locale and `locale_dir` our catalogue.
  explicit Words(const char* locale_dir);

  bool has_japanese() const noexcept { return japanese_ != nullptr; }
  // English where there is no Japanese.
  void speak(Language language) noexcept;
  Language language() const noexcept { return language_; }

  // The text for `msgid` (N_ in words.cc) in UTF-8.
  std::string operator()(const char* msgid) const;

  // Large, at the top of each page.
  std::string heading(const Shown& shown) const;
  // What to do, below it; may be empty.
  std::string hint(const Shown& shown) const;
  // "2 tries left"; empty where nothing is known.
  std::string tries(const Shown& shown) const;
  // What a screen reader says for the marks: "2 of 3 tries left".
  std::string tries_for_ear(const Shown& shown) const;
  // A name as one is spoken to.
  std::string person(const std::string& name) const;
  // What PAM said, in the chosen language as far as its meaning is known.
  std::string said(const Shown& shown) const;
  // Before the code of a refusal.
  std::string code(const std::string& code) const;

 private:
  struct FreeLocale {
    void operator()(locale_t locale) const noexcept { ::freelocale(locale); }
  };
  std::unique_ptr<__locale_struct, FreeLocale> japanese_;
  Language language_ = Language::kEnglish;
};

// Names of buttons and fields; a line under a letter is its mnemonic.
enum class Label {
  kTitle,
  kPin,
  kName,
  kAnswer,
  kCardNumber,
  kEnterPin,       // button
  kContinue,       // button
  kUseLastTry,     // button
  kStop,           // button
  kGoOn,           // button
  kTryAgain,       // button
  kBeginAnew,      // button
  kUsePassword,    // button
  kUseCode,        // button
  kDoWithoutCard,  // button: password or code
  kOtherLanguage,  // button: the name of the language that it brings
  kSuspend,        // button
  kRestart,        // button
  kShutDown,       // button
  kReallyRestart,
  kReallyShutDown,
  kCancel,       // button
  kCardPicture,  // for a screen reader
  kWorkingPicture,
  kWarningPicture,
};
const char* label(Label label) noexcept;  // a msgid
Label label_of(WithoutCard way) noexcept;

// Each msgid, for the test that all are translated.
std::vector<const char*> all_words();

}  // namespace jpki::greeter
