// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What becomes of sessions: each rule by itself. What logind and the machine make of it is in
// watch_patience_test.cc, random events are in watch_random_test.cc.
#include "tests/unit/guard/watch_site.h"

namespace {

using namespace jpki;
using namespace jpki::guard;

START_TEST(a_card_that_stays_changes_nothing) {
  Site site;
  expect(site.watch.readers(reader(true, 1), 1s), "");
  expect(site.watch.passed(1h), "");
  ck_assert(!site.watch.next());
}
END_TEST

START_TEST(a_desktop_is_locked_when_the_grace_is_over) {
  Site site;
  expect(site.watch.readers(reader(false, 2), 10s), "warn c1;");
  ck_assert(site.watch.next() == 15s);
  expect(site.watch.passed(14999ms), "");
  expect(site.watch.passed(15s), "lock c1;");
  expect(site.watch.locked("c1", true, 16s), "");
  ck_assert(!site.watch.next());
  expect(site.watch.passed(1h), "");
}
END_TEST

START_TEST(a_lock_that_is_not_obeyed_becomes_a_logoff) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  (void)site.watch.passed(15s);
  ck_assert(site.watch.next() == 25s);
  expect(site.watch.passed(24999ms), "");
  expect(site.watch.passed(25s), "terminate c1 failed;");
  expect(site.watch.locked("c1", true, 26s), "");  // too late
  expect(site.watch.readers(reader(true, 3), 26s), "");
  expect(site.watch.passed(29999ms), "");
  expect(site.watch.passed(30s), "terminate c1;");  // still there
  site.watch.closed("c1");
  ck_assert(!site.watch.next());
}
END_TEST

START_TEST(a_console_is_ended) {
  Site site(console());
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "terminate c1;");
}
END_TEST

START_TEST(logoff_ends_a_desktop) {
  Site site(desktop(), Removal::kLogoff);
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.passed(15s), "terminate c1;");
}
END_TEST

START_TEST(none_does_nothing) {
  Site site(desktop(), Removal::kNone);
  expect(site.watch.readers(reader(false, 2), 10s), "");
  expect(site.watch.readers(reader(true, 3), 11s), "");
  expect(site.watch.resumed(12s), "");
  expect(site.watch.readers(std::nullopt, 13s), "");
  ck_assert(!site.watch.next());
  expect(site.watch.passed(1h), "");
}
END_TEST

START_TEST(no_grace_is_at_once) {
  Watch watch({.removal = Removal::kLogoff, .grace = 0s});
  (void)watch.readers(reader(true, 1), 0s);
  (void)watch.opened(desktop(), true, 0s);
  expect(watch.readers(reader(false, 2), 10s), "warn c1;terminate c1;");
}
END_TEST

START_TEST(the_same_card_put_back_in_time_changes_it) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  const Actions actions = site.watch.readers(reader(true, 3), 12s);
  expect(actions, "prove c1;");
  ck_assert_str_eq(actions[0].reader.c_str(), kReader);
  expect(site.watch.proven("c1", true, 13s), "");
  ck_assert(!site.watch.next());
  expect(site.watch.passed(1h), "");
}
END_TEST

START_TEST(another_card_changes_nothing) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.readers(reader(true, 3), 12s), "prove c1;");
  expect(site.watch.proven("c1", false, 13s), "");
  expect(site.watch.readers(reader(true, 3), 14s), "");  // it is asked about once
  expect(site.watch.passed(15s), "lock c1;");
}
END_TEST

START_TEST(a_card_that_does_not_answer_changes_nothing) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.readers(reader(true, 3), 12s), "prove c1;");
  expect(site.watch.passed(15s), "lock c1;");
}
END_TEST

START_TEST(a_card_that_was_changed_between_two_looks_is_gone) {
  Site site;
  expect(site.watch.readers(reader(true, 3), 10s), "warn c1;prove c1;");
  expect(site.watch.proven("c1", false, 11s), "");
  expect(site.watch.passed(15s), "lock c1;");
}
END_TEST

START_TEST(a_proof_is_about_the_card_that_is_there_now) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  (void)site.watch.readers(reader(true, 3), 11s);           // ours is read …
  expect(site.watch.readers(reader(true, 5), 12s), "");     // … and changed for another
  expect(site.watch.proven("c1", true, 13s), "prove c1;");  // so it is asked again
  expect(site.watch.proven("c1", false, 14s), "");
  for (const char* session : {"c1", "c2"})
    expect(site.watch.proven(session, true, 14500ms), "");  // nobody asked
  expect(site.watch.passed(15s), "lock c1;");
}
END_TEST

START_TEST(a_reader_or_pcscd_that_is_gone_is_a_card_that_is_gone) {
  Site reader_gone;
  expect(reader_gone.watch.readers(std::vector<Reader>{}, 10s), "warn c1;");
  expect(reader_gone.watch.passed(15s), "lock c1;");
  Site service_gone;
  expect(service_gone.watch.readers(std::nullopt, 10s), "warn c1;");
  // Another pcscd counts from the beginning.
  expect(service_gone.watch.readers(reader(true, 1), 11s), "prove c1;");
  expect(service_gone.watch.proven("c1", true, 12s), "");
  ck_assert(!service_gone.watch.next());
}
END_TEST

START_TEST(a_proof_does_not_outlast_pcscd_or_sleep) {
  for (const bool sleeps : {false, true}) {
    Site site;
    (void)site.watch.readers(reader(false, 0), 10s);
    expect(site.watch.readers(reader(true, 1), 11s), "prove c1;");
    if (sleeps) {
      expect(site.watch.resumed(12s), "");
    } else {
      (void)site.watch.readers(std::nullopt, 12s);
      (void)site.watch.readers(reader(true, 1), 12s);
    }
    expect(site.watch.proven("c1", true, 13s), "prove c1;");  // what it read is of before
  }
}
END_TEST

START_TEST(after_sleep_the_card_is_proven) {
  Site site;
  expect(site.watch.resumed(1h), "warn c1;prove c1;");
  expect(site.watch.proven("c1", true, 1h + 1s), "");
  ck_assert(!site.watch.next());
  // A card that was taken away before the machine fell asleep has been away all the time.
  (void)site.watch.readers(reader(false, 2), 2h);
  expect(site.watch.resumed(3h), "lock c1;");
}
END_TEST

START_TEST(after_a_restart_of_the_guard_the_card_is_proven) {
  Watch watch({.removal = Removal::kLock, .grace = 5s});
  (void)watch.readers(reader(true, 9), 0s);
  expect(watch.opened(desktop("c1"), false, 0s), "warn c1;prove c1;");
  expect(watch.proven("c1", true, 1s), "");
  ck_assert(!watch.next());
  (void)watch.readers(reader(false, 10), 2s);
  expect(watch.opened(desktop("c2"), false, 3s), "warn c2;");
  expect(watch.passed(8s), "lock c1;lock c2;");
}
END_TEST

// What its hint says may be left over: it is asked to lock itself, once, and never ended for that.
START_TEST(a_session_whose_screen_is_locked_already_is_reminded) {
  Site site;
  expect(site.watch.locked("c1", true, 1s), "");
  expect(site.watch.readers(reader(false, 2), 10s), "");
  ck_assert(site.watch.next() == 15s);
  expect(site.watch.passed(14999ms), "");
  expect(site.watch.passed(15s), "lock c1;");
  ck_assert(!site.watch.next());
  expect(site.watch.passed(1h), "");
  // With the card back: nothing. Without it, a new grace begins.
  expect(site.watch.readers(reader(true, 3), 2h), "prove c1;");
  expect(site.watch.proven("c1", true, 2h), "");
  expect(site.watch.locked("c1", false, 2h), "");
  ck_assert(!site.watch.next());
  expect(site.watch.locked("c1", true, 3h), "");
  expect(site.watch.readers(reader(false, 4), 3h), "");
  expect(site.watch.locked("c1", false, 4h), "warn c1;");
  expect(site.watch.passed(4h + 5s), "lock c1;");
}
END_TEST

// A program of the person's says it, so it is believed only where a locker could be meant.
START_TEST(a_hint_has_no_say_where_nothing_can_be_locked) {
  for (const Removal removal : {Removal::kLock, Removal::kLogoff}) {
    for (const bool before : {false, true}) {
      CardSession session = removal == Removal::kLock ? console() : desktop();
      session.locked = before;
      Site site(session, removal);
      expect(site.watch.locked("c1", true, 1s), "");
      expect(site.watch.readers(reader(false, 2), 10s), "warn c1;");
      expect(site.watch.locked("c1", false, 11s), "");
      for (const char* id : {"c1", "c2"}) expect(site.watch.opened_again(id, 12s), "");
      expect(site.watch.passed(15s), "terminate c1;");
    }
  }
}
END_TEST

START_TEST(who_unlocks_without_the_card_has_it_looked_at_again) {
  Site site;
  (void)site.watch.readers(reader(false, 2), 10s);
  expect(site.watch.readers(reader(true, 3), 12s), "prove c1;");
  expect(site.watch.proven("c1", false, 13s), "");  // it could not be read: somebody kept it busy
  expect(site.watch.passed(15s), "lock c1;");
  expect(site.watch.locked("c1", true, 15s), "");
  expect(site.watch.locked("c1", false, 20s), "warn c1;prove c1;");
  expect(site.watch.proven("c1", true, 21s), "");
  ck_assert(!site.watch.next());
}
END_TEST

START_TEST(only_the_session_of_the_card_is_touched) {
  Watch watch({.removal = Removal::kLock, .grace = 5s});
  const std::vector<Reader> both = {{"A", true, 1}, {"B", true, 1}};
  (void)watch.readers(both, 0s);
  (void)watch.opened({.id = "a", .reader = "A", .lockable = true}, true, 0s);
  (void)watch.opened({.id = "b", .reader = "B", .lockable = true}, true, 0s);
  expect(watch.readers(std::vector<Reader>{{"A", false, 2}, {"B", true, 1}}, 1s), "warn a;");
  expect(watch.passed(1h), "lock a;");
}
END_TEST

START_TEST(a_name_that_pkcs11_has_cut_is_found_if_it_is_one) {
  const std::string cut(64, 'x');
  Watch watch({.removal = Removal::kLock, .grace = 5s});
  (void)watch.readers(std::vector<Reader>{{cut + " 00 00", true, 1}}, 0s);
  expect(watch.opened({.id = "c1", .reader = cut, .lockable = true}, true, 0s), "");
  ck_assert(!watch.next());
  // Two could be meant from now on: which one it is, the card has to tell.
  expect(watch.readers(std::vector<Reader>{{cut + " 00 00", true, 1}, {cut + " 01 00", true, 1}}, 1s),
         "warn c1;prove c1;");
  expect(watch.proven("c1", false, 2s), "prove c1;");
  expect(watch.proven("c1", true, 3s), "");
  ck_assert(watch.reader_of("c1") == cut + " 01 00" && !watch.next());
  // A shorter name is a whole one.
  Watch other({.removal = Removal::kLock, .grace = 5s});
  (void)other.readers(std::vector<Reader>{{"Reader 1", true, 1}}, 0s);
  expect(other.opened({.id = "c1", .reader = "Reader", .lockable = true}, true, 0s), "warn c1;prove c1;");
}
END_TEST

// Unplugged and plugged in again it is "01 00", say; or the person takes another one. Only where its own is
// gone.
START_TEST(a_reader_may_come_back_under_another_name) {
  Site site;
  expect(site.watch.readers(std::vector<Reader>{{"Other 00 00", true, 7}}, 10s), "warn c1;prove c1;");
  expect(site.watch.proven("c1", false, 11s), "");
  const Actions actions =
      site.watch.readers(std::vector<Reader>{{"Other 00 00", true, 7}, {"Reader 01 00", true, 1}}, 12s);
  expect(actions, "prove c1;");
  ck_assert_str_eq(actions[0].reader.c_str(), "Reader 01 00");
  expect(site.watch.proven("c1", true, 13s), "");
  ck_assert(!site.watch.next() && site.watch.reader_of("c1") == "Reader 01 00");
  // A card that was another one is asked about again when it was changed. It is no reason for anything.
  Site changed;
  expect(changed.watch.readers(std::vector<Reader>{{"Other 00 00", true, 7}}, 10s), "warn c1;prove c1;");
  expect(changed.watch.proven("c1", false, 11s), "");
  expect(changed.watch.readers(std::vector<Reader>{{"Other 00 00", true, 9}}, 12s), "prove c1;");
  expect(changed.watch.proven("c1", false, 13s), "");
  ck_assert(changed.watch.passed(15s).at(0).why == Why::kReaderGone);
  // From now on that one counts, and the older name is any other reader's.
  expect(site.watch.readers(std::vector<Reader>{{kReader, true, 1}, {"Reader 01 00", false, 2}}, 20s),
         "warn c1;");
  expect(site.watch.passed(25s), "lock c1;");
  // What was proven of a card that left meanwhile counts nowhere.
  Site gone;
  expect(gone.watch.readers(std::vector<Reader>{{"Other 00 00", true, 7}}, 10s), "warn c1;prove c1;");
  expect(gone.watch.readers(std::vector<Reader>{{"Other 00 00", false, 8}}, 11s), "");
  expect(gone.watch.proven("c1", true, 12s), "");
  expect(gone.watch.passed(15s), "lock c1;");
  ck_assert(gone.watch.reader_of("c1") == kReader);
}
END_TEST

START_TEST(a_login_without_a_card_in_a_reader_is_not_believed) {
  Watch watch({.removal = Removal::kLock, .grace = 5s});
  (void)watch.readers(reader(false, 2), 0s);
  expect(watch.opened(desktop(), true, 0s), "warn c1;");
  expect(watch.passed(5s), "lock c1;");
  // The record says what is missing.
  struct {
    std::optional<std::vector<Reader>> readers;
    Why why;
  } const cases[] = {{reader(false, 2), Why::kCardRemoved},
                     {std::vector<Reader>(), Why::kReaderGone},
                     {std::nullopt, Why::kServiceGone}};
  for (const auto& one : cases) {
    Watch other({.removal = Removal::kLock, .grace = 5s});
    (void)other.readers(one.readers, 0s);
    ck_assert(other.opened(desktop(), true, 0s).at(0).why == one.why);
    ck_assert(other.passed(5s).at(0).why == one.why);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("guard watch");
  TCase* tests = tcase_create("watch");
  tcase_add_test(tests, a_card_that_stays_changes_nothing);
  tcase_add_test(tests, a_desktop_is_locked_when_the_grace_is_over);
  tcase_add_test(tests, a_lock_that_is_not_obeyed_becomes_a_logoff);
  tcase_add_test(tests, a_console_is_ended);
  tcase_add_test(tests, logoff_ends_a_desktop);
  tcase_add_test(tests, none_does_nothing);
  tcase_add_test(tests, no_grace_is_at_once);
  tcase_add_test(tests, the_same_card_put_back_in_time_changes_it);
  tcase_add_test(tests, another_card_changes_nothing);
  tcase_add_test(tests, a_card_that_does_not_answer_changes_nothing);
  tcase_add_test(tests, a_card_that_was_changed_between_two_looks_is_gone);
  tcase_add_test(tests, a_proof_is_about_the_card_that_is_there_now);
  tcase_add_test(tests, a_reader_or_pcscd_that_is_gone_is_a_card_that_is_gone);
  tcase_add_test(tests, a_proof_does_not_outlast_pcscd_or_sleep);
  tcase_add_test(tests, after_sleep_the_card_is_proven);
  tcase_add_test(tests, after_a_restart_of_the_guard_the_card_is_proven);
  tcase_add_test(tests, a_session_whose_screen_is_locked_already_is_reminded);
  tcase_add_test(tests, a_hint_has_no_say_where_nothing_can_be_locked);
  tcase_add_test(tests, who_unlocks_without_the_card_has_it_looked_at_again);
  tcase_add_test(tests, only_the_session_of_the_card_is_touched);
  tcase_add_test(tests, a_name_that_pkcs11_has_cut_is_found_if_it_is_one);
  tcase_add_test(tests, a_reader_may_come_back_under_another_name);
  tcase_add_test(tests, a_login_without_a_card_in_a_reader_is_not_believed);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
