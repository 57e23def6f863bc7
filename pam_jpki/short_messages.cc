// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The few words about a refusal that stand before the next prompt, where nothing but prompts is shown.
#include "pam_jpki/messages.h"

#include <algorithm>
#include <iterator>

namespace jpki::pam {
namespace {

// NOLINTNEXTLINE(readability-function-size): a table
const char* few_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPinIncorrect:
      return N_("Wrong PIN");
    case Verdict::kPinLocked:
    case Verdict::kSmartphonePinLocked:
      return N_("The PIN is locked");
    case Verdict::kSignaturePinLocked:
      return N_("The signature password is locked");
    case Verdict::kPinMalformed:
      return N_("Not the form of a PIN");
    case Verdict::kCancelled:
      return N_("No PIN was entered");
    case Verdict::kLastTryNotConfirmed:
      return N_("The last try was not used");
    case Verdict::kNobodyToAsk:
      return N_("No PIN can be asked for here");
    case Verdict::kPinWrongBefore:
      return N_("That PIN was wrong before");
    case Verdict::kPinNotSet:
      return N_("The card has no PIN yet");
    case Verdict::kPinToBeChanged:
      return N_("The PIN must be changed first");
    case Verdict::kTokenWithoutPin:
      return N_("The card asks for no PIN");
    case Verdict::kSmartphoneNotAllowed:
      return N_("No smartphones here");
    case Verdict::kSmartphoneWithoutName:
      return N_("Type your name before you use a smartphone");
    case Verdict::kSmartphoneNotForAccount:
      return N_("This account may not use a smartphone");
    case Verdict::kNoReader:
      return N_("No card reader was found");
    case Verdict::kNoCard:
      return N_("No card was found");
    case Verdict::kSeatUnreachable:
      return N_("Your terminal's card reader cannot be reached");
    case Verdict::kCardRemoved:
      return N_("The card was removed too early");
    case Verdict::kSeveralCards:
      return N_("More than one card");
    case Verdict::kNotSessionCard:
      return N_("Not the card of this session");
    case Verdict::kRemoteLogin:
      return N_("You are not at this computer");
    case Verdict::kCardNotRecognised:
    case Verdict::kCardSilent:
    case Verdict::kCardError:
    case Verdict::kCardBusy:
      return N_("The card could not be read");
    case Verdict::kNoLoginCertificate:
    case Verdict::kKindJpkiSignature:
    case Verdict::kKindLgpkiRole:
    case Verdict::kKindDocumentSigning:
    case Verdict::kKindEncryption:
    case Verdict::kKindWebServer:
    case Verdict::kKindMail:
    case Verdict::kKindCodeSigning:
    case Verdict::kKindCirsTerminal:
    case Verdict::kKindUnknown:
    case Verdict::kKindNotAllowed:
      return N_("Not a card to log in with here");
    case Verdict::kCertificateExpired:
      return N_("The certificate has expired");
    case Verdict::kRevoked:
      return N_("The certificate is revoked or suspended");
    case Verdict::kRevocationUnknown:
    case Verdict::kRevocationStale:
    case Verdict::kRevocationInvalid:
    case Verdict::kRevocationMemoryUnusable:
      return N_("The card could not be checked");
    case Verdict::kCertificateMalformed:
    case Verdict::kCertificateUntrusted:
    case Verdict::kCertificateNotYetValid:
    case Verdict::kCertificateUnacceptable:
    case Verdict::kPolicyNotAccepted:
    case Verdict::kAnchorRetired:
    case Verdict::kAlgorithmWeak:
    case Verdict::kProofOfPossessionFailed:
    case Verdict::kIssuerExpired:
    case Verdict::kIssuerRevoked:
      return N_("The card is not accepted here");
    case Verdict::kNotMapped:
    case Verdict::kMappingAmbiguous:
      return N_("The card is not registered here");
    case Verdict::kOtherUser:
      return N_("The card of another person");
    case Verdict::kAccountUnusable:
    case Verdict::kAccountOther:
    case Verdict::kAccountDisabled:
    case Verdict::kAccountLocked:
    case Verdict::kAccountExpired:
    case Verdict::kLogonHoursDenied:
    case Verdict::kWorkstationDenied:
    case Verdict::kGroupDenied:
    case Verdict::kAccountStateStale:
    case Verdict::kAccountStateUnknown:
      return N_("This account may not log in here now");
    case Verdict::kUnlockNotAllowed:
    case Verdict::kNoCardSession:
    case Verdict::kLockUnknown:
    case Verdict::kCardLoginTooOld:
      return N_("The PIN is needed");
    case Verdict::kUnlockTooSoon:
      return N_("Locked only a moment ago");
    case Verdict::kEmergencyRefused:
      return N_("Wrong emergency code");
    case Verdict::kEmergencyTooSoon:
      return N_("Too many wrong codes; please wait");
    case Verdict::kEmergencyMalformed:
      return N_("Not the form of an emergency code");
    case Verdict::kEmergencyCancelled:
      return N_("No emergency code was entered");
    case Verdict::kEmergencyRemote:
      return N_("You are not at this computer");
    case Verdict::kEmergencyUnusable:
    case Verdict::kEmergencyAccount:
      return N_("No emergency code can be used here");
    case Verdict::kRegistrationRefused:
    case Verdict::kRegistrationDeclined:
    case Verdict::kRegistrationUnusable:
      return N_("The card was not registered");
    case Verdict::kRegistrationPending:
      return N_("The card waits to be registered");
    case Verdict::kTicketUnreachable:
    case Verdict::kTicketRefused:
    case Verdict::kTicketClock:
    case Verdict::kTicketUnusable:
    case Verdict::kTicketNotKept:
      return N_("No Kerberos ticket");
    case Verdict::kAccepted:
    case Verdict::kCardServiceDown:
    case Verdict::kModuleUnusable:
    case Verdict::kMapUnusable:
    case Verdict::kConfigInvalid:
    case Verdict::kAnchorsInvalid:
    case Verdict::kHelperNotStarted:
    case Verdict::kHelperFailed:
    case Verdict::kTimeout:
    case Verdict::kInternal:
    case Verdict::kPrivilegesNotDropped:
      return N_("Logging in by card does not work");
  }
  return "";
}

struct FewWords {
  Verdict verdict;
  const char* msgid;
};
constexpr char kUncheckedSmartphone[] = N_("The smartphone could not be checked");
constexpr FewWords kOfSmartphone[] = {
    {Verdict::kCardRemoved, N_("The smartphone was taken off too early")},
    {Verdict::kCardSilent, N_("The smartphone could not be read")},
    {Verdict::kCardError, N_("The smartphone could not be read")},
    {Verdict::kNoLoginCertificate, N_("No certificate on the smartphone")},
    {Verdict::kCertificateUntrusted, N_("The smartphone is not accepted here")},
    {Verdict::kCertificateExpired, N_("The smartphone's certificate has expired")},
    {Verdict::kIssuerExpired, N_("The smartphone is not accepted here")},
    {Verdict::kIssuerRevoked, N_("The smartphone is not accepted here")},
    {Verdict::kRevoked, N_("The smartphone's certificate is revoked or suspended")},
    {Verdict::kRevocationUnknown, kUncheckedSmartphone},
    {Verdict::kRevocationStale, kUncheckedSmartphone},
    {Verdict::kRevocationInvalid, kUncheckedSmartphone},
    {Verdict::kRevocationMemoryUnusable, kUncheckedSmartphone},
    {Verdict::kNotMapped, N_("The smartphone is not registered here")},
    {Verdict::kMappingAmbiguous, N_("The smartphone is not registered here")},
    {Verdict::kOtherUser, N_("The smartphone of another person")},
};

const char* few_words_about_smartphone(Verdict verdict) {
  const auto* const found = std::ranges::find(kOfSmartphone, verdict, &FewWords::verdict);
  return found == std::end(kOfSmartphone) ? few_words(verdict) : found->msgid;
}

}  // namespace

std::string Messages::in_short(Verdict verdict, bool smartphone) const {
  const char* const words = smartphone ? few_words_about_smartphone(verdict) : few_words(verdict);
  return translate_(words) + " [" + code_of(verdict) + "]";
}

std::string Messages::wrong_form_in_short(const PinForm& form) const {
  const char* msgid = form.min_length == 4 && form.max_length == 4 && form.digits_only
                          ? N_("No try was used; 4 digits")
                          : N_("No try was used; wrong form");
  return translate_(msgid);
}

std::string Messages::last_try_in_short() const {
  return translate_(N_("Use the last try?")) + " (yes / no): ";
}

std::string Messages::press_enter() const {
  return translate_(N_("Press Enter: "));
}

std::string Messages::insert_card_prompt() const {
  return translate_(N_("Please put your card on the reader, then press Enter: "));
}

std::string Messages::prompt_after(const std::string& words, const std::string& prompt) const {
  return words + translate_(N_(". ")) + prompt;
}

}  // namespace jpki::pam
