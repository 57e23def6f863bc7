// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked of logind and not had at once: when it is asked for again, and when a lock counts as obeyed.
#include "tests/unit/guard/watch_site.h"

namespace {

using namespace jpki;
using namespace jpki::guard;

START_TEST(what_could_not_be_asked_for_is_tried_again) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "lock c1;");
  site.watch.not_done("c1", 15s);
  ck_assert(site.watch.next() == 16s);
  expect(site.watch.passed(15999ms), "");
  expect(site.watch.passed(16s), "lock c1;");
  expect(site.watch.passed(25999ms), "");  // from when it was asked for on
  expect(site.watch.passed(26s), "terminate c1 failed;");
  site.watch.not_done("c1", 26s);
  ck_assert(site.watch.next() == 27s);
  expect(site.watch.passed(26999ms), "");
  expect(site.watch.passed(27s), "terminate c1 failed;");
  ck_assert(site.watch.next() == 32s);  // that was asked for
  site.watch.not_done("c2", 31s);       // nobody
  Site locked;
  expect(locked.watch.locked("c1", true, 1s), "");
  (void)locked.watch.readers(reader(false, 2), 10s);
  expect(locked.watch.passed(15s), "lock c1;");
  locked.watch.not_done("c1", 15s);
  expect(locked.watch.passed(15500ms), "");
  expect(locked.watch.passed(16s), "lock c1;");
  // The card came back meanwhile.
  Site back;
  (void)back.watch.readers(reader(false, 2), 10s);
  expect(back.watch.passed(15s), "lock c1;");
  back.watch.not_done("c1", 15s);
  (void)back.watch.readers(reader(true, 3), 15s);
  expect(back.watch.proven("c1", true, 15500ms), "");
  expect(back.watch.passed(1h), "");
}
END_TEST

START_TEST(what_could_not_be_asked_for_waits_no_longer_than_it_has_to) {
  for (const Removal removal : {Removal::kLock, Removal::kLogoff}) {
    const bool lock = removal == Removal::kLock;
    Site site(desktop(), removal);
    (void)site.watch.readers(reader(false, 2), 10s);
    expect(site.watch.passed(15s), lock ? "lock c1;" : "terminate c1;");
    site.watch.not_done("c1", 15s);
    site.watch.answers("c1");
    expect(site.watch.passed(15100ms), lock ? "lock c1;" : "terminate c1;");
    site.watch.answers("c1");  // nothing was waiting
    expect(site.watch.passed(15200ms), "");
  }
  Site site;
  site.watch.answers("c2");  // nobody
}
END_TEST

// The lock was obeyed in time; logind only did not tell.
START_TEST(who_obeyed_is_not_ended_for_a_slow_logind) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "lock c1;");
  expect(site.watch.passed(25s), "terminate c1 failed;");
  site.watch.not_done("c1", 25s);
  site.watch.answers("c1");
  expect(site.watch.locked("c1", true, 25500ms), "lock c1;");  // once more: its word may be left over
  expect(site.watch.passed(1h), "");
  // A hint that comes after the end was asked for counts no more.
  Site deaf;
  (void)deaf.watch.readers(reader(false, 2), 10s);
  (void)deaf.watch.passed(15s);
  (void)deaf.watch.passed(25s);
  deaf.watch.not_done("c1", 25s);
  expect(deaf.watch.passed(26s), "terminate c1 failed;");
  expect(deaf.watch.locked("c1", true, 26500ms), "");  // too late
  expect(deaf.watch.passed(31s), "terminate c1;");
}
END_TEST

// A logind that begins anew has no hint, and a desktop that is locked does not give it again.
START_TEST(who_is_locked_is_not_ended_for_a_hint_that_was_lost) {
  Site site;
  expect(site.watch.locked("c1", true, 1s), "");
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "lock c1;");
  for (int owners = 0; owners < 2; ++owners) site.watch.hint_lost("c1", 20s);
  expect(site.watch.locked("c1", false, 20s), "");
  ck_assert(site.watch.next() == 25s);
  const Actions again = site.watch.passed(25s);  // it may be open after all
  expect(again, "lock c1;");
  ck_assert(again[0].why == Why::kHintLost && again[0].after == 5s);
  ck_assert(site.watch.next() == 25s + kLockAgain);
  expect(site.watch.passed(25s + kLockAgain - 1ms), "");
  expect(site.watch.passed(25s + kLockAgain), "lock c1;");
  expect(site.watch.passed(25s + 2 * kLockAgain), "lock c1;");
  // Its word counts again.
  expect(site.watch.locked("c1", true, 1h), "");
  ck_assert(!site.watch.next());
  expect(site.watch.locked("c1", false, 2h), "warn c1;");
  expect(site.watch.passed(2h + 5s), "lock c1;");
  expect(site.watch.passed(2h + 5s + kLockPatience), "terminate c1 failed;");
  // Who had not obeyed yet has the time to do so once more.
  Site asked;
  (void)asked.watch.readers(reader(false, 2), 10s);
  expect(asked.watch.passed(15s), "lock c1;");
  asked.watch.hint_lost("c1", 20s);
  expect(asked.watch.locked("c1", false, 20s), "");
  expect(asked.watch.passed(25s), "lock c1;");
  expect(asked.watch.passed(25s + kLockPatience), "terminate c1 failed;");
  // Locked and opened: both were told.
  Site told;
  expect(told.watch.locked("c1", true, 1s), "");
  told.watch.hint_lost("c1", 2s);
  ck_assert(!told.watch.next());  // the card is there
  (void)told.watch.readers(reader(false, 2), 10s);
  expect(told.watch.opened_again("c1", 11s), "warn c1;");
  // An open session's hint was true.
  Site open;
  open.watch.hint_lost("c1", 2s);
  open.watch.hint_lost("c2", 2s);  // nobody
  (void)open.watch.readers(reader(false, 2), 10s);
  expect(open.watch.passed(15s), "lock c1;");
  expect(open.watch.passed(15s + kLockPatience), "terminate c1 failed;");
}
END_TEST

START_TEST(the_time_asleep_is_no_time_to_obey_in) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "lock c1;");
  expect(site.watch.resumed(8h), "");
  ck_assert(site.watch.next() == 8h + kLockPatience);
  expect(site.watch.locked("c1", true, 8h + 1s), "");
  expect(site.watch.passed(9h), "");
}
END_TEST

START_TEST(it_is_told_for_how_long_the_card_was_gone) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  ck_assert(site.watch.passed(15s).at(0).after == 5s);
  ck_assert(site.watch.passed(25s).at(0).after == 15s);
}
END_TEST

START_TEST(a_card_that_comes_back_while_the_lock_is_awaited_ends_nothing) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "lock c1;");
  (void)site.watch.readers(reader(true, 3), 15s);
  expect(site.watch.proven("c1", true, 16s), "");
  expect(site.watch.passed(25s), "");
  (void)site.watch.readers(reader(false, 4), 30s);
  expect(site.watch.passed(35s), "lock c1;");
  // Nor while the end is, which could not be asked for.
  for (const Removal removal : {Removal::kLock, Removal::kLogoff}) {
    Site end(desktop(), removal);
    (void)end.watch.readers(reader(false, 2), 10s);
    (void)end.watch.passed(15s);
    if (removal == Removal::kLock) (void)end.watch.passed(25s);
    end.watch.not_done("c1", 25s);
    (void)end.watch.readers(reader(true, 3), 25s);
    expect(end.watch.proven("c1", true, 25500ms), "");
    ck_assert(!end.watch.next());
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("guard watch, patience");
  TCase* tests = tcase_create("patience");
  tcase_add_test(tests, what_could_not_be_asked_for_is_tried_again);
  tcase_add_test(tests, what_could_not_be_asked_for_waits_no_longer_than_it_has_to);
  tcase_add_test(tests, who_obeyed_is_not_ended_for_a_slow_logind);
  tcase_add_test(tests, who_is_locked_is_not_ended_for_a_hint_that_was_lost);
  tcase_add_test(tests, the_time_asleep_is_no_time_to_obey_in);
  tcase_add_test(tests, it_is_told_for_how_long_the_card_was_gone);
  tcase_add_test(tests, a_card_that_comes_back_while_the_lock_is_awaited_ends_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
