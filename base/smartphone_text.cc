// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/smartphone_text.h"

#include <algorithm>
#include <iterator>

// Marks a text for xgettext; translated where it is shown.
#define N_(text) text

namespace jpki {
namespace {

struct Text {
  Verdict verdict;
  const char* msgid;
};

constexpr char kUnreadable[] =
    N_("The smartphone could not be read. Please take it off the reader, put it back and try again. "
       "If this happens again, please use your MyNumber card.");
constexpr char kLastTryIsLeft[] =
    N_("The PIN is not correct. You have 1 try left. "
       "One more wrong PIN locks it, and you must then set a new one in the Mynaportal app. "
       "Please make sure that you know your PIN before you log in again.");

constexpr Text kTexts[] = {
    {Verdict::kCardRemoved,
     N_("The smartphone was taken off the reader too early. "
        "Please put it back on the reader, try again, and leave it there until you are logged in.")},
    {Verdict::kCardSilent, kUnreadable},
    {Verdict::kCardError, kUnreadable},
    {Verdict::kNoLoginCertificate,
     N_("This smartphone has no certificate for logging in. Please use your MyNumber card, "
        "or contact your system administrator.")},
    {Verdict::kLastTryNotConfirmed,
     N_("Only 1 try is left, so the PIN was not checked. No try was used up. "
        "Please make sure that you know your PIN before you log in again. "
        "If you do not know it, please set a new one in the Mynaportal app, with your MyNumber card.")},
    {Verdict::kCertificateUntrusted,
     N_("The issuer of the certificate on your smartphone is not trusted here. "
        "Please use your MyNumber card, or contact your system administrator.")},
    {Verdict::kCertificateExpired,
     N_("The certificate on your smartphone has expired. "
        "Please have a new one issued in the Mynaportal app, or use your MyNumber card. "
        "If it should still be valid, please check the date and time of this computer.")},
    {Verdict::kIssuerExpired,
     N_("The certificate of the authority that issued the certificate on your smartphone has expired, "
        "or the clock of this computer is wrong. "
        "Please check the date and time of this computer, or contact your system administrator.")},
    {Verdict::kRevoked,
     N_("The certificate on your smartphone has been revoked or suspended and cannot be used. "
        "Please use your MyNumber card, or see in the Mynaportal app whether you can have a new one.")},
    {Verdict::kRevocationUnknown,
     N_("This computer could not check whether the certificate on your smartphone is still valid, "
        "for example because the network cannot be reached. Please try again later. "
        "If this happens again, please contact your system administrator and mention the code.")},
    {Verdict::kRevocationStale,
     N_("The certificate on your smartphone cannot be checked, "
        "because the information about revoked certificates on this computer is too old. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kRevocationInvalid,
     N_("The certificate on your smartphone cannot be checked, "
        "because the information about revoked certificates on this computer cannot be trusted. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kRevocationMemoryUnusable,
     N_("The certificate on your smartphone cannot be checked, "
        "because this computer cannot read its own record of revoked certificates. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kIssuerRevoked,
     N_("The certificate of the authority that issued the certificate on your smartphone has been revoked, "
        "so the smartphone cannot be used. "
        "Please contact your system administrator and mention the code.")},
    {Verdict::kNotMapped,
     N_("This smartphone is not registered for logging in. "
        "Please use your MyNumber card, or ask your system administrator to register the smartphone.")},
    {Verdict::kMappingAmbiguous, N_("This smartphone is registered for more than one account. "
                                    "Please contact your system administrator.")},
    {Verdict::kOtherUser, N_("This smartphone does not belong to the person whose user name was entered. "
                             "Please check the user name, or use your own smartphone.")},
};

}  // namespace

const char* text_of_smartphone(Verdict verdict, std::optional<std::uint8_t> tries_left) noexcept {
  if (verdict == Verdict::kPinIncorrect) return tries_left == std::uint8_t{1} ? kLastTryIsLeft : nullptr;
  const auto* const found = std::ranges::find(kTexts, verdict, &Text::verdict);
  return found == std::end(kTexts) ? nullptr : found->msgid;
}

}  // namespace jpki
