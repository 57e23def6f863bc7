// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/verdict_to_pam.h"

#include <algorithm>
#include <iterator>

#include <security/pam_modules.h>

namespace jpki::pam {

// NOLINTNEXTLINE(readability-function-size): one line a verdict
int to_pam(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kAccepted:
      return PAM_SUCCESS;
    case Verdict::kCardServiceDown:
    case Verdict::kNoReader:
    case Verdict::kNoCard:
    case Verdict::kCardNotRecognised:
    case Verdict::kCardRemoved:
    case Verdict::kSeveralCards:
    case Verdict::kCardSilent:
    case Verdict::kCardError:
    case Verdict::kNoLoginCertificate:
    case Verdict::kModuleUnusable:
    case Verdict::kCardBusy:
    case Verdict::kRemoteLogin:
    case Verdict::kSignaturePinLocked:
    case Verdict::kSeatUnreachable:
    case Verdict::kNobodyToAsk:
    case Verdict::kRevocationUnknown:
    case Verdict::kRevocationStale:
    case Verdict::kRevocationInvalid:
    case Verdict::kRevocationMemoryUnusable:
    case Verdict::kMapUnusable:
    case Verdict::kConfigInvalid:
    case Verdict::kAnchorsInvalid:
    case Verdict::kHelperNotStarted:
    case Verdict::kHelperFailed:
    case Verdict::kTimeout:
    case Verdict::kInternal:
    case Verdict::kPrivilegesNotDropped:
    case Verdict::kTicketUnreachable:
    case Verdict::kTicketRefused:
    case Verdict::kTicketClock:
    case Verdict::kTicketUnusable:
    case Verdict::kTicketNotKept:
    case Verdict::kRegistrationUnusable:
    case Verdict::kEmergencyUnusable:
    case Verdict::kEmergencyRemote:
      return PAM_AUTHINFO_UNAVAIL;
    case Verdict::kPinIncorrect:
    case Verdict::kPinMalformed:
    case Verdict::kCancelled:
    case Verdict::kLastTryNotConfirmed:
    case Verdict::kPinWrongBefore:
    case Verdict::kOtherUser:
    case Verdict::kNotSessionCard:
    case Verdict::kUnlockNotAllowed:
    case Verdict::kNoCardSession:
    case Verdict::kLockUnknown:
    case Verdict::kUnlockTooSoon:
    case Verdict::kCardLoginTooOld:
    case Verdict::kRegistrationRefused:
    case Verdict::kRegistrationDeclined:
    case Verdict::kEmergencyRefused:
    case Verdict::kEmergencyMalformed:
    case Verdict::kEmergencyCancelled:
      return PAM_AUTH_ERR;  // never one that an ignore_… option lets pass
    case Verdict::kPinLocked:
    case Verdict::kSmartphonePinLocked:
    case Verdict::kEmergencyTooSoon:
      return PAM_MAXTRIES;
    case Verdict::kCertificateMalformed:
    case Verdict::kCertificateUntrusted:
    case Verdict::kCertificateExpired:
    case Verdict::kCertificateNotYetValid:
    case Verdict::kCertificateUnacceptable:
    case Verdict::kPolicyNotAccepted:
    case Verdict::kAnchorRetired:
    case Verdict::kAlgorithmWeak:
    case Verdict::kProofOfPossessionFailed:
    case Verdict::kIssuerExpired:
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
    case Verdict::kRevoked:
    case Verdict::kIssuerRevoked:
    case Verdict::kPinNotSet:
    case Verdict::kPinToBeChanged:
    case Verdict::kTokenWithoutPin:
    case Verdict::kSmartphoneNotAllowed:
    case Verdict::kSmartphoneWithoutName:
    case Verdict::kSmartphoneNotForAccount:
      return PAM_CRED_INSUFFICIENT;
    case Verdict::kNotMapped:
    case Verdict::kMappingAmbiguous:
    case Verdict::kAccountUnusable:
    case Verdict::kRegistrationPending:
    case Verdict::kEmergencyAccount:
      return PAM_USER_UNKNOWN;
    case Verdict::kAccountDisabled:
    case Verdict::kAccountExpired:
      return PAM_ACCT_EXPIRED;
    case Verdict::kAccountLocked:
    case Verdict::kLogonHoursDenied:
    case Verdict::kWorkstationDenied:
    case Verdict::kGroupDenied:
    case Verdict::kAccountStateStale:
    case Verdict::kAccountStateUnknown:
    case Verdict::kAccountOther:
      return PAM_PERM_DENIED;  // never one that an ignore_… option lets pass
  }
  return PAM_AUTHINFO_UNAVAIL;
}

int apply_ignore(Verdict verdict, bool user_named, const Options& options) noexcept {
  const int code = to_pam(verdict);
  const bool about_the_user = !user_named || verdict == Verdict::kAccountUnusable;
  if (code == PAM_USER_UNKNOWN && options.ignore_unknown_user && about_the_user) return PAM_IGNORE;
  if (code == PAM_AUTHINFO_UNAVAIL && options.ignore_authinfo_unavail) return PAM_IGNORE;
  return code;
}

bool worth_telling(Verdict verdict, bool user_named) noexcept {
  constexpr Verdict kNobodyShowedACard[] = {Verdict::kCardServiceDown, Verdict::kNoReader, Verdict::kNoCard,
                                            Verdict::kRemoteLogin, Verdict::kNobodyToAsk};
  if (verdict == Verdict::kAccountUnusable) return !user_named;
  return std::ranges::find(kNobodyShowedACard, verdict) == std::end(kNobodyShowedACard);
}

}  // namespace jpki::pam
