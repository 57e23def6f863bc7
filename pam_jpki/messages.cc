// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/messages.h"

#include "base/verdict_text.h"

namespace jpki::pam {
namespace {

const char* prompt_for(bool four_digits, std::optional<std::uint8_t> tries_left) {
  if (!tries_left) return four_digits ? N_("MyNumber card PIN (4 digits): ") : N_("Card PIN: ");
  if (*tries_left == 1)
    return four_digits ? N_("MyNumber card PIN (4 digits, last try): ") : N_("Card PIN (last try): ");
  return four_digits ? N_("MyNumber card PIN (4 digits, {tries} tries left): ")
                     : N_("Card PIN ({tries} tries left): ");
}

const char* prompt_for_smartphone(std::optional<std::uint8_t> tries_left) {
  if (tries_left == std::uint8_t{1})
    return N_(
        "A smartphone is on the reader. Its certificate is checked only after its PIN. "
        "PIN of your smartphone (4 digits, last try): ");
  return N_(
      "A smartphone is on the reader. Its certificate is checked only after its PIN. "
      "PIN of your smartphone (4 digits, {tries} tries left): ");
}

const char* begin_on_reader(std::optional<std::uint8_t> tries_left) {
  if (!tries_left)
    return N_("Please press Enter here, then type the PIN of your card on the keys of the card reader: ");
  if (*tries_left == 1)
    return N_(
        "Please press Enter here, then type the PIN of your card on the keys of the card reader "
        "(last try): ");
  return N_(
      "Please press Enter here, then type the PIN of your card on the keys of the card reader "
      "({tries} tries left): ");
}

}  // namespace

std::string Messages::verdict(Verdict verdict, std::optional<std::uint8_t> tries_left,
                              bool smartphone) const {
  return fill_in(translate_(text_of(verdict, tries_left, smartphone)), "{tries}", tries_left.value_or(0)) +
         " [" + code_of(verdict) + "]";
}

std::string Messages::insert_card() const {
  return translate_(N_("Please put your card on the reader."));
}

std::string Messages::going_on(ScreenState state) const {
  switch (state) {
    case ScreenState::kInsertCard:
      return insert_card();
    case ScreenState::kReading:
      return translate_(N_("The card is being read. Please leave it on the reader."));
    case ScreenState::kChecking:
      return translate_(N_("The certificate on the card is being checked."));
    case ScreenState::kAsking:
      return translate_(N_("Checking whether the card is still valid. Please wait."));
    case ScreenState::kVerifying:
      return translate_(N_("The PIN is being checked. Please leave the card on the reader."));
    case ScreenState::kWrongForm:
    case ScreenState::kRefused:
    case ScreenState::kNotice:
    case ScreenState::kChoose:
    case ScreenState::kPin:
    case ScreenState::kConfirm:
    case ScreenState::kCode:
    case ScreenState::kHold:
      break;
  }
  return {};
}

std::string Messages::still_checking() const {
  return translate_(N_("The card is being checked. Please wait, and leave the card on the reader."));
}

std::string Messages::pin_prompt(const AskPin& ask) const {
  const char* msgid = ask.smartphone ? prompt_for_smartphone(ask.tries_left)
                                     : prompt_for(is_mynumber_pin(ask.form), ask.tries_left);
  return fill_in(translate_(msgid), "{tries}", ask.tries_left.value_or(0));
}

std::string Messages::pin_prompt_in_short(const AskPin& ask) const {
  if (ask.smartphone) return pin_prompt(ask);
  return fill_in(translate_(prompt_for(false, ask.tries_left)), "{tries}", ask.tries_left.value_or(0));
}

std::string Messages::wrong_form(const PinForm& form) const {
  return fill_in(fill_in(translate_(text_of_wrong_form(form)), "{min}", form.min_length), "{max}",
                 form.max_length);
}

std::string Messages::pin_on_reader(const AskPin& ask) const {
  const char* msgid = begin_on_reader(ask.tries_left);
  return fill_in(translate_(msgid), "{tries}", ask.tries_left.value_or(0));
}

std::string Messages::last_try_question(const AskPin& ask) const {
  if (ask.smartphone)
    return translate_(
        N_("Only 1 try is left for the PIN of your smartphone. "
           "A wrong PIN locks it, and you must then set a new one in the Mynaportal app. "
           "Please type yes to use the last try, or no to stop: "));
  return translate_(jpki::last_try_question(ask.tries_left));
}

std::string Messages::expires_in(unsigned days, bool smartphone) const {
  if (smartphone)
    return fill_in(translate_(days == 0 ? N_("The certificate on your smartphone expires within 24 hours. "
                                             "Please have a new one issued in the Mynaportal app.")
                                        : N_("The certificate on your smartphone expires in {days} days. "
                                             "Please have a new one issued in the Mynaportal app.")),
                   "{days}", days);
  const char* msgid = days == 0
                          ? N_("The certificate on your card expires within 24 hours. "
                               "Please have it renewed at the counter of the municipality where you live. "
                               "For a staff card, please contact your system administrator.")
                          : N_("The certificate on your card expires in {days} days. "
                               "Please have it renewed at the counter of the municipality where you live. "
                               "For a staff card, please contact your system administrator.");
  return fill_in(translate_(msgid), "{days}", days);
}

std::string Messages::registered_in_place(unsigned days) const {
  const char* msgid = days == 0
                          ? N_("Your new certificate was registered in place of the old one. "
                               "The old one no longer logs in on this computer. "
                               "If you did not renew your card, please tell your system administrator.")
                          : N_("Your new certificate was registered in place of the old one. "
                               "The old one logs in on this computer for {days} more days. "
                               "If you did not renew your card, please tell your system administrator.");
  return fill_in(translate_(msgid), "{days}", days);
}

std::string Messages::wrong_pins_before(unsigned count, bool smartphone) const {
  if (smartphone)
    return fill_in(
        translate_(count == 1 ? N_("A wrong PIN was entered for your smartphone before this login. "
                                   "If that was not you, please tell your system administrator.")
                              : N_("{count} wrong PINs were entered for your smartphone before this login. "
                                   "If that was not you, please tell your system administrator.")),
        "{count}", count);
  const char* msgid = count == 1 ? N_("A wrong PIN was entered for your card before this login. "
                                      "If that was not you, please tell your system administrator.")
                                 : N_("{count} wrong PINs were entered for your card before this login. "
                                      "If that was not you, please tell your system administrator.");
  return fill_in(translate_(msgid), "{count}", count);
}

std::string Messages::pin_is_changed_elsewhere() const {
  return translate_(
      N_("The PIN of your card cannot be changed here. "
         "Please use the JPKI client software or go to the counter of the municipality where you live."));
}

}  // namespace jpki::pam
