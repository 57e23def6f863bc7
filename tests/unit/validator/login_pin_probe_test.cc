// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/login_pin_probe.h"

#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;

struct Answer {
  std::uint16_t status;
  std::optional<Verdict> meaning;
};

const Answer kAnswers[] = {
    {0x63C1, Verdict::kSignaturePinLocked},
    {0x63C3, Verdict::kSignaturePinLocked},
    {0x63CF, Verdict::kSignaturePinLocked},
    {0x63C0, Verdict::kPinLocked},
    {0x6983, Verdict::kPinLocked},
    {0x6984, Verdict::kPinLocked},
    {0x9000, std::nullopt},  // no counter: not a card that we know
    {0x6300, std::nullopt},
    {0x63D1, std::nullopt},
    {0x6982, std::nullopt},
    {0x6A82, std::nullopt},
    {0x6F00, std::nullopt},
    {0x0000, std::nullopt},  // no answer
};

START_TEST(the_answer_tells_which_pin_is_locked) {
  ck_assert(card::meaning_of_login_pin(kAnswers[_i].status) == kAnswers[_i].meaning);
}
END_TEST

Suite* login_pin_probe_suite() {
  Suite* suite = suite_create("login_pin_probe");
  TCase* tests = tcase_create("login_pin_probe");
  tcase_add_loop_test(tests, the_answer_tells_which_pin_is_locked, 0, std::ssize(kAnswers));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(login_pin_probe_suite());
}
