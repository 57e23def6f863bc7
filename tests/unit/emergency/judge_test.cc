// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/code.h"
#include "tests/unit/emergency/site.h"

#include <vector>

namespace {

using namespace jpki;
using namespace jpki::emergency;
using namespace jpki::test;
using namespace std::chrono_literals;

constexpr std::uint64_t kRight = 31'415'926'535'897;
constexpr std::uint64_t kWrong = 27'182'818'284'590;

START_TEST(a_code_lets_in_once) {
  const Computer computer;
  computer.put(computer.issue(kRight));
  expect_answer(computer.ask(EmergencyStep::kBegin), Verdict::kAccepted);
  const EmergencyAnswer first = computer.type(kRight);
  expect_answer(first, Verdict::kAccepted);
  expect_text(first.id, "E-000001");
  expect_answer(computer.type(kRight), Verdict::kEmergencyRefused, "no code is issued");
  ck_assert(computer.store.issues()->empty());
}
END_TEST

START_TEST(a_mistyped_code_costs_nothing) {
  Computer computer;
  computer.put(computer.issue(kRight));
  EmergencyQuestion question{EmergencyStep::kTry, "sato", kSato, Secret::copy_of(as_bytes("1234"))};
  expect_answer(judge(question, {computer.store, computer.now, "pc12", {}, {}}),
                Verdict::kEmergencyMalformed);
  ck_assert(!*computer.store.read<Tries>(kSato));
}
END_TEST

START_TEST(it_ends_by_the_clock_that_nobody_sets) {
  Computer computer;
  computer.put(computer.issue(kRight, 1h));
  computer.now.up += 1h - 1s;
  ck_assert(is_live(*computer.store.read<Issue>(kSato).value(), computer.now));
  computer.now.up += 1s;
  computer.now.wall -= std::chrono::days(365);  // set back: nothing comes to life again
  expect_answer(computer.type(kRight), Verdict::kEmergencyRefused, "the time of the code is over");
  computer.now.up -= 3h;  // before it was issued: no clock does that
  computer.now.wall = kMorning;
  ck_assert(!is_live(*computer.store.read<Issue>(kSato).value(), computer.now));
}
END_TEST

START_TEST(it_does_not_survive_a_reboot) {
  Computer computer;
  computer.put(computer.issue(kRight));
  computer.now.boot.back() = '2';
  expect_answer(computer.type(kRight), Verdict::kEmergencyRefused, "before the machine was started");
}
END_TEST

START_TEST(it_is_of_one_account) {
  const Computer computer;
  computer.put(computer.issue(kRight));
  expect_answer(computer.ask(EmergencyStep::kTry, code_of(kRight), "suzuki", kSato + 1),
                Verdict::kEmergencyRefused);
  expect_answer(computer.ask(EmergencyStep::kTry, code_of(kRight), "suzuki"), Verdict::kEmergencyRefused,
                "another account with this uid");
  expect_answer(computer.type(kRight), Verdict::kAccepted);
}
END_TEST

START_TEST(root_never_has_one) {
  const Computer computer;
  Issue issue = computer.issue(kRight);
  issue.account = "root";
  issue.uid = 0;
  computer.put(issue);
  for (const auto& [account, uid] : {std::pair{"root", uid_t{0}}, {"toor", 0}, {"root", 5}, {"", kSato}})
    for (const EmergencyStep step : {EmergencyStep::kBegin, EmergencyStep::kTry, EmergencyStep::kNotice})
      expect_answer(computer.ask(step, code_of(kRight), account, uid), Verdict::kEmergencyAccount);
}
END_TEST

START_TEST(pauses_grow_to_an_hour) {
  const std::vector<std::chrono::seconds> expected = {0s, 0s, 0s, 30s, 2min, 8min, 32min, 1h, 1h};
  for (unsigned wrong = 0; wrong < expected.size(); ++wrong) ck_assert(pause_after(wrong) == expected[wrong]);
  ck_assert(pause_after(4'000'000'000) == 1h);
}
END_TEST

START_TEST(in_a_pause_nothing_is_judged) {
  Computer computer;
  computer.put(computer.issue(kRight));
  for (int i = 0; i < 3; ++i) expect_answer(computer.type(kWrong), Verdict::kEmergencyRefused, "wrong code");
  computer.now.up += 29s;
  expect_answer(computer.type(kRight), Verdict::kEmergencyTooSoon, "over in 1 s");
  expect_answer(computer.ask(EmergencyStep::kBegin), Verdict::kEmergencyTooSoon);
  ck_assert_uint_eq(computer.store.read<Tries>(kSato)->value().wrong, 3);  // nor counted
  computer.now.up += 1s;
  expect_answer(computer.ask(EmergencyStep::kBegin), Verdict::kAccepted);
  expect_answer(computer.type(kRight), Verdict::kAccepted);
  ck_assert(!*computer.store.read<Tries>(kSato));
}
END_TEST

// Who tries as fast as the pauses allow, for a day.
START_TEST(brute_force_is_bounded) {
  Computer computer;
  computer.put(computer.issue(kRight, kMaxLife));
  const auto end = computer.now.up + 24h;
  unsigned judged = 0;
  while (computer.now.up < end) {
    const EmergencyAnswer answer = computer.type(kWrong);
    if (answer.verdict == Verdict::kEmergencyRefused) ++judged;
    computer.now.up += judged < 8 ? 30s : 15min;
  }
  ck_assert_msg(judged > kMaxWrong && judged < 40, "%u tries were judged", judged);
}
END_TEST

START_TEST(a_code_bears_ten_wrong_tries) {
  for (const unsigned wrong : {kMaxWrong - 1, kMaxWrong}) {
    Computer computer;
    computer.put(computer.issue(kRight, kMaxLife));
    for (unsigned i = 0; i < wrong; ++i)
      expect_answer(computer.type_patiently(kWrong), Verdict::kEmergencyRefused);
    const EmergencyAnswer answer = computer.type_patiently(kRight);
    if (wrong < kMaxWrong)
      expect_answer(answer, Verdict::kAccepted);
    else
      expect_answer(answer, Verdict::kEmergencyRefused, "too many wrong tries");
  }
}
END_TEST

START_TEST(pauses_are_forgotten_but_not_what_a_code_bore) {
  Computer computer;
  computer.put(computer.issue(kRight, kMaxLife));
  for (unsigned i = 0; i <= kMaxWrong; ++i) {
    computer.now.up += kForgottenAfter + 1s;
    expect_answer(computer.type(kWrong), Verdict::kEmergencyRefused);
    ck_assert_uint_eq(computer.store.read<Tries>(kSato)->value().wrong, 1);
  }
  computer.now.up += kForgottenAfter + 1s;
  expect_answer(computer.type(kRight), Verdict::kEmergencyRefused);
}
END_TEST

START_TEST(pauses_are_forgotten_after_six_hours) {
  for (const auto& [waited, wrong] :
       {std::pair{std::chrono::seconds(kForgottenAfter), 3U}, {kForgottenAfter + 1s, 1U}}) {
    Computer computer;
    computer.put(computer.issue(kRight, kMaxLife));
    for (int i = 0; i < 2; ++i) expect_answer(computer.type(kWrong), Verdict::kEmergencyRefused);
    computer.now.up += waited;
    expect_answer(computer.type(kWrong), Verdict::kEmergencyRefused);
    ck_assert_uint_eq(computer.store.read<Tries>(kSato)->value().wrong, wrong);
  }
}
END_TEST

// What somebody sees who types: the same verdict and the same pause, whether the account has a code or not.
START_TEST(whether_there_is_a_code_is_not_told) {
  Computer with;
  with.put(with.issue(kRight));
  Computer without;
  Computer expired;
  expired.put(expired.issue(kRight, 0s));
  for (int i = 0; i < 60; ++i) {
    const Verdict seen = with.type(kWrong).verdict;
    for (Computer* other : {&without, &expired}) {
      ck_assert(other->type(kWrong).verdict == seen);
      ck_assert(other->ask(EmergencyStep::kBegin).verdict == with.ask(EmergencyStep::kBegin).verdict);
      other->now.up += 20s;
    }
    with.now.up += 20s;
  }
}
END_TEST

START_TEST(a_full_disk_uses_up_nothing) {
  const Computer computer;
  computer.put(computer.issue(kRight));
  fill_the_disk();
  const Verdict seen = computer.type(kRight).verdict;
  make_room_on_the_disk();
  ck_assert(seen == Verdict::kEmergencyUnusable);
  expect_answer(computer.type(kRight), Verdict::kAccepted);
}
END_TEST

// A use that cannot be written down does not happen, and was no wrong code.
START_TEST(a_full_history_uses_up_nothing) {
  const Computer computer;
  computer.put(computer.issue(kRight));
  std::filesystem::remove(computer.directory.path("history"));
  for (int i = 0; i < 5; ++i) expect_answer(computer.type(kRight), Verdict::kEmergencyUnusable, "history");
  std::filesystem::create_directory(computer.directory.path("history"));
  expect_answer(computer.type(kRight), Verdict::kAccepted);
}
END_TEST

START_TEST(what_cannot_be_read_lets_nobody_in) {
  const Computer computer;
  computer.put(computer.issue(kRight));
  for (const char* name : {"codes/tries-2001", "codes/challenge-2001"}) {
    computer.directory.write(name, "rubbish");
    expect_answer(computer.type(kRight), Verdict::kEmergencyUnusable, name);
    std::filesystem::remove(computer.directory.path(name));
    (void)computer.store.remove<Tries>(kSato);
  }
  std::filesystem::permissions(computer.directory.path("codes"), std::filesystem::perms(0777));
  expect_answer(computer.type(kRight), Verdict::kEmergencyUnusable);
}
END_TEST

START_TEST(who_uses_a_code_is_told_once) {
  Computer computer;
  computer.put(computer.issue(kRight));
  ck_assert_uint_eq(computer.ask(EmergencyStep::kNotice).used, 0);
  expect_answer(computer.type(kRight), Verdict::kAccepted);
  ck_assert_uint_eq(computer.ask(EmergencyStep::kNotice, {}, "suzuki").used, 0);
  computer.now.boot.back() = '3';  // also after a reboot
  const EmergencyAnswer notice = computer.ask(EmergencyStep::kNotice);
  ck_assert_uint_eq(notice.used, 1'800'000'000);
  expect_text(notice.id, "E-000001");
  ck_assert_uint_eq(computer.ask(EmergencyStep::kNotice).used, 0);
}
END_TEST

// --- far away -----------------------------------------------------------------------------------

struct FarComputer : Computer {
  FarComputer() { host_key = derive_host_key(*make_key(), "pc12"); }
  std::string challenge() const { return ask(EmergencyStep::kBegin).challenge; }
  std::optional<Secret> answer(const std::string& to, const std::string& account = "sato") const {
    return answer_to(as_bytes(to), *host_key, "pc12", account);
  }
};

START_TEST(without_a_key_nobody_far_away_is_asked) {
  const Computer computer;
  const EmergencyAnswer begun = computer.ask(EmergencyStep::kBegin);
  expect_answer(begun, Verdict::kAccepted);
  ck_assert(begun.challenge.empty());
  const EmergencyAnswer bad = judge({EmergencyStep::kBegin, "sato", kSato, {}},
                                    {computer.store, computer.now, "pc12", {}, "emergency.key: no key"});
  expect_answer(bad, Verdict::kAccepted, "no key");  // a code that was issued here still works
}
END_TEST

START_TEST(an_answer_lets_in_once) {
  const FarComputer computer;
  const std::string challenge = computer.challenge();
  expect_text(computer.challenge(), challenge);  // the same at every terminal, as long as it lives
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kAccepted);
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kEmergencyRefused);
  ck_assert(computer.challenge() != challenge);
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kEmergencyRefused);
}
END_TEST

START_TEST(an_answer_is_bound_to_time_boot_and_account) {
  for (const int what : {0, 1, 2, 3}) {
    FarComputer computer;
    const std::string challenge = computer.challenge();
    auto answer = computer.answer(challenge, what == 2 ? "suzuki" : "sato");
    if (what == 0) computer.now.up += kChallengeLife;
    if (what == 1) computer.now.boot.back() = '2';
    if (what == 3) computer.host_key = derive_host_key(*computer.host_key, "pc12");
    expect_answer(computer.ask(EmergencyStep::kTry, std::move(answer)), Verdict::kEmergencyRefused);
    if (what != 2) ck_assert(computer.challenge() != challenge);
  }
  FarComputer computer;
  const std::string challenge = computer.challenge();
  computer.now.up += kChallengeLife - 1s;
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kAccepted);
}
END_TEST

// The challenge of whoever had the uid before, answered for the name of today.
START_TEST(a_challenge_is_of_the_account_that_read_it_out) {
  const FarComputer computer;
  const std::string challenge = computer.challenge();
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge, "suzuki"), "suzuki"),
                Verdict::kEmergencyRefused);
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kAccepted);
}
END_TEST

START_TEST(an_answer_opens_nothing_once_the_key_is_gone) {
  FarComputer computer;
  const std::string challenge = computer.challenge();
  auto answer = computer.answer(challenge);
  computer.host_key.reset();
  expect_answer(computer.ask(EmergencyStep::kTry, std::move(answer)), Verdict::kEmergencyRefused);
}
END_TEST

START_TEST(the_challenge_is_no_code) {
  const FarComputer computer;
  const std::string challenge = computer.challenge();
  expect_answer(computer.ask(EmergencyStep::kTry, Secret::copy_of(as_bytes(challenge))),
                Verdict::kEmergencyRefused);
}
END_TEST

START_TEST(both_ways_are_open_at_once) {
  const FarComputer computer;
  computer.put(computer.issue(kRight));
  const std::string challenge = computer.challenge();
  expect_answer(computer.ask(EmergencyStep::kTry, computer.answer(challenge)), Verdict::kAccepted);
  expect_answer(computer.type(kRight), Verdict::kAccepted);
}
END_TEST

START_TEST(no_challenge_that_cannot_be_kept) {
  const FarComputer computer;
  fill_the_disk();
  const EmergencyAnswer begun = computer.ask(EmergencyStep::kBegin);
  make_room_on_the_disk();
  ck_assert(begun.verdict == Verdict::kEmergencyUnusable && begun.challenge.empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("emergency judge");
  TCase* here = tcase_create("here");
  for (const TTest* test :
       {a_code_lets_in_once, a_mistyped_code_costs_nothing, it_ends_by_the_clock_that_nobody_sets,
        it_does_not_survive_a_reboot, it_is_of_one_account, root_never_has_one, pauses_grow_to_an_hour,
        in_a_pause_nothing_is_judged, brute_force_is_bounded, a_code_bears_ten_wrong_tries,
        pauses_are_forgotten_but_not_what_a_code_bore, pauses_are_forgotten_after_six_hours,
        whether_there_is_a_code_is_not_told, a_full_disk_uses_up_nothing, a_full_history_uses_up_nothing,
        what_cannot_be_read_lets_nobody_in, who_uses_a_code_is_told_once})
    tcase_add_test(here, test);
  suite_add_tcase(suite, here);
  TCase* far = tcase_create("far");
  for (const TTest* test :
       {without_a_key_nobody_far_away_is_asked, an_answer_lets_in_once,
        an_answer_is_bound_to_time_boot_and_account, a_challenge_is_of_the_account_that_read_it_out,
        an_answer_opens_nothing_once_the_key_is_gone, the_challenge_is_no_code, both_ways_are_open_at_once,
        no_challenge_that_cannot_be_kept})
    tcase_add_test(far, test);
  suite_add_tcase(suite, far);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
