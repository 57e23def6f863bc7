// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A host that begins anew the moment it was refused, as gnome-shell does while a card is in the reader: how
// many validators it starts. The pace of the module under test is 100 ms; the shipped one is 10 s.
#include "tests/unit/pam_jpki/host.h"

#include <chrono>

namespace {

using namespace jpki::pam::test;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPace{100};
constexpr int kPaces = 40;
constexpr std::chrono::minutes kBusy{1};  // that a machine may be so busy that no conversation is quick

struct Refusal {
  const char* script;
  const char* user;  // null: the card says who
  Manner manner;     // at the prompt that holds the refusal
};
const Refusal kRefusals[] = {
    {"step 5\noutcome 401 -\n", nullptr, Manner::kAnswers},       // revoked; Enter is held down
    {"step 5\noutcome 401 -\n", nullptr, Manner::kFails},         // the conversation is gone
    {"step 5\noutcome 502 -\n", "nobody", Manner::kAnswers},      // a lock screen
    {"step 5\nask nobody 4 4 1 3 3\n", nullptr, Manner::kFails},  // the PIN prompt is aborted
    {"die 9\n", nullptr, Manner::kAnswers},
};

// Conversations one after another until so many paces are over: how many there were.
int begin_anew(Host& host, const char* user, int paces) {
  const auto end = steady_clock::now() + paces * kPace;
  int conversations = 0;
  for (; steady_clock::now() < end; ++conversations)
    if (host.authenticate(user) == PAM_SUCCESS) break;
  return conversations;
}

START_TEST(a_refused_card_starts_one_validator_in_each_pace) {
  const Refusal& row = kRefusals[_i];
  Host host;
  host.use("screen=gdm");
  host.script(row.script);
  host.manner = row.manner;
  const auto begin = steady_clock::now();
  const int conversations = begin_anew(host, row.user, kPaces);
  const auto paces = (steady_clock::now() - begin) / kPace;
  const int started = host.record_count("start ");
  ck_assert_msg(started <= paces + 1, "%d validators in %d paces", started, static_cast<int>(paces));
  ck_assert_int_ge(started, 2);
  ck_assert_int_eq(started, conversations);
}
END_TEST

// By its service alone; and a module further down in the stack is no way around.
START_TEST(two_lines_in_a_stack_share_the_pace) {
  Host host;
  host.write_service("auth " + host.entry("screen=gdm ignore_authinfo_unavail") + "auth " +
                     host.entry("screen=gdm"));
  host.script("outcome 104 -\n");
  const auto begin = steady_clock::now();
  (void)begin_anew(host, nullptr, kPaces / 4);
  const auto paces = (steady_clock::now() - begin) / kPace;
  ck_assert_int_le(host.record_count("start "), static_cast<int>(paces) + 1);
  ck_assert_int_ge(host.record_count("start "), 2);
}
END_TEST

// Who is refused by the account step has typed a PIN for nothing, and the card still is in the reader.
START_TEST(the_account_step_keeps_the_pace) {
  Host host;
  host.write_service("auth " + host.entry("screen=gdm") + "account " +
                     host.entry("screen=gdm min_uid=4000000000"));
  host.script("card 1234\n");
  host.answers = {"1234"};
  const auto begin = steady_clock::now();
  host.start(nullptr);
  ck_assert_int_eq(::pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  const int code = ::pam_acct_mgmt(host.handle(), 0);
  host.end(code);
  ck_assert_int_ne(code, PAM_SUCCESS);
  ck_assert(steady_clock::now() - begin >= kPace);
}
END_TEST

START_TEST(nobody_else_is_kept_waiting) {
  Host host;
  host.use("screen=prompt-only");
  host.script("outcome 401 -\n");
  // One conversation that is over sooner than a wait would be tells it, and nothing tells it apart while the
  // machine is so busy that each takes longer.
  bool quick = false;
  for (const auto end = steady_clock::now() + kBusy; !quick && steady_clock::now() < end;) {
    const auto begin = steady_clock::now();
    (void)host.authenticate(nullptr);
    quick = steady_clock::now() - begin < kPace;
  }
  ck_assert(quick);
}
END_TEST

// Nobody begins anew who was let in, or is asked by the next module.
START_TEST(only_who_is_refused_is_kept_waiting) {
  constexpr std::pair<const char*, const char*> kCases[] = {
      {"screen=gdm", "card 1234\n"}, {"screen=gdm ignore_authinfo_unavail", "outcome 103 -\n"}};
  Host host;
  host.write_service("auth " + host.entry(kCases[_i].first) + "auth required pam_permit.so\n");
  host.script(kCases[_i].second);
  bool quick = false;
  for (const auto end = steady_clock::now() + kBusy; !quick && steady_clock::now() < end;) {
    host.answers.emplace_back("1234");
    const auto begin = steady_clock::now();
    ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
    quick = steady_clock::now() - begin < kPace;
  }
  ck_assert(quick);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki restart");
  TCase* tests = tcase_create("restart");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, a_refused_card_starts_one_validator_in_each_pace, 0,
                      static_cast<int>(std::size(kRefusals)));
  tcase_add_test(tests, two_lines_in_a_stack_share_the_pace);
  tcase_add_test(tests, the_account_step_keeps_the_pace);
  tcase_add_test(tests, nobody_else_is_kept_waiting);
  tcase_add_loop_test(tests, only_who_is_refused_is_kept_waiting, 0, 2);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
