// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What passes between a caller without privileges and a validator, which may both be hostile.
#include "tests/unit/validator/relay_login.h"

#include <atomic>
#include <csignal>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include <pthread.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::relay;
using namespace jpki::relay::test;
using namespace std::chrono_literals;

START_TEST(a_login_goes_through) {
  Login login(Bounds{});
  login.begin();
  login.say(LogLine{LogLevel::kInfo, "not for the caller"});
  login.say(StepReport{Step::kReadingCard});
  const auto step = login.caller.far->receive(Deadline::after(10s));
  ck_assert(step && std::holds_alternative<StepReport>(*step));
  login.give_pin();
  login.say(outcome_of(Verdict::kAccepted, kTaro));
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kAccepted && told->account == kTaro && told->tries_left == 2);
  ck_assert(told->nonce == start_of(kTaro).nonce && told->certificate_pseudonym.empty());
  const Ending ending = login.ending.get();
  ck_assert(ending.verdict == Verdict::kAccepted && ending.service == "locker" && ending.cause.empty());
}
END_TEST

START_TEST(a_choice_goes_through) {
  Login login(Bounds{});
  login.begin();
  login.choose();
  login.say(StepReport{Step::kCheckingCertificate});
  ck_assert(login.caller.far->receive(Deadline::after(10s)).has_value());
  login.give_pin();
  login.say(outcome_of(Verdict::kAccepted, kTaro));
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kAccepted);
  ck_assert(login.ending.get().verdict == Verdict::kAccepted);
}
END_TEST

// The validator's card is closed, whichever question the caller runs away from.
START_TEST(who_leaves_at_a_choice_leaves_nothing_open) {
  Login login;
  login.begin();
  login.say(AskCard{std::vector<OfferedCard>(2)});
  ck_assert(login.caller.far->receive(Deadline::after(10s)).has_value());
  login.caller.far.reset();
  const auto reply = login.validator.far->receive(Deadline::after(10s));
  ck_assert(reply && std::holds_alternative<Cancel>(*reply));
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  // Before the PIN, after the choice.
  Login later;
  later.begin();
  later.choose();
  later.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
  ck_assert(later.caller.far->receive(Deadline::after(10s)).has_value());
  later.caller.far.reset();
  const auto cancel = later.validator.far->receive(Deadline::after(10s));
  ck_assert(cancel && std::holds_alternative<Cancel>(*cancel));
}
END_TEST

// A validator that a card has taken over, and one that is broken.
struct Hostile {
  const char* name;
  std::function<void(Login&)> does;
  std::optional<Verdict> told;  // nothing: the connection ends
};

const std::vector<Hostile>& hostile() {
  static const std::vector<Hostile> kHostile = {
      {"accepts after a choice alone",
       [](Login& login) {
         login.choose();
         login.say(outcome_of(Verdict::kAccepted, kTaro));
       },
       Verdict::kHelperFailed},
      {"asks about another account",
       [](Login& login) {
         login.say(AskPin{.account = "hanako", .form = {}, .tries_left = 3, .max_tries = 3});
       },
       Verdict::kHelperFailed},
      {"accepts without a PIN", [](Login& login) { login.say(outcome_of(Verdict::kAccepted, kTaro)); },
       Verdict::kHelperFailed},
      {"accepts another account",
       [](Login& login) {
         login.give_pin();
         login.say(outcome_of(Verdict::kAccepted, "hanako"));
       },
       Verdict::kHelperFailed},
      {"dies at once", [](Login& login) { login.validator.far.reset(); }, Verdict::kHelperFailed},
      {"dies while the person types",
       [](Login& login) {
         login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
         login.validator.far.reset();
       },
       Verdict::kHelperFailed},
      {"accepts while the person types",
       [](Login& login) {
         login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
         login.say(outcome_of(Verdict::kAccepted, kTaro));
       },
       Verdict::kHelperFailed},
      {"dies with the PIN",
       [](Login& login) {
         login.give_pin();
         login.validator.far.reset();
       },
       Verdict::kHelperFailed},
      {"never answers", [](Login&) {}, Verdict::kTimeout},
      {"never ends", [](Login& login) { login.give_pin(); }, Verdict::kTimeout},
      {"says too much",
       [](Login& login) {
         for (int i = 0; i < 1000; ++i)
           if (!login.validator.far->send(LogLine{LogLevel::kDebug, "again"}, Deadline::after(10s))) return;
       },
       Verdict::kHelperFailed},
  };
  return kHostile;
}

START_TEST(a_hostile_validator_lets_nobody_in) {
  const Hostile& row = hostile()[static_cast<std::size_t>(_i)];
  Login login;
  login.begin();
  row.does(login);
  const auto told = login.told();
  ck_assert_msg(told.has_value() == row.told.has_value(), "%s", row.name);
  if (told) ck_assert_msg(told->verdict == *row.told && told->account.empty(), "%s", row.name);
  ck_assert_msg(login.ending.get().verdict != Verdict::kAccepted, "%s", row.name);
}
END_TEST

START_TEST(a_prompt_has_an_end) {
  Login login;
  login.begin();
  login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
  ck_assert(!login.told().has_value());
  const auto cancelled = login.validator.far->receive(Deadline::after(10s));
  ck_assert(cancelled && std::holds_alternative<Cancel>(*cancelled));
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
}
END_TEST

// What is typed on the keys of a reader is typed after the answer.
START_TEST(a_reader_with_keys_is_given_the_time_to_type) {
  for (const bool on_reader : {true, false}) {
    Login login(Bounds{});
    Start start = start_of(kTaro);
    start.wait_for_card_ms = 60'000;
    start.timeout_ms = 1;
    login.begin(start);
    login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3, .on_reader = on_reader});
    ck_assert(login.caller.far->receive(Deadline::after(10s)).has_value());
    ck_assert(login.caller.far->send(Message(reply()), Deadline::after(10s)).has_value());
    ck_assert(login.validator.far->receive(Deadline::after(10s)).has_value());
    // After 100 ms the machine may only be slow: what told() says judges it.
    const bool goes_on = login.ending.wait_for(on_reader ? 100ms : 30s) == std::future_status::timeout;
    ck_assert_int_eq(goes_on, on_reader);
    if (goes_on) login.say(outcome_of(Verdict::kAccepted, kTaro));
    const auto told = login.told();
    ck_assert(told && told->verdict == (on_reader ? Verdict::kAccepted : Verdict::kTimeout));
  }
}
END_TEST

// At a prompt nobody has to answer for the login to end.
START_TEST(a_card_that_left_ends_a_prompt) {
  const auto ask = [](Login& login) {
    login.begin();
    login.say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
    ck_assert(login.caller.far->receive(Deadline::after(10s)).has_value());
  };
  Login login(Bounds{});
  ask(login);
  login.say(outcome_of(Verdict::kCardRemoved, kTaro));
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kCardRemoved);
  ck_assert(login.ending.get().verdict == Verdict::kCardRemoved);
  Login dead(Bounds{});
  ask(dead);
  dead.validator.far.reset();
  const Ending ending = dead.ending.get();
  ck_assert(ending.verdict == Verdict::kHelperFailed);
  ck_assert_msg(ending.cause.find("while it waited for an answer") != std::string::npos, "%s",
                ending.cause.c_str());
}
END_TEST

START_TEST(a_caller_that_is_gone_ends_it) {
  Login login(Bounds{.closing = 60s});  // nothing but the caller's end can end it so soon
  login.begin();
  login.caller.far.reset();
  ck_assert(login.ending.wait_for(30s) == std::future_status::ready);
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  ck_assert(!login.validator.far->receive(Deadline::after(10s)).has_value());
}
END_TEST

START_TEST(the_validator_still_tells_the_log) {
  const Journal journal;
  Login login(Bounds{.closing = 60s});  // the validator's last word ends it, and nothing else so soon
  login.begin();
  login.give_pin();
  login.caller.far.reset();
  login.say(LogLine{LogLevel::kNotice, "evidence\nfor"});
  login.say(LogLine{LogLevel::kDebug, "what is not for the log"});
  login.say(outcome_of(Verdict::kPinIncorrect, kTaro));
  ck_assert(login.ending.wait_for(30s) == std::future_status::ready);
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  const std::string text = journal.text();
  ck_assert_str_eq(text.c_str(), "<5>evidence?for\n");
}
END_TEST

START_TEST(a_validator_may_say_so_much) {
  const Journal journal;
  Login login(Bounds{});
  login.begin();
  for (int i = 0; i < 999; ++i) login.say(LogLine{LogLevel::kDebug, "again"});
  login.say(outcome_of(Verdict::kNoCard, ""));
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kNoCard);
}
END_TEST

// Interrupts the relay's wait; what it waits for and its deadline stay what they are.
void interrupt(Login& login) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART
  ::sigaction(SIGUSR1, &action, nullptr);
  for (int i = 0; i < 5; ++i) {
    while (login.thread == 0) std::this_thread::yield();
    ::pthread_kill(login.thread, SIGUSR1);
    std::this_thread::sleep_for(5ms);
  }
}

START_TEST(a_signal_changes_nothing) {
  Login login(Bounds{});
  login.begin();
  interrupt(login);
  login.say(outcome_of(Verdict::kNoCard, ""));
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kNoCard);
  Login slow;
  slow.begin();
  interrupt(slow);
  ck_assert(slow.told()->verdict == Verdict::kTimeout);
}
END_TEST

START_TEST(a_caller_that_is_not_asked_has_nothing_to_say) {
  Login login(Bounds{});
  login.begin();
  const std::uint8_t early[] = {0, 0, 0, 8, 2, 0, 4, '1', '2', '3', '4', 0};
  ck_assert_int_eq(::write(login.caller.far->fd(), early, sizeof early), sizeof early);
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  ck_assert(!login.validator.far->receive(Deadline::after(10s)).has_value());
}
END_TEST

START_TEST(a_caller_has_a_time_to_begin) {
  Login login;
  const Ending ending = login.ending.get();
  ck_assert(ending.verdict == Verdict::kHelperFailed && !ending.cause.empty());
}
END_TEST

// It would read an answer otherwise than it is meant.
START_TEST(a_caller_of_another_version_gets_no_answer) {
  Login login;
  Start start = start_of(kTaro);
  ++start.version;
  ck_assert(login.caller.far->send(start, Deadline::after(10s)).has_value());
  ck_assert(!login.told().has_value());
  const Ending ending = login.ending.get();
  ck_assert(ending.verdict == Verdict::kHelperFailed && ending.service.empty());
}
END_TEST

START_TEST(a_caller_that_shows_no_choices_is_asked_none) {
  Login login(Bounds{});
  Start start = start_of(kTaro);
  start.choices_shown = false;
  login.begin(start);
  login.say(AskCard{std::vector<OfferedCard>(2)});
  const auto told = login.told();
  ck_assert(told && told->verdict == Verdict::kHelperFailed);
  ck_assert(login.ending.get().verdict == Verdict::kHelperFailed);
}
END_TEST

START_TEST(who_is_refused_is_told_with_its_nonce) {
  Pair caller;
  ck_assert(caller.far->send(start_of(kTaro), Deadline::after(10s)).has_value());
  const Ending ending = refuse(*caller.near, Verdict::kRemoteLogin, "far away", kShort);
  ck_assert(ending.verdict == Verdict::kRemoteLogin && ending.cause == "far away" &&
            ending.service == "locker");
  const auto message = caller.far->receive(Deadline::after(10s));
  const auto* outcome = message ? std::get_if<Outcome>(&*message) : nullptr;
  ck_assert(outcome != nullptr && outcome->verdict == Verdict::kRemoteLogin);
  ck_assert(outcome->nonce == start_of(kTaro).nonce);
}
END_TEST

START_TEST(what_a_caller_may_choose) {
  Start wanted = start_of(kTaro);
  wanted.service = "x\"\n<0>y\x1b\xff\xc2\x9b ~\x7f";
  wanted.terminal = "tty3";
  wanted.seat = "seat2";
  wanted.origin = "192.0.2.1";
  wanted.elsewhere = true;
  wanted.remote_session = {.account = kTaro, .uid = 1000, .service = "xrdp-sesman", .display = ":10"};
  wanted.host = "elsewhere";
  wanted.debug = true;
  wanted.wait_for_card_ms = 3'600'000;
  wanted.timeout_ms = 600'000;
  const auto start = permitted_start(wanted, kTaro, {});
  ck_assert(start.has_value());
  ck_assert(start->nonce == wanted.nonce && start->user == kTaro);
  ck_assert_str_eq(start->service.c_str(), "x\"?<0>y???? ~?");
  ck_assert(start->terminal.empty() && start->seat.empty());  // another seat's card would answer
  utsname names;
  ck_assert(::uname(&names) == 0 && start->host == names.nodename);
  ck_assert(start->config_file.empty() && !start->debug);
  ck_assert(start->origin.empty() && !start->elsewhere && !start->remote_session);
  CallerSessions of_caller;
  of_caller.remote = {.account = kTaro, .uid = 1001, .service = "sshd", .display = ""};
  const auto remote = permitted_start(wanted, kTaro, {}, of_caller);
  ck_assert(remote && remote->elsewhere && remote->remote_session == of_caller.remote &&
            remote->origin.empty());
  ck_assert_uint_eq(start->wait_for_card_ms, 300'000);
  ck_assert_uint_eq(start->timeout_ms, 60'000);
  wanted.wait_for_card_ms = 0;
  wanted.timeout_ms = 6000;
  ck_assert_uint_eq(permitted_start(wanted, kTaro, {})->timeout_ms, 6000);
  ck_assert(permitted_start(wanted, kTaro, {}, {.to_unlock = {}, .cards = {}, .seat = "seat1"})->seat ==
            "seat1");
  // What its screen shows, it says itself.
  for (const bool shown : {true, false}) {
    wanted.tries_shown = shown;
    wanted.notices_shown = !shown;
    wanted.choices_shown = shown;
    const auto told = permitted_start(wanted, kTaro, {});
    ck_assert(told->tries_shown == shown && told->notices_shown == !shown && told->choices_shown == shown);
  }
}
END_TEST

START_TEST(what_a_caller_may_not) {
  for (const char* user : {"", "hanako", "Taro", "taro ", "root"}) {
    const auto start = permitted_start(start_of(user), kTaro, {});
    ck_assert_msg(!start && start.error().verdict == Verdict::kOtherUser, "%s", user);
  }
  Start other = start_of(kTaro);
  other.config_file = "/etc/jpki/jpki.toml";
  const auto start = permitted_start(other, kTaro, {});
  ck_assert(!start && start.error().verdict == Verdict::kConfigInvalid);
  Start registers = start_of(kTaro);
  registers.purpose = Purpose::kRegister;
  const auto registered = permitted_start(registers, kTaro, {});
  ck_assert(!registered && registered.error().verdict == Verdict::kRegistrationRefused);
}
END_TEST

START_TEST(nothing_is_told_of_others) {
  const Outcome own = told_outcome(outcome_of(Verdict::kPinIncorrect, kTaro), kTaro);
  ck_assert(own.account == kTaro && own.tries_left == 2 && own.expires_in == 12 &&
            own.certificate_pseudonym.empty() && !own.card);
  ck_assert(told_outcome(outcome_of(Verdict::kAccepted, kTaro), kTaro).overlap_days == 14);
  Outcome other_card = outcome_of(Verdict::kAccepted, kTaro);
  other_card.other_card = true;
  other_card.registrable = "X509:<SHA1-PUKEY>00";
  other_card.registrable_certificate = {0x30, 0};
  ck_assert(told_outcome(other_card, kTaro).other_card &&
            told_outcome(other_card, kTaro).registrable.empty() &&
            told_outcome(other_card, kTaro).registrable_certificate.empty());
  ck_assert(!told_outcome(other_card, "hanako").other_card);
  // It is for a session that begins; a locker's is there.
  ck_assert(told_outcome(outcome_of(Verdict::kAccepted, kTaro), kTaro).token_label.empty());
  for (const char* account : {"hanako", ""}) {
    const Outcome other = told_outcome(outcome_of(Verdict::kOtherUser, account), kTaro);
    ck_assert(other.verdict == Verdict::kOtherUser && other.account.empty() && !other.tries_left);
    ck_assert(!other.expires_in && other.certificate_pseudonym.empty());
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("relay");
  TCase* session = tcase_create("session");
  tcase_add_test(session, a_login_goes_through);
  tcase_add_test(session, a_choice_goes_through);
  tcase_add_test(session, who_leaves_at_a_choice_leaves_nothing_open);
  tcase_add_loop_test(session, a_hostile_validator_lets_nobody_in, 0, static_cast<int>(hostile().size()));
  tcase_add_test(session, a_prompt_has_an_end);
  tcase_add_test(session, a_reader_with_keys_is_given_the_time_to_type);
  tcase_add_test(session, a_card_that_left_ends_a_prompt);
  tcase_add_test(session, a_caller_that_is_gone_ends_it);
  tcase_add_test(session, the_validator_still_tells_the_log);
  tcase_add_test(session, a_validator_may_say_so_much);
  tcase_add_test(session, a_signal_changes_nothing);
  tcase_add_test(session, a_caller_that_is_not_asked_has_nothing_to_say);
  tcase_add_test(session, a_caller_has_a_time_to_begin);
  tcase_add_test(session, a_caller_of_another_version_gets_no_answer);
  tcase_add_test(session, a_caller_that_shows_no_choices_is_asked_none);
  tcase_add_test(session, who_is_refused_is_told_with_its_nonce);
  tcase_add_test(session, what_a_caller_may_choose);
  tcase_add_test(session, what_a_caller_may_not);
  tcase_add_test(session, nothing_is_told_of_others);
  suite_add_tcase(suite, session);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
