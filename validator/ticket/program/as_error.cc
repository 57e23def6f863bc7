// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/as_error.h"

namespace jpki::ticket {
namespace {

constexpr std::int64_t kMostApart = 300;  // seconds: what KDCs allow (RFC 4120 1.6) unless they are told to

// What a KDC answered: the codes of RFC 4120 7.5.9, which libkrb5 has at the beginning of its table.
bool is_from_kdc(krb5_error_code code) {
  constexpr krb5_error_code kCodes = 128;
  return code > ERROR_TABLE_BASE_krb5 && code < ERROR_TABLE_BASE_krb5 + kCodes;
}

bool is_clock(const AsError& error) {
  const std::int64_t ahead = error.kdc_ahead.value_or(0);
  return error.code == KRB5KRB_AP_ERR_BAD_INTEGRITY && (ahead > kMostApart || ahead < -kMostApart);
}

}  // namespace

Verdict verdict_of(const AsError& error) {
  if (is_clock(error)) return Verdict::kTicketClock;
  switch (error.code) {
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_REALM_UNKNOWN:
      return Verdict::kTicketUnreachable;
    case KRB5KRB_AP_ERR_SKEW:
    case KRB5_KDCREP_SKEW:
    case KRB5KRB_AP_ERR_TKT_NYV:
      return Verdict::kTicketClock;
    default:
      return is_from_kdc(error.code) ? Verdict::kTicketRefused : Verdict::kTicketUnusable;
  }
}

std::string hint_about(const AsError& error) {
  if (is_clock(error)) {
    const std::int64_t ahead = *error.kdc_ahead;
    return "; the clock of the KDC is " + std::to_string(ahead < 0 ? -ahead : ahead) + " s " +
           (ahead < 0 ? "behind" : "ahead of") + " this computer's";
  }
  switch (error.code) {
    case kReplyUnread:
      return "; the KDC did not prove itself, or its reply cannot be read: does kdc_anchors hold the issuer "
             "of its certificate, and does "
             "that name the realm or one of kdc_hostnames?";
    case KRB5_PREAUTH_FAILED:
      return "; is krb5-pkinit installed, and does the KDC offer PKINIT to this account?";
    case KRB5KRB_AP_ERR_BAD_INTEGRITY:
      return "; the KDC could not verify what the card signed: does it trust the issuer of the card?";
    default:
      return {};
  }
}

}  // namespace jpki::ticket
