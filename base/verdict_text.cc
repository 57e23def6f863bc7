// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/verdict_text.h"

#include "base/smartphone_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

// Marks a text for xgettext; translated where it is shown.
#define N_(text) text

namespace jpki {
namespace {

struct Text {
  Verdict verdict;
  const char* msgid;
};

// One for every verdict but kAccepted, of which nothing is said, and kPinIncorrect.
// clang-format off
constexpr Text kTexts[] = {
    {Verdict::kCardServiceDown,
     N_("The smart card service is not running or does not answer. Please contact your system administrator.")},
    {Verdict::kNoReader,
     N_("No card reader was found. Please check that the reader is plugged in, then try again.")},
    {Verdict::kNoCard, N_("No card was found. Please put your card on the reader, then try again.")},
    {Verdict::kCardNotRecognised,
     N_("The card could not be recognised. Please put the card on the reader again. "
        "If this happens again, please contact your system administrator. "
        "If its PIN was wrong several times before, it may be locked: "
        "please ask at the counter of the municipality where you live.")},
    {Verdict::kCardRemoved,
     N_("The card was removed too early. "
        "Please put the card back on the reader, try again, and leave it there until you are logged in.")},
    {Verdict::kSeveralCards,
     N_("More than one card could be used. Please leave only your own card on the reader, then try again.")},
    {Verdict::kCardSilent,
     N_("The card did not answer. Please take the card off the reader, put it back and try again. "
        "If this happens again, please contact your system administrator. "
        "The next PIN prompt shows how many tries are left.")},
    {Verdict::kCardError,
     N_("The card could not be read. Please take the card off the reader, put it back and try again. "
        "If this happens again, please contact your system administrator.")},
    {Verdict::kNoLoginCertificate,
     N_("This card has no certificate for logging in. Please check that it is the right card. "
        "If it is, please contact your system administrator.")},
    {Verdict::kModuleUnusable,
     N_("The software that reads the card does not work. Please contact your system administrator.")},
    {Verdict::kCardBusy,
     N_("Another program used the card at the same time. "
        "Please close all programs that use the card, then try again.")},
    {Verdict::kRemoteLogin,
     N_("The card in this computer's reader cannot be used from another computer. "
        "Please log in another way.")},
    {Verdict::kSignaturePinLocked,
     N_("The password for digital signatures (6 to 16 letters and digits) on this card seems to be locked, "
        "and this computer cannot use the card until it is reset. "
        "Your PIN for logging in is not locked. "
        "Please have the password reset at the counter of the municipality where you live, "
        "or contact your system administrator.")},
    {Verdict::kNotSessionCard,
     N_("This is not the card with which you logged in. "
        "Please put that card on the reader, then try again.")},
    {Verdict::kSeatUnreachable,
     N_("The card reader of your terminal cannot be reached. Please try again in a moment. "
        "If this happens again, please contact your system administrator.")},
    {Verdict::kSmartphoneNotAllowed,
     N_("A smartphone was held to the reader, and smartphones are not accepted here. No try was used up. "
        "Please use your MyNumber card.")},
    {Verdict::kSmartphoneWithoutName,
     N_("A smartphone was held to the reader. It does not tell whose it is before its PIN is entered. "
        "No try was used up. "
        "Please use your MyNumber card, or type your user name first where the screen offers that.")},

    {Verdict::kPinLocked,
     N_("The PIN is locked, because it was wrong too many times in a row. "
        "Please have it reset at the counter of the municipality where you live. "
        "For a staff card, please contact your system administrator.")},
    {Verdict::kPinMalformed,
     N_("The PIN does not have the right form. No try was used up. Please check your PIN and log in again.")},
    {Verdict::kCancelled, N_("No PIN was entered. No try was used up. Please log in again.")},
    {Verdict::kLastTryNotConfirmed,
     N_("The next try may be the last one, so the PIN was not checked. No try was used up. "
        "If you know your PIN, please use it at a screen that asks about the last try, such as the login screen. "
        "If you do not know it, please have it reset at the counter of the municipality where you live. "
        "For a staff card, please contact your system administrator.")},
    {Verdict::kNobodyToAsk,
     N_("A PIN cannot be asked for here. Please log in with your card at a screen that asks for it.")},
    {Verdict::kPinWrongBefore,
     N_("This PIN was wrong before, so it was not checked again. No try was used up. "
        "Please use your card at a screen that shows how many tries are left, such as the login screen. "
        "For a staff card, please contact your system administrator.")},
    {Verdict::kPinNotSet,
     N_("Your card has no PIN yet. Please contact your system administrator.")},
    {Verdict::kPinToBeChanged,
     N_("The PIN of your card must be changed before you can log in with it. No try was used up. "
        "Please contact your system administrator.")},
    {Verdict::kTokenWithoutPin,
     N_("Your card does not ask for a PIN, so it may not be used to log in. "
        "Please contact your system administrator.")},
    {Verdict::kSmartphonePinLocked,
     N_("The PIN of the certificate on your smartphone is locked, because it was wrong too many times in a row. "
        "Please set a new one in the Mynaportal app, with your MyNumber card. "
        "The PIN of the card is a different one.")},

    {Verdict::kCertificateMalformed,
     N_("The certificate on the card cannot be read. Please contact your system administrator.")},
    {Verdict::kCertificateUntrusted,
     N_("The issuer of the certificate on the card is not trusted here. "
        "Please contact your system administrator.")},
    {Verdict::kCertificateExpired,
     N_("The certificate on the card has expired. "
        "Please have it renewed at the counter of the municipality where you live. "
        "For a staff card, please contact your system administrator. "
        "If it should still be valid, please check the date and time of this computer.")},
    {Verdict::kCertificateNotYetValid,
     N_("The certificate on the card is not valid yet. "
        "Please check the clock of this computer, or contact your system administrator.")},
    {Verdict::kCertificateUnacceptable,
     N_("The certificate on the card may not be used to log in. "
        "Please contact your system administrator.")},
    {Verdict::kPolicyNotAccepted,
     N_("The certificate on the card was issued under rules that are not accepted here. "
        "Please contact your system administrator.")},
    {Verdict::kAnchorRetired,
     N_("The certificate on the card belongs to a generation that is not accepted at this time. "
        "Please contact your system administrator.")},
    {Verdict::kAlgorithmWeak,
     N_("The certificate on the card uses outdated cryptography. Please contact your system administrator.")},
    {Verdict::kProofOfPossessionFailed,
     N_("The card could not prove that the certificate belongs to it. "
        "Please contact your system administrator.")},
    {Verdict::kIssuerExpired,
     N_("The certificate of the authority that issued your card has expired, or the clock of this computer is wrong. "
        "Please check the date and time of this computer, or contact your system administrator.")},
    {Verdict::kKindJpkiSignature,
     N_("This is the certificate for digital signatures. "
        "Please use the card with the certificate for user authentication, "
        "or contact your system administrator.")},
    {Verdict::kKindLgpkiRole,
     N_("The certificate of an official post cannot be used to log in here. Please use your own card.")},
    {Verdict::kKindDocumentSigning,
     N_("The certificate for signing documents cannot be used to log in. Please use your own card.")},
    {Verdict::kKindEncryption,
     N_("The certificate for encryption cannot be used to log in. Please use your own card.")},
    {Verdict::kKindWebServer,
     N_("The certificate of a web server cannot be used to log in. Please use your own card.")},
    {Verdict::kKindMail,
     N_("The certificate for mail cannot be used to log in. Please use your own card.")},
    {Verdict::kKindCodeSigning,
     N_("The certificate for signing programs cannot be used to log in. Please use your own card.")},
    {Verdict::kKindCirsTerminal,
     N_("The certificate of the certificate application system (CIRS) cannot be used to log in. "
        "Please use your own card.")},
    {Verdict::kKindUnknown,
     N_("This computer does not know this kind of certificate. Please check that it is the right card. "
        "If it is, please contact your system administrator.")},
    {Verdict::kKindNotAllowed,
     N_("This kind of card is not accepted on this computer. "
        "Please use another card, or contact your system administrator.")},

    {Verdict::kRevoked,
     N_("The certificate on the card has been revoked or suspended and cannot be used. "
        "Please ask at the counter of the municipality where you live about a new one, "
        "or about lifting the suspension. "
        "For a staff card, please contact your system administrator.")},
    {Verdict::kRevocationUnknown,
     N_("This computer could not check whether the card is still valid, "
        "for example because the network cannot be reached. Please try again later. "
        "If this happens again, please contact your system administrator and mention the code.")},
    {Verdict::kRevocationStale,
     N_("The card cannot be checked, "
        "because the information about revoked certificates on this computer is too old. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kRevocationInvalid,
     N_("The card cannot be checked, "
        "because the information about revoked certificates on this computer cannot be trusted. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kRevocationMemoryUnusable,
     N_("The card cannot be checked, "
        "because this computer cannot read its own record of revoked certificates. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kIssuerRevoked,
     N_("The certificate of the authority that issued your card has been revoked, so the card cannot be used. "
        "Please contact your system administrator and mention the code.")},

    {Verdict::kNotMapped,
     N_("This card is not registered for logging in. Please ask your system administrator to register it.")},
    {Verdict::kMappingAmbiguous,
     N_("This card is registered for more than one account. Please contact your system administrator.")},
    {Verdict::kOtherUser,
     N_("This card does not belong to the person whose user name was entered. "
        "Please check the user name, or use your own card.")},
    {Verdict::kAccountUnusable,
     N_("This account cannot be used with a card on this computer. "
        "Please contact your system administrator.")},
    {Verdict::kMapUnusable,
     N_("The register of cards on this computer cannot be used. Please contact your system administrator.")},
    {Verdict::kAccountDisabled,
     N_("This account is disabled. "
        "Please contact your system administrator.")},
    {Verdict::kAccountLocked,
     N_("This account is locked for a while because of wrong passwords. "
        "Please try again later, or contact your system administrator.")},
    {Verdict::kAccountExpired,
     N_("This account has expired. "
        "Please contact your system administrator.")},
    {Verdict::kLogonHoursDenied,
     N_("This account may not log in at this time. "
        "Please log in during the allowed hours, or contact your system administrator.")},
    {Verdict::kWorkstationDenied,
     N_("This account may not log in on this computer. "
        "Please use a computer where it is allowed, or contact your system administrator.")},
    {Verdict::kGroupDenied,
     N_("This account may not use this service on this computer. "
        "Please contact your system administrator.")},
    {Verdict::kAccountStateStale,
     N_("This computer could not check whether this account may log in, because it has not reached the directory for too long. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kAccountStateUnknown,
     N_("This computer could not check whether this account may log in. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kAccountOther,
     N_("This computer has another account with the name of yours, so you cannot log in. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kSmartphoneNotForAccount,
     N_("A smartphone was held to the reader, and this account may not use one. No try was used up. "
        "Please use your MyNumber card, or ask your system administrator.")},

    {Verdict::kUnlockNotAllowed,
     N_("This computer does not allow unlocking the screen without the PIN. "
        "Please unlock it with your card and PIN.")},
    {Verdict::kNoCardSession,
     N_("Without the PIN you can only unlock a screen that you opened with your card. "
        "Please log in with your card and PIN.")},
    {Verdict::kLockUnknown,
     N_("This computer cannot tell how long the screen has been locked. "
        "Please unlock it with your card and PIN.")},
    {Verdict::kUnlockTooSoon,
     N_("The screen was locked only a moment ago. "
        "Please wait a little and try again, or unlock it with your card and PIN.")},
    {Verdict::kCardLoginTooOld,
     N_("Your last login with card and PIN was too long ago. "
        "Please unlock the screen with your card and PIN.")},

    {Verdict::kTicketUnreachable,
     N_("Your card was accepted, but the server of your network account (Kerberos) did not answer. "
        "Shared folders and other services of the network may ask for a password. "
        "If this happens again, please contact your system administrator and mention the code.")},
    {Verdict::kTicketRefused,
     N_("Your card was accepted, but not by the server of your network account (Kerberos). "
        "Shared folders and other services of the network may ask for a password. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kTicketClock,
     N_("Your card was accepted, but the clock of this computer is wrong for the server of your network account (Kerberos). "
        "Shared folders and other services of the network may ask for a password. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kTicketUnusable,
     N_("Your card was accepted, but this computer could not ask for a ticket of your network account (Kerberos). "
        "Shared folders and other services of the network may ask for a password. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kTicketNotKept,
     N_("Your card was accepted, but this computer could not keep the ticket of your network account (Kerberos). "
        "Shared folders and other services of the network may ask for a password. "
        "Please contact your system administrator and mention the code.")},

    {Verdict::kRegistrationRefused,
     N_("This card cannot be registered for this account here. "
        "Please ask your system administrator to register it, and mention the code.")},
    {Verdict::kRegistrationDeclined,
     N_("The card was not registered. If you want to register it, please log in again and answer yes.")},
    {Verdict::kRegistrationPending,
     N_("You have asked to register this card. "
        "Until your system administrator agrees, it does not log you in; please log in another way.")},
    {Verdict::kRegistrationUnusable,
     N_("The card could not be registered on this computer, and nothing was changed. "
        "Please ask your system administrator to register it, and mention the code.")},

    {Verdict::kConfigInvalid,
     N_("The card login on this computer is not configured correctly. "
        "Please contact your system administrator.")},
    {Verdict::kAnchorsInvalid,
     N_("The list of trusted issuers on this computer cannot be used. "
        "Please contact your system administrator.")},
    {Verdict::kHelperNotStarted,
     N_("The program that checks the card could not be started. Please contact your system administrator.")},
    {Verdict::kHelperFailed,
     N_("The program that checks the card stopped unexpectedly. Please try again. "
        "If this happens again, please contact your system administrator.")},
    {Verdict::kTimeout,
     N_("Checking the card took too long. Please try again. "
        "If this happens again, please contact your system administrator.")},
    {Verdict::kInternal,
     N_("This computer could not complete the login. Please try again. "
        "If this happens again, please contact your system administrator.")},
    {Verdict::kPrivilegesNotDropped,
     N_("The program that checks the card could not be confined. Please contact your system administrator.")},

    {Verdict::kEmergencyRefused,
     N_("The emergency code was not accepted. Please check it and type it again. "
        "A code can be used only once, on one computer, and until its time is over. "
        "If it is not accepted again, please ask your system administrator for a new one.")},
    {Verdict::kEmergencyTooSoon,
     N_("Too many wrong emergency codes were typed for this account, so no code is checked at this time. "
        "Please wait, then try again, or ask your system administrator for a new code.")},
    {Verdict::kEmergencyMalformed,
     N_("This is not an emergency code, or a digit is wrong. It was not checked, so it can still be used. "
        "Please compare each digit, then type the code again. Never type the PIN of your card here.")},
    {Verdict::kEmergencyCancelled, N_("No emergency code was entered.")},
    {Verdict::kEmergencyUnusable,
     N_("Emergency codes cannot be checked on this computer at present. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kEmergencyRemote,
     N_("An emergency code can be used only by somebody who sits at this computer. "
        "Please log in another way.")},
    {Verdict::kEmergencyAccount,
     N_("This account cannot be used with an emergency code. Please contact your system administrator.")},
};
// clang-format on

const char* about_incorrect_pin(std::optional<std::uint8_t> tries_left) {
  if (!tries_left) return N_("The PIN is not correct. Please check your PIN and log in again.");
  if (*tries_left > 1)
    return N_(
        "The PIN is not correct. {tries} more wrong PINs lock it. "
        "Please check your PIN and log in again.");
  return N_(
      "The PIN is not correct. You have 1 try left. "
      "One more wrong PIN locks it, and it must then be reset at the counter of the municipality "
      "where you live (a staff card: by your system administrator). "
      "Please make sure that you know your PIN before you log in again.");
}

}  // namespace

const char* text_of(Verdict verdict, std::optional<std::uint8_t> tries_left, bool smartphone) noexcept {
  if (smartphone)
    if (const char* const text = text_of_smartphone(verdict, tries_left)) return text;
  if (verdict == Verdict::kPinIncorrect) return about_incorrect_pin(tries_left);
  const auto* const found = std::ranges::find(kTexts, verdict, &Text::verdict);
  return found == std::end(kTexts) ? "" : found->msgid;
}

bool is_mynumber_pin(const PinForm& form) noexcept {
  return form.digits_only && form.min_length == 4 && form.max_length == 4;
}

const char* text_of_wrong_form(const PinForm& form) noexcept {
  if (is_mynumber_pin(form)) return N_("The PIN has 4 digits. No try was used up. Please type it again.");
  if (form.ascii_only && !form.digits_only)
    return N_(
        "The PIN has {min} to {max} letters, digits and signs, none of them full-width. "
        "No try was used up. Please type it again.");
  return form.digits_only
             ? N_("The PIN has {min} to {max} digits. No try was used up. Please type it again.")
             : N_("The PIN has {min} to {max} characters. No try was used up. Please type it again.");
}

const char* last_try_question(std::optional<std::uint8_t> tries_left) noexcept {
  if (tries_left == std::uint8_t{1})
    return N_(
        "Only 1 try is left. "
        "A wrong PIN locks it, and it must then be reset at the counter of the municipality "
        "where you live (a staff card: by your system administrator). "
        "Please type yes to use the last try, or no to stop: ");
  return N_(
      "A wrong PIN was typed before, and your card does not tell how many tries are left. "
      "It may be the last one. If you are not sure of your PIN, please ask your system administrator. "
      "Please type yes to use a try, or no to stop: ");
}

std::string fill_in(std::string text, std::string_view placeholder, std::string_view value) {
  if (const auto at = text.find(placeholder); at != text.npos) text.replace(at, placeholder.size(), value);
  return text;
}

std::string fill_in(std::string text, std::string_view placeholder, unsigned value) {
  return fill_in(std::move(text), placeholder, std::to_string(value));
}

}  // namespace jpki
