// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/program/as_error.h"

#include "tests/unit/support/check_main.h"

#include <cerrno>

namespace {

using namespace jpki;
using namespace jpki::ticket;

struct Case {
  krb5_error_code code;
  std::optional<std::int64_t> kdc_ahead;
  Verdict verdict;
  std::string_view hint;  // what it begins with
};

constexpr std::string_view kOfTrust = "; the KDC could not verify what the card signed";
const Case kCases[] = {
    {KRB5_KDC_UNREACH, {}, Verdict::kTicketUnreachable, ""},
    {KRB5_REALM_UNKNOWN, {}, Verdict::kTicketUnreachable, ""},
    {KRB5_REALM_CANT_RESOLVE, {}, Verdict::kTicketUnreachable, ""},
    {KRB5KRB_AP_ERR_SKEW, 0, Verdict::kTicketClock, ""},
    {KRB5_KDCREP_SKEW, {}, Verdict::kTicketClock, ""},
    {KRB5KRB_AP_ERR_TKT_NYV, {}, Verdict::kTicketClock, ""},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, 301, Verdict::kTicketClock, "; the clock of the KDC is 301 s ahead of"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, -301, Verdict::kTicketClock, "; the clock of the KDC is 301 s behind"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, 300, Verdict::kTicketRefused, kOfTrust},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, -300, Verdict::kTicketRefused, kOfTrust},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, {}, Verdict::kTicketRefused, kOfTrust},
    // A clock that is wrong does not hide what else a KDC says.
    {KRB5KDC_ERR_CLIENT_NAME_MISMATCH, 600, Verdict::kTicketRefused, ""},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, 600, Verdict::kTicketRefused, ""},
    {KRB5_PREAUTH_FAILED, {}, Verdict::kTicketUnusable, "; is krb5-pkinit installed"},
    {EIO, {}, Verdict::kTicketUnusable, "; the KDC did not prove itself"},
    {ENOMEM, {}, Verdict::kTicketUnusable, ""},
    // The ends of what a KDC may say: 0 is no error.
    {ERROR_TABLE_BASE_krb5, {}, Verdict::kTicketUnusable, ""},
    {ERROR_TABLE_BASE_krb5 + 1, {}, Verdict::kTicketRefused, ""},
    {ERROR_TABLE_BASE_krb5 + 127, {}, Verdict::kTicketRefused, ""},
    {ERROR_TABLE_BASE_krb5 + 128, {}, Verdict::kTicketUnusable, ""},
};

START_TEST(each_error_has_its_code_and_what_to_look_at) {
  const Case& one = kCases[_i];
  const AsError error{one.code, one.kdc_ahead};
  ck_assert_int_eq(static_cast<int>(verdict_of(error)), static_cast<int>(one.verdict));
  const std::string hint = hint_about(error);
  ck_assert_msg(hint.starts_with(one.hint) && hint.empty() == one.hint.empty(), "%s", hint.c_str());
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("as_error");
  TCase* const errors = tcase_create("errors");
  tcase_add_loop_test(errors, each_error_has_its_code_and_what_to_look_at, 0, std::size(kCases));
  suite_add_tcase(all, errors);
  return all;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
