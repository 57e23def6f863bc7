// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Modules that hang or crash, in children; and what a person is told who has no token.
#include "validator/card/module_probe.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/support/process_state.h"
#include "validator/card/pkcs11_source.h"

#include <cerrno>
#include <csignal>
#include <filesystem>

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using card::Trial;
using test::state_of;

[[noreturn]] std::optional<std::string> hang() {
  for (;;) ::pause();
}

bool no_child_is_left() {
  return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

START_TEST(a_trial_tells_how_it_ended) {
  struct Row {
    Trial trial;
    std::optional<std::string> told;
  };
  const Row rows[] = {
      {[] { return std::nullopt; }, {}},
      {[] { return "C_Initialize"; }, "C_Initialize"},
      {[] { return "x"; }, "x"},
      {[] { return std::string(2000, 'x'); }, std::string(512, 'x')},
      {[]() -> std::optional<std::string> { ::abort(); }, "crashes with the signal SIGABRT"},
      {[]() -> std::optional<std::string> { ::_exit(0); }, "ends the process that loads it"},
      {hang, "does not answer"},
  };
  std::vector<Trial> trials;
  for (const Row& row : rows) trials.push_back(row.trial);
  const auto results = card::try_in_children(trials, 300ms);
  ck_assert_uint_eq(results.size(), std::size(rows));
  for (std::size_t i = 0; i < results.size(); ++i)
    ck_assert_msg(results[i] == rows[i].told, "%zu: %s", i, results[i].value_or("nothing").c_str());
  ck_assert(no_child_is_left());
}
END_TEST

// As a shell may hand it on over exec; HelperProcess, which starts the validator for PAM, sets it back, and
// nobody else does. The status of a child is then lost: no crash is named, and none is made up.
START_TEST(without_a_status_no_crash_is_told) {
  (void)::signal(SIGCHLD, SIG_IGN);
  const auto results = card::try_in_children(
      {[]() -> std::optional<std::string> { ::_exit(0); }, []() -> std::optional<std::string> { ::abort(); },
       [] { return std::nullopt; }, [] { return "told"; }},
      5s);
  ck_assert(results[0] == "ends the process that loads it" && results[1]);
  ck_assert(!results[2] && results[3] == "told");
  ck_assert(no_child_is_left());
}
END_TEST

// One that hangs takes nothing from the time of the others, and not its own time for each.
START_TEST(they_are_tried_at_the_same_time) {
  const auto begin = std::chrono::steady_clock::now();
  const auto results = card::try_in_children({hang, hang, hang, [] { return std::nullopt; }}, 3s);
  ck_assert(std::chrono::steady_clock::now() - begin < 8s);
  ck_assert(results[0] && results[2] && !results[3]);
  ck_assert(no_child_is_left());
}
END_TEST

// The socket to the PAM module is descriptor 0.
START_TEST(a_trial_does_not_have_what_its_parent_talks_over) {
  const Trial trial = []() -> std::optional<std::string> {
    struct stat here {};
    struct stat nothing {};
    if (::fstat(STDIN_FILENO, &here) != 0 || ::stat("/dev/null", &nothing) != 0) return "no stat";
    return here.st_rdev == nothing.st_rdev ? std::nullopt : std::optional<std::string>("another file");
  };
  int ends[2];
  ck_assert_int_eq(::pipe(ends), 0);
  ck_assert_int_eq(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  ck_assert(!card::try_in_children({trial}, 5s)[0]);
}
END_TEST

volatile std::sig_atomic_t signals = 0;

// It comes while the parent waits for the child.
START_TEST(a_signal_ends_no_trial) {
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };
  ck_assert_int_eq(::sigaction(SIGUSR1, &action, nullptr), 0);
  const Trial trial = [parent = ::getpid()]() -> std::optional<std::string> {
    while (state_of(parent) != 'S') ::sched_yield();
    ::kill(parent, SIGUSR1);
    while (state_of(parent) != 'S') ::sched_yield();
    return "told";
  };
  ck_assert(card::try_in_children({trial}, 5s)[0] == "told");
  ck_assert_int_eq(signals, 1);
  ck_assert(no_child_is_left());
}
END_TEST

// Nor does it keep one going that hangs: poll() that times out leaves errno at the EINTR of the signal, and
// who asks errno alone polls for ever. A busy machine may need longer for the child's signal to come in time.
START_TEST(a_signal_prolongs_no_trial) {
  struct sigaction action {};
  action.sa_handler = [](int) { signals = signals + 1; };
  ck_assert_int_eq(::sigaction(SIGUSR1, &action, nullptr), 0);
  const Trial trial = [parent = ::getpid()]() -> std::optional<std::string> {
    while (state_of(parent) != 'S') ::sched_yield();
    ::kill(parent, SIGUSR1);
    return hang();
  };
  for (auto patience = 1s; signals == 0; patience *= 2)
    ck_assert(card::try_in_children({trial}, patience)[0] == "does not answer");
  ck_assert(no_child_is_left());
}
END_TEST

START_TEST(a_module_is_told_by_name) {
  const auto errors = card::probe_modules({"/nonexistent/v.so"}, 5s);
  ck_assert(errors.size() == 1 && errors[0] && errors[0]->verdict == Verdict::kModuleUnusable);
  ck_assert(errors[0]->cause.starts_with("/nonexistent/v.so: ") && errors[0]->cause.size() > 20);
  ck_assert(card::probe_modules({}, 5s).empty());
}
END_TEST

// Ours as if it were somebody else's, from the build; a card service need not run.
START_TEST(a_module_that_can_be_loaded_is_no_error) {
  const std::string module = std::filesystem::absolute(".libs/jpki-pkcs11.so");
  ck_assert_msg(std::filesystem::exists(module), "%s", module.c_str());
  for (const bool slots : {false, true}) {
    const auto errors = card::probe_modules({module, "/nonexistent/v.so"}, 30s, slots);
    ck_assert_msg(!errors.at(0), "%s", errors.at(0) ? errors.at(0)->cause.c_str() : "");
    ck_assert(errors.at(1));
  }
}
END_TEST

// Asking may read the whole card; and a reader that is empty now is a slot as well.
START_TEST(slots_are_asked_for_where_that_is_wanted) {
  const std::string module = std::filesystem::absolute("tests/unit/validator/.libs/asked_module.so");
  ck_assert_msg(std::filesystem::exists(module), "%s", module.c_str());
  ck_assert(!card::probe_modules({module}, 30s, false)[0]);
  const auto asked = card::probe_modules({module}, 30s, true);
  ck_assert(asked[0] && asked[0]->cause == module + ": crashes with the signal SIGUSR1");
}
END_TEST

START_TEST(opensc_and_our_own_are_not_tried) {
  for (const char* known :
       {"opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so", "jpki-pkcs11.so", "p11-kit-client.so"})
    ck_assert_msg(!card::is_foreign(known), "%s", known);
  for (const char* foreign :
       {"/opt/v.so", "libsofthsm2.so", "/opt/opensc-pkcs11.so/v.so", "x-opensc-pkcs11.so"})
    ck_assert_msg(card::is_foreign(foreign), "%s", foreign);
}
END_TEST

START_TEST(without_a_token_a_missing_module_may_be_the_reason) {
  struct Row {
    Verdict of_others;
    bool card_there;
    bool left_out;
    Verdict told;
  };
  static const Row kRows[] = {
      {Verdict::kNoCard, false, false, Verdict::kNoCard},
      {Verdict::kNoCard, true, false, Verdict::kNoCard},
      {Verdict::kNoCard, false, true, Verdict::kNoCard},  // who has not put it there yet
      {Verdict::kNoCard, true, true, Verdict::kModuleUnusable},
      {Verdict::kCardNotRecognised, true, false, Verdict::kCardNotRecognised},
      {Verdict::kCardNotRecognised, true, true, Verdict::kModuleUnusable},
      {Verdict::kNoReader, false, true, Verdict::kNoReader},
      {Verdict::kCardServiceDown, false, true, Verdict::kCardServiceDown},
      {Verdict::kCardBusy, true, true, Verdict::kCardBusy},
      {Verdict::kCardError, true, true, Verdict::kCardError},
  };
  for (const Row& row : kRows)
    ck_assert_msg(card::verdict_without_token(row.of_others, row.card_there, row.left_out) == row.told,
                  "row %td", &row - kRows);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("module_probe");
  TCase* all = tcase_create("all");
  tcase_set_timeout(all, 120);
  tcase_add_test(all, a_trial_tells_how_it_ended);
  tcase_add_test(all, without_a_status_no_crash_is_told);
  tcase_add_test(all, they_are_tried_at_the_same_time);
  tcase_add_test(all, a_trial_does_not_have_what_its_parent_talks_over);
  tcase_add_test(all, a_signal_ends_no_trial);
  tcase_add_test(all, a_signal_prolongs_no_trial);
  tcase_add_test(all, a_module_is_told_by_name);
  tcase_add_test(all, a_module_that_can_be_loaded_is_no_error);
  tcase_add_test(all, slots_are_asked_for_where_that_is_wanted);
  tcase_add_test(all, opensc_and_our_own_are_not_tried);
  tcase_add_test(all, without_a_token_a_missing_module_may_be_the_reason);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
