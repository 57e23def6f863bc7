// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Verdicts: how a login attempt ended. One stable code for each, the same in the person's message, in the
// log and in the manual. Codes are never reused or renumbered; new ones are added within their hundred:
//   0xx accepted   1xx card and reader   2xx PIN   3xx certificate   4xx revocation   5xx account
//   6xx configuration, helper process, system   7xx are jpki-crl-refresh's own (crl_refresh/problem.h)
//   9xx emergency code
// What a person is told for a verdict is pam_jpki's subject (messages.h), and so is its PAM code.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jpki {

enum class Verdict : std::uint16_t {
  kAccepted = 0,

  kCardServiceDown = 101,     // pcscd is not running or cannot be reached
  kNoReader = 102,            // the card service works, no reader is attached
  kNoCard = 103,              // readers, but no card in any of them
  kCardNotRecognised = 104,   // a card is there, but it is no card we know (also: its applet is blocked)
  kCardRemoved = 105,         // the card was there when the login began and is gone
  kSeveralCards = 106,        // more than one certificate could log in; we never guess
  kCardSilent = 107,          // the card or its reader did not answer before the deadline
  kCardError = 108,           // the card answered with an error or with nonsense
  kNoLoginCertificate = 109,  // the card holds no certificate that could log in
  kModuleUnusable = 110,      // a configured PKCS#11 module cannot be loaded or initialised
  kCardBusy = 111,            // another program used the card between PIN and signature
  kRemoteLogin = 112,  // the person is not at this machine, and the card in its reader is not theirs to use
  kSignaturePinLocked = 113,    // OpenSC shows no token, though the login PIN of the card has tries left
  kNotSessionCard = 114,        // another card than the one that opened the session
  kSeatUnreachable = 115,       // the thin client that the person sits at, with its reader, cannot be reached
  kSmartphoneNotAllowed = 116,  // a smartphone is on the reader, and none is taken here; no PIN was sent
  kSmartphoneWithoutName = 117,  // a smartphone is on the reader, and nobody said whose login this is

  kPinIncorrect = 201,         // VERIFY said no; tries_left tells how many are left
  kPinLocked = 202,            // no try left, before or after this attempt
  kPinMalformed = 203,         // the form is wrong; nothing was sent to the card
  kCancelled = 204,            // the person gave no PIN
  kLastTryNotConfirmed = 205,  // one try left and no explicit yes; nothing was sent to the card
  kNobodyToAsk = 206,          // this PAM service has nobody who could type a PIN
  kPinWrongBefore = 207,       // this PIN was wrong before and nobody sees the tries; nothing was sent
  kPinNotSet = 208,            // the token has no PIN yet (CKF_USER_PIN_INITIALIZED)
  kPinToBeChanged = 209,       // the PIN is the one that it was delivered with, or has expired
  kTokenWithoutPin = 210,      // the token asks for none: whoever holds it could log in
  kSmartphonePinLocked = 211,  // no try left, on a smartphone

  kCertificateMalformed = 301,     // the DER does not decode
  kCertificateUntrusted = 302,     // no path to a configured anchor
  kCertificateExpired = 303,       // notAfter of the person's own certificate is past
  kCertificateNotYetValid = 304,   // notBefore of a certificate of the path is still to come
  kCertificateUnacceptable = 305,  // CA flag, key usage, path length or an unknown critical extension
  kPolicyNotAccepted = 306,        // no acceptable certificate policy
  kAnchorRetired = 307,            // the only anchor is outside its administrative window
  kAlgorithmWeak = 308,            // SHA-1, MD5 or a short key
  kProofOfPossessionFailed = 309,  // the signature over our challenge is not by the certificate's key
  kIssuerExpired = 310,            // notAfter of an authority's certificate is past, the person's own is good

  kKindJpkiSignature = 320,    // JPKI 署名用電子証明書
  kKindLgpkiRole = 321,        // LGPKI 職責証明書 (role account not allowed by a rule)
  kKindDocumentSigning = 322,  // LGPKI 文書等署名用職責証明書
  kKindEncryption = 323,       // LGPKI 暗号化通信用等証明書
  kKindWebServer = 324,        // LGPKI Webサーバ証明書
  kKindMail = 325,             // LGPKI メール用証明書
  kKindCodeSigning = 326,      // LGPKI コードサイニング証明書
  kKindCirsTerminal = 327,     // CIRS ログイン用データ
  kKindUnknown = 328,          // no rule knows this kind of certificate
  kKindNotAllowed = 329,       // a login kind that this configuration does not allow

  kRevoked = 401,                   // the person's own; final, from whatever source
  kRevocationUnknown = 402,         // no source covers this certificate
  kRevocationStale = 403,           // the evidence is older than the rule allows
  kRevocationInvalid = 404,         // the evidence does not verify
  kRevocationMemoryUnusable = 405,  // what was once called revoked cannot be known
  kIssuerRevoked = 406,             // an authority's certificate; final for every path over it

  kNotMapped = 501,                // no account is bound to this certificate
  kMappingAmbiguous = 502,         // more than one account is bound to this certificate
  kOtherUser = 503,                // the card belongs to another account than the one that logs in
  kAccountUnusable = 504,          // the account does not exist here, or its uid is below min_uid
  kMapUnusable = 505,              // the account map cannot be read or has an error
  kAccountDisabled = 506,          // the directory has the account disabled
  kAccountLocked = 507,            // locked after wrong passwords
  kAccountExpired = 508,           // accountExpires is past
  kLogonHoursDenied = 509,         // logonHours does not have this hour
  kWorkstationDenied = 510,        // userWorkstations does not have this computer
  kGroupDenied = 511,              // a rule about groups for this PAM service
  kAccountStateStale = 512,        // the snapshot of the directory is too old
  kAccountStateUnknown = 513,      // what the directory says of the account cannot be read
  kAccountOther = 514,             // the account here is another one than the directory's of that name
  kSmartphoneNotForAccount = 515,  // [smartphone] does not have the account; no PIN was sent

  // Unlocking without a PIN (validator/unlock): why not.
  kUnlockNotAllowed = 521,  // [unlock] does not allow it
  kNoCardSession = 522,     // no session of the account that a card opened, or none that can be trusted
  kLockUnknown = 523,       // the session is not locked, or nobody can tell since when
  kUnlockTooSoon = 524,     // it has not been locked for min_locked_seconds
  kCardLoginTooOld = 525,   // the card login is longer ago than max_age_minutes

  // The Kerberos ticket after a card login: why there is none. A refusal only where [ticket] requires one.
  kTicketUnreachable = 531,  // no KDC of the realm answered in time
  kTicketRefused = 532,      // the KDC does not give this account a ticket for this card
  kTicketClock = 533,        // the clocks of this machine and of the KDC differ too much
  kTicketUnusable = 534,     // jpki-ticket, krb5-pkinit or [ticket] cannot be used, or the KDC is not proven
  kTicketNotKept = 535,      // the account's credential cache could not be written

  // Registering one's own card at the prompt (validator/self_registration).
  kRegistrationRefused = 541,   // not this card, not for this account, or not here; the cause is in the log
  kRegistrationDeclined = 542,  // the person did not say yes
  kRegistrationPending = 543,   // the person asked for it; an administrator has not decided yet
  kRegistrationUnusable = 544,  // jpki-self-registration or what it keeps cannot be used; nothing was written

  kConfigInvalid = 601,         // jpki.toml or a file beside it
  kAnchorsInvalid = 602,        // anchors.d holds an unusable anchor, or none
  kHelperNotStarted = 603,      // jpki-validator, or a program that it needs, cannot be executed
  kHelperFailed = 604,          // jpki-validator, or a program that it needs, died or broke the protocol
  kTimeout = 605,               // out of time in a step that does not wait for a card
  kInternal = 606,              // out of memory, a failed system call
  kPrivilegesNotDropped = 607,  // the helper user does not exist or could not be taken on

  kEmergencyRefused = 901,    // not the code of a live issue, nor the answer to the challenge
  kEmergencyTooSoon = 902,    // wrong codes before: the pause is not over; nothing was judged
  kEmergencyMalformed = 903,  // no emergency code at all, or a typing error; nothing was judged
  kEmergencyCancelled = 904,  // the person gave no code
  kEmergencyUnusable = 905,   // jpki-emergency or what it keeps cannot be used; nothing was judged
  kEmergencyRemote = 906,     // the person is not at this machine
  kEmergencyAccount = 907,    // root, an account below min_uid, or none
};

// Every verdict, in ascending order: for tables that must be complete and for the manual's list.
std::span<const Verdict> all_verdicts() noexcept;

// "JPKI-201"; three digits at least.
std::string code_of(Verdict verdict);

// "pin-incorrect": a word for logs and for scripts that read them.
std::string_view name_of(Verdict verdict) noexcept;

// The verdict with this number, if there is one: what came over a wire is checked, never cast.
std::optional<Verdict> verdict_from(std::uint16_t number) noexcept;

}  // namespace jpki
