// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/verdict.h"

#include <algorithm>

namespace jpki {
namespace {

constexpr Verdict kAll[] = {
    Verdict::kAccepted,
    Verdict::kCardServiceDown,
    Verdict::kNoReader,
    Verdict::kNoCard,
    Verdict::kCardNotRecognised,
    Verdict::kCardRemoved,
    Verdict::kSeveralCards,
    Verdict::kCardSilent,
    Verdict::kCardError,
    Verdict::kNoLoginCertificate,
    Verdict::kModuleUnusable,
    Verdict::kCardBusy,
    Verdict::kRemoteLogin,
    Verdict::kSignaturePinLocked,
    Verdict::kNotSessionCard,
    Verdict::kSeatUnreachable,
    Verdict::kSmartphoneNotAllowed,
    Verdict::kSmartphoneWithoutName,
    Verdict::kPinIncorrect,
    Verdict::kPinLocked,
    Verdict::kPinMalformed,
    Verdict::kCancelled,
    Verdict::kLastTryNotConfirmed,
    Verdict::kNobodyToAsk,
    Verdict::kPinWrongBefore,
    Verdict::kPinNotSet,
    Verdict::kPinToBeChanged,
    Verdict::kTokenWithoutPin,
    Verdict::kSmartphonePinLocked,
    Verdict::kCertificateMalformed,
    Verdict::kCertificateUntrusted,
    Verdict::kCertificateExpired,
    Verdict::kCertificateNotYetValid,
    Verdict::kCertificateUnacceptable,
    Verdict::kPolicyNotAccepted,
    Verdict::kAnchorRetired,
    Verdict::kAlgorithmWeak,
    Verdict::kProofOfPossessionFailed,
    Verdict::kIssuerExpired,
    Verdict::kKindJpkiSignature,
    Verdict::kKindLgpkiRole,
    Verdict::kKindDocumentSigning,
    Verdict::kKindEncryption,
    Verdict::kKindWebServer,
    Verdict::kKindMail,
    Verdict::kKindCodeSigning,
    Verdict::kKindCirsTerminal,
    Verdict::kKindUnknown,
    Verdict::kKindNotAllowed,
    Verdict::kRevoked,
    Verdict::kRevocationUnknown,
    Verdict::kRevocationStale,
    Verdict::kRevocationInvalid,
    Verdict::kRevocationMemoryUnusable,
    Verdict::kIssuerRevoked,
    Verdict::kNotMapped,
    Verdict::kMappingAmbiguous,
    Verdict::kOtherUser,
    Verdict::kAccountUnusable,
    Verdict::kMapUnusable,
    Verdict::kAccountDisabled,
    Verdict::kAccountLocked,
    Verdict::kAccountExpired,
    Verdict::kLogonHoursDenied,
    Verdict::kWorkstationDenied,
    Verdict::kGroupDenied,
    Verdict::kAccountStateStale,
    Verdict::kAccountStateUnknown,
    Verdict::kAccountOther,
    Verdict::kSmartphoneNotForAccount,
    Verdict::kUnlockNotAllowed,
    Verdict::kNoCardSession,
    Verdict::kLockUnknown,
    Verdict::kUnlockTooSoon,
    Verdict::kCardLoginTooOld,
    Verdict::kTicketUnreachable,
    Verdict::kTicketRefused,
    Verdict::kTicketClock,
    Verdict::kTicketUnusable,
    Verdict::kTicketNotKept,
    Verdict::kRegistrationRefused,
    Verdict::kRegistrationDeclined,
    Verdict::kRegistrationPending,
    Verdict::kRegistrationUnusable,
    Verdict::kConfigInvalid,
    Verdict::kAnchorsInvalid,
    Verdict::kHelperNotStarted,
    Verdict::kHelperFailed,
    Verdict::kTimeout,
    Verdict::kInternal,
    Verdict::kPrivilegesNotDropped,
    Verdict::kEmergencyRefused,
    Verdict::kEmergencyTooSoon,
    Verdict::kEmergencyMalformed,
    Verdict::kEmergencyCancelled,
    Verdict::kEmergencyUnusable,
    Verdict::kEmergencyRemote,
    Verdict::kEmergencyAccount,
};

}  // namespace

std::span<const Verdict> all_verdicts() noexcept {
  return kAll;
}

std::string code_of(Verdict verdict) {
  std::string digits = std::to_string(static_cast<std::uint16_t>(verdict));
  return "JPKI-" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}

std::string_view name_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kAccepted:
      return "accepted";
    case Verdict::kCardServiceDown:
      return "card-service-down";
    case Verdict::kNoReader:
      return "no-reader";
    case Verdict::kNoCard:
      return "no-card";
    case Verdict::kCardNotRecognised:
      return "card-not-recognised";
    case Verdict::kCardRemoved:
      return "card-removed";
    case Verdict::kSeveralCards:
      return "several-cards";
    case Verdict::kCardSilent:
      return "card-silent";
    case Verdict::kCardError:
      return "card-error";
    case Verdict::kNoLoginCertificate:
      return "no-login-certificate";
    case Verdict::kModuleUnusable:
      return "module-unusable";
    case Verdict::kCardBusy:
      return "card-busy";
    case Verdict::kRemoteLogin:
      return "remote-login";
    case Verdict::kSignaturePinLocked:
      return "signature-pin-locked";
    case Verdict::kNotSessionCard:
      return "not-session-card";
    case Verdict::kSeatUnreachable:
      return "seat-unreachable";
    case Verdict::kSmartphoneNotAllowed:
      return "smartphone-not-allowed";
    case Verdict::kSmartphoneWithoutName:
      return "smartphone-without-name";
    case Verdict::kPinIncorrect:
      return "pin-incorrect";
    case Verdict::kPinLocked:
      return "pin-locked";
    case Verdict::kPinMalformed:
      return "pin-malformed";
    case Verdict::kCancelled:
      return "cancelled";
    case Verdict::kLastTryNotConfirmed:
      return "last-try-not-confirmed";
    case Verdict::kNobodyToAsk:
      return "nobody-to-ask";
    case Verdict::kPinWrongBefore:
      return "pin-wrong-before";
    case Verdict::kPinNotSet:
      return "pin-not-set";
    case Verdict::kPinToBeChanged:
      return "pin-to-be-changed";
    case Verdict::kTokenWithoutPin:
      return "token-without-pin";
    case Verdict::kSmartphonePinLocked:
      return "smartphone-pin-locked";
    case Verdict::kCertificateMalformed:
      return "certificate-malformed";
    case Verdict::kCertificateUntrusted:
      return "certificate-untrusted";
    case Verdict::kCertificateExpired:
      return "certificate-expired";
    case Verdict::kCertificateNotYetValid:
      return "certificate-not-yet-valid";
    case Verdict::kCertificateUnacceptable:
      return "certificate-unacceptable";
    case Verdict::kPolicyNotAccepted:
      return "policy-not-accepted";
    case Verdict::kAnchorRetired:
      return "anchor-retired";
    case Verdict::kAlgorithmWeak:
      return "algorithm-weak";
    case Verdict::kProofOfPossessionFailed:
      return "proof-of-possession-failed";
    case Verdict::kIssuerExpired:
      return "issuer-expired";
    case Verdict::kKindJpkiSignature:
      return "kind-jpki-signature";
    case Verdict::kKindLgpkiRole:
      return "kind-lgpki-role";
    case Verdict::kKindDocumentSigning:
      return "kind-document-signing";
    case Verdict::kKindEncryption:
      return "kind-encryption";
    case Verdict::kKindWebServer:
      return "kind-web-server";
    case Verdict::kKindMail:
      return "kind-mail";
    case Verdict::kKindCodeSigning:
      return "kind-code-signing";
    case Verdict::kKindCirsTerminal:
      return "kind-cirs-terminal";
    case Verdict::kKindUnknown:
      return "kind-unknown";
    case Verdict::kKindNotAllowed:
      return "kind-not-allowed";
    case Verdict::kRevoked:
      return "revoked";
    case Verdict::kRevocationUnknown:
      return "revocation-unknown";
    case Verdict::kRevocationStale:
      return "revocation-stale";
    case Verdict::kRevocationInvalid:
      return "revocation-invalid";
    case Verdict::kRevocationMemoryUnusable:
      return "revocation-memory-unusable";
    case Verdict::kIssuerRevoked:
      return "issuer-revoked";
    case Verdict::kNotMapped:
      return "not-mapped";
    case Verdict::kMappingAmbiguous:
      return "mapping-ambiguous";
    case Verdict::kOtherUser:
      return "other-user";
    case Verdict::kAccountUnusable:
      return "account-unusable";
    case Verdict::kMapUnusable:
      return "map-unusable";
    case Verdict::kAccountDisabled:
      return "account-disabled";
    case Verdict::kAccountLocked:
      return "account-locked";
    case Verdict::kAccountExpired:
      return "account-expired";
    case Verdict::kLogonHoursDenied:
      return "logon-hours-denied";
    case Verdict::kWorkstationDenied:
      return "workstation-denied";
    case Verdict::kGroupDenied:
      return "group-denied";
    case Verdict::kAccountStateStale:
      return "account-state-stale";
    case Verdict::kAccountStateUnknown:
      return "account-state-unknown";
    case Verdict::kAccountOther:
      return "account-other";
    case Verdict::kSmartphoneNotForAccount:
      return "smartphone-not-for-account";
    case Verdict::kUnlockNotAllowed:
      return "unlock-not-allowed";
    case Verdict::kNoCardSession:
      return "no-card-session";
    case Verdict::kLockUnknown:
      return "lock-unknown";
    case Verdict::kUnlockTooSoon:
      return "unlock-too-soon";
    case Verdict::kCardLoginTooOld:
      return "card-login-too-old";
    case Verdict::kTicketUnreachable:
      return "ticket-unreachable";
    case Verdict::kTicketRefused:
      return "ticket-refused";
    case Verdict::kTicketClock:
      return "ticket-clock";
    case Verdict::kTicketUnusable:
      return "ticket-unusable";
    case Verdict::kTicketNotKept:
      return "ticket-not-kept";
    case Verdict::kRegistrationRefused:
      return "registration-refused";
    case Verdict::kRegistrationDeclined:
      return "registration-declined";
    case Verdict::kRegistrationPending:
      return "registration-pending";
    case Verdict::kRegistrationUnusable:
      return "registration-unusable";
    case Verdict::kConfigInvalid:
      return "config-invalid";
    case Verdict::kAnchorsInvalid:
      return "anchors-invalid";
    case Verdict::kHelperNotStarted:
      return "helper-not-started";
    case Verdict::kHelperFailed:
      return "helper-failed";
    case Verdict::kTimeout:
      return "timeout";
    case Verdict::kInternal:
      return "internal";
    case Verdict::kPrivilegesNotDropped:
      return "privileges-not-dropped";
    case Verdict::kEmergencyRefused:
      return "emergency-refused";
    case Verdict::kEmergencyTooSoon:
      return "emergency-too-soon";
    case Verdict::kEmergencyMalformed:
      return "emergency-malformed";
    case Verdict::kEmergencyCancelled:
      return "emergency-cancelled";
    case Verdict::kEmergencyUnusable:
      return "emergency-unusable";
    case Verdict::kEmergencyRemote:
      return "emergency-remote";
    case Verdict::kEmergencyAccount:
      return "emergency-account";
  }
  return "unknown";
}

std::optional<Verdict> verdict_from(std::uint16_t number) noexcept {
  const auto* const found =
      std::ranges::find(kAll, number, [](Verdict v) { return static_cast<std::uint16_t>(v); });
  if (found == std::end(kAll)) return std::nullopt;
  return *found;
}

}  // namespace jpki
