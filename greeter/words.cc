// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/words.h"

#include "base/verdict_text.h"

#include <libintl.h>

// Marks a text for xgettext; translated later.
#define N_(text) text

namespace jpki::greeter {
namespace {

constexpr char kDomain[] = "jpki";
constexpr char kJapaneseLocale[] = "ja_JP.UTF-8";

// This thread's locale, for as long as the object lives.
class ThreadLocale {
 public:
  explicit ThreadLocale(locale_t locale) noexcept : previous_(::uselocale(locale)) {}
  ThreadLocale(const ThreadLocale&) = delete;
  ThreadLocale& operator=(const ThreadLocale&) = delete;
  ~ThreadLocale() { ::uselocale(previous_); }

 private:
  locale_t previous_;
};

constexpr char kFourDigits[] = N_("Type the 4 digits of your MyNumber card PIN, then press Enter.");
constexpr char kSmartphonePin[] =
    N_("A smartphone is on the reader. Its certificate is checked only after its PIN. "
       "Type the 4 digits of your smartphone's PIN, then press Enter.");
constexpr char kSmartphoneLastTry[] =
    N_("If the PIN of your smartphone is wrong again, it is locked, and you must set a new one in the "
       "Mynaportal app.");
constexpr char kLastTry[] =
    N_("If the PIN is wrong again, it is locked, and you must have it reset at the counter of the "
       "municipality where you live (a staff card: by your system administrator).");
constexpr char kUntoldTry[] =
    N_("A wrong PIN was typed before, and your card does not tell how many tries are left. "
       "If the PIN is wrong again, it may be locked. "
       "If you are not sure of it, please ask your system administrator.");
constexpr char kAnyPin[] = N_("Type the PIN of your card, then press Enter.");
constexpr char kOneTry[] = N_("1 try left");
constexpr char kTries[] = N_("{tries} tries left");
constexpr char kTriesForEar[] = N_("{tries} of {all} tries left");
constexpr char kCode[] = N_("Code for your system administrator: {code}");
constexpr char kPerson[] = N_("{name}");
constexpr char kWithPassword[] = N_("Log in with a password");
constexpr char kWithCode[] = N_("Log in with an emergency code");
constexpr char kWithout[] = N_("Log in without a card");

const char* heading_of(WithoutCard way) {
  switch (way) {
    case WithoutCard::kNot:
      return N_("One more question");
    case WithoutCard::kPassword:
      return kWithPassword;
    case WithoutCard::kCode:
      return kWithCode;
    case WithoutCard::kPasswordOrCode:
      return kWithout;
  }
  return "";
}

const char* failure_of(WithoutCard way) {
  switch (way) {
    case WithoutCard::kNot:
      return N_("You are not logged in");
    case WithoutCard::kPassword:
      return N_("The user name or the password is not right.");
    case WithoutCard::kCode:
      return N_("The user name or the emergency code is not right.");
    case WithoutCard::kPasswordOrCode:
      return N_("The user name, the password or the emergency code is not right.");
  }
  return "";
}

const char* heading_of(Work work) {
  switch (work) {
    case Work::kReading:
      return N_("Reading your card");
    case Work::kChecking:
      return N_("Checking your card");
    case Work::kAsking:
      return N_("Asking whether your card is still valid");
    case Work::kVerifying:
      return N_("Checking");
  }
  return "";
}

const char* heading_of(const Shown& shown) {
  switch (shown.page) {
    case Page::kStarting:
      return N_("One moment, please");
    case Page::kInsertCard:
      return N_("Put your card on the reader");
    case Page::kWorking:
      return heading_of(shown.work);
    case Page::kChoose:
      return N_("Which card is yours?");
    case Page::kPin:
      return N_("Enter your PIN");
    case Page::kLastTry:
      return N_("Use the last try?");
    case Page::kRefused:
      return N_("You are not logged in");
    case Page::kCode:
      return kWithCode;
    case Page::kQuestion:
    case Page::kName:
      return heading_of(shown.without_card);
    case Page::kNotice:
      return N_("Please read this");
    case Page::kWelcome:
      return N_("Welcome");
    case Page::kEnded:
      return failure_of(shown.without_card);
    case Page::kNoManager:
      return N_("Nobody can log in here now");
  }
  return "";
}

const char* hint_of(const Shown& shown) {
  switch (shown.page) {
    case Page::kInsertCard:
      return N_("Leave it there until you are logged in.");
    case Page::kWorking:
      return shown.without_card == WithoutCard::kNot ? N_("Please leave the card on the reader.")
                                                     : N_("One moment, please.");
    case Page::kChoose:
      return N_("Type the number of your card, not your PIN, then press Enter.");
    case Page::kPin:
      if (shown.smartphone) return kSmartphonePin;
      return shown.form && is_mynumber_pin(*shown.form) ? kFourDigits : kAnyPin;
    case Page::kName:
      return N_("Type your user name, then press Enter. You need no card.");
    case Page::kWelcome:
      return N_("Your desktop is being started.");
    case Page::kEnded:
      return N_("Please try again.");
    case Page::kNoManager:
      return N_("The display manager does not answer. Please contact your system administrator.");
    case Page::kLastTry:
      if (shown.smartphone) return kSmartphoneLastTry;
      return shown.tries_left == std::uint8_t{1} ? kLastTry : kUntoldTry;
    case Page::kStarting:
    case Page::kRefused:
    case Page::kQuestion:
    case Page::kCode:
    case Page::kNotice:
      break;
  }
  return "";
}

}  // namespace

const char* label(Label label) noexcept {
  switch (label) {
    case Label::kTitle:
      return N_("Log in with your card");
    case Label::kPin:
      return N_("PIN");
    case Label::kName:
      return N_("User name");
    case Label::kAnswer:
      return N_("Answer");
    case Label::kCardNumber:
      return N_("Number of the card");
    case Label::kEnterPin:
      return N_("_Log in");
    case Label::kContinue:
      return N_("_Continue");
    case Label::kUseLastTry:
      return N_("_Use the last try");
    case Label::kStop:
      return N_("_Stop");
    case Label::kGoOn:
      return N_("_OK");
    case Label::kTryAgain:
      return N_("_Try again");
    case Label::kBeginAnew:
      return N_("Begin anew (Esc)");
    case Label::kUsePassword:
      return N_("Log in with a _password");
    case Label::kUseCode:
      return N_("Log in with an _emergency code");
    case Label::kDoWithoutCard:
      return N_("Log in _without a card");
    case Label::kOtherLanguage:
      return N_("_日本語");
    case Label::kSuspend:
      return N_("Suspen_d");
    case Label::kRestart:
      return N_("_Restart");
    case Label::kShutDown:
      return N_("S_hut down");
    case Label::kReallyRestart:
      return N_("Restart this computer?");
    case Label::kReallyShutDown:
      return N_("Shut down this computer?");
    case Label::kCancel:
      return N_("_Cancel");
    case Label::kCardPicture:
      return N_("Picture: a card is put on a card reader");
    case Label::kWorkingPicture:
      return N_("Picture: the card lies on the card reader");
    case Label::kWarningPicture:
      return N_("Picture: a warning sign");
  }
  return "";
}

Label label_of(WithoutCard way) noexcept {
  return way == WithoutCard::kCode             ? Label::kUseCode
         : way == WithoutCard::kPasswordOrCode ? Label::kDoWithoutCard
                                               : Label::kUsePassword;
}

Words::Words(const char* locale_dir) : japanese_(::newlocale(LC_ALL_MASK, kJapaneseLocale, nullptr)) {
  ::bindtextdomain(kDomain, locale_dir);
  ::bind_textdomain_codeset(kDomain, "UTF-8");
}

void Words::speak(Language language) noexcept {
  language_ = has_japanese() ? language : Language::kEnglish;
}

std::string Words::operator()(const char* msgid) const {
  if (language_ == Language::kEnglish || *msgid == '\0') return msgid;
  const ThreadLocale locale(japanese_.get());
  return ::dgettext(kDomain, msgid);
}

std::string Words::heading(const Shown& shown) const {
  return (*this)(heading_of(shown));
}

std::string Words::hint(const Shown& shown) const {
  return (*this)(hint_of(shown));
}

std::string Words::tries(const Shown& shown) const {
  if (!shown.tries_left) return {};
  if (*shown.tries_left == 1) return (*this)(kOneTry);
  return fill_in((*this)(kTries), "{tries}", *shown.tries_left);
}

std::string Words::tries_for_ear(const Shown& shown) const {
  if (!shown.tries_left || shown.max_tries == 0) return tries(shown);
  return fill_in(fill_in((*this)(kTriesForEar), "{tries}", *shown.tries_left), "{all}", shown.max_tries);
}

std::string Words::person(const std::string& name) const {
  return fill_in((*this)(kPerson), "{name}", name);
}

std::string Words::said(const Shown& shown) const {
  if (!shown.said) return shown.words;
  const ScreenLine& line = *shown.said;
  const char* const why = line.state == ScreenState::kRefused && line.verdict
                              ? text_of(*line.verdict, line.tries_left, line.smartphone)
                              : "";
  if (*why != '\0')
    return fill_in((*this)(why), "{tries}", line.tries_left.value_or(0)) + " [" + code_of(*line.verdict) +
           "]";
  if (line.state == ScreenState::kWrongForm && line.form)
    return fill_in(fill_in((*this)(text_of_wrong_form(*line.form)), "{min}", line.form->min_length), "{max}",
                   line.form->max_length);
  return shown.words;
}

std::string Words::code(const std::string& code) const {
  return fill_in((*this)(kCode), "{code}", code);
}

std::vector<const char*> all_words() {
  std::vector<const char*> all{kFourDigits, kSmartphonePin, kSmartphoneLastTry, kLastTry, kAnyPin,
                               kOneTry,     kTries,         kTriesForEar,       kCode,    kPerson};
  for (int page = 0; page <= static_cast<int>(Page::kNoManager); ++page) {
    for (int way = 0; way <= static_cast<int>(WithoutCard::kPasswordOrCode); ++way) {
      const Shown shown{.page = static_cast<Page>(page), .without_card = static_cast<WithoutCard>(way)};
      all.push_back(heading_of(shown));
      all.push_back(hint_of(shown));
    }
  }
  for (int work = 0; work <= static_cast<int>(Work::kVerifying); ++work)
    all.push_back(heading_of(static_cast<Work>(work)));
  for (int each = 0; each <= static_cast<int>(Label::kWarningPicture); ++each)
    all.push_back(label(static_cast<Label>(each)));
  std::erase_if(all, [](const char* msgid) { return *msgid == '\0'; });
  return all;
}

}  // namespace jpki::greeter
