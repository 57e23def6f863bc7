// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What passes between a caller without privileges and a validator, which may both be hostile; who a caller
// is; how many logins it may have.
#include "tests/unit/support/check_main.h"
#include "validator/relay/caller.h"
#include "validator/relay/session.h"
#include "validator/relay/slot.h"

#include <cerrno>
#include <functional>
#include <future>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::relay;
using namespace std::chrono_literals;
using jpki::test::TemporaryDirectory;

constexpr char kTaro[] = "taro";
constexpr Bounds kShort{
    .first_message = 200ms, .machine_time = 300ms, .wait_for_card = 100ms, .prompt = 300ms, .closing = 100ms};

struct Pair {
  std::optional<Channel> near;
  std::optional<Channel> far;
  Pair() {
    int fds[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    near.emplace(UniqueFd(fds[0]));
    far.emplace(UniqueFd(fds[1]));
  }
};

Start start_of(const std::string& user) {
  Start start;
  start.nonce.fill(7);
  start.service = "locker";
  start.user = user;
  start.timeout_ms = 5000;
  return start;
}

Outcome outcome_of(Verdict verdict, const std::string& account) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.nonce.fill(7);
  outcome.account = account;
  outcome.tries_left = 2;
  outcome.certificate_pseudonym = "c0ffee";
  return outcome;
}

PinReply reply() {
  return {*Secret::copy_of(as_bytes("1234")), false};
}

// A relay at work between the two far ends.
struct Login {
  Pair caller;
  Pair validator;
  std::future<Ending> ending;

  explicit Login(const Bounds& bounds = kShort) {
    ending = std::async(std::launch::async, [this, bounds] {
      Ending end = relay::relay(*caller.near, *validator.near, kTaro, bounds);
      caller.near.reset();
      validator.near.reset();
      return end;
    });
  }
  void say(const Message& message) {
    ck_assert(validator.far->send(message, Deadline::after(1s)).has_value());
  }
  void begin() {
    ck_assert(caller.far->send(start_of(kTaro), Deadline::after(1s)).has_value());
    ck_assert(validator.far->receive(Deadline::after(1s)).has_value());
  }
  void give_pin() {
    say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
    const auto ask = caller.far->receive(Deadline::after(1s));
    ck_assert(ask && std::holds_alternative<AskPin>(*ask));
    ck_assert(caller.far->send(Message(reply()), Deadline::after(1s)).has_value());
    const auto pin = validator.far->receive(Deadline::after(1s));
    ck_assert(pin && std::holds_alternative<PinReply>(*pin));
  }
  // What the caller is told in the end; nothing when the connection was closed.
  std::optional<Outcome> told() {
    for (;;) {
      const auto message = caller.far->receive(Deadline::after(2s));
      if (!message) return std::nullopt;
      ck_assert(!std::holds_alternative<LogLine>(*message));
      if (const auto* outcome = std::get_if<Outcome>(&*message)) return *outcome;
    }
  }
};

START_TEST(a_login_goes_through) {
  Login login;
  login.begin();
  login.say(LogLine{LogLevel::kInfo, "not for the caller"});
  login.say(StepReport{Step::kReadingCard});
  const auto step = login.caller.far->receive(Deadline::after(1s));
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

// A validator that a card has taken over, and one that is broken.
struct Hostile {
  const char* name;
  std::function<void(Login&)> does;
  std::optional<Verdict> told;  // nothing: the connection ends
};

const std::vector<Hostile>& hostile() {
  static const std::vector<Hostile> kHostile = {
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
       std::nullopt},
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
           if (!login.validator.far->send(LogLine{LogLevel::kDebug, "again"}, Deadline::after(1s))) return;
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
  const auto cancelled = login.validator.far->receive(Deadline::after(1s));
  ck_assert(cancelled && std::holds_alternative<Cancel>(*cancelled));
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
}
END_TEST

START_TEST(a_caller_that_is_gone_ends_it) {
  Login login(Bounds{});  // no time runs out
  login.begin();
  login.caller.far.reset();
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  ck_assert(!login.validator.far->receive(Deadline::after(1s)).has_value());
}
END_TEST

START_TEST(a_caller_that_is_not_asked_has_nothing_to_say) {
  Login login(Bounds{});
  login.begin();
  const std::uint8_t early[] = {0, 0, 0, 8, 2, 0, 4, '1', '2', '3', '4', 0};
  ck_assert_int_eq(::write(login.caller.far->fd(), early, sizeof early), sizeof early);
  ck_assert(login.ending.get().verdict == Verdict::kCancelled);
  ck_assert(!login.validator.far->receive(Deadline::after(1s)).has_value());
}
END_TEST

START_TEST(a_caller_has_a_time_to_begin) {
  Login login;
  const Ending ending = login.ending.get();
  ck_assert(ending.verdict == Verdict::kHelperFailed && !ending.cause.empty());
}
END_TEST

START_TEST(who_is_refused_is_told_with_its_nonce) {
  Pair caller;
  ck_assert(caller.far->send(start_of(kTaro), Deadline::after(1s)).has_value());
  const Ending ending = refuse(*caller.near, Verdict::kRemoteLogin, "far away", kShort);
  ck_assert(ending.verdict == Verdict::kRemoteLogin && ending.cause == "far away");
  const auto message = caller.far->receive(Deadline::after(1s));
  const auto* outcome = message ? std::get_if<Outcome>(&*message) : nullptr;
  ck_assert(outcome != nullptr && outcome->verdict == Verdict::kRemoteLogin);
  ck_assert(outcome->nonce == start_of(kTaro).nonce);
}
END_TEST

START_TEST(what_a_caller_may_choose) {
  Start wanted = start_of(kTaro);
  wanted.service = "x\"\n<0>y\x1b";
  wanted.terminal = std::string(1000, 't');
  wanted.host = "elsewhere";
  wanted.debug = true;
  wanted.wait_for_card_ms = 3'600'000;
  wanted.timeout_ms = 600'000;
  const auto start = permitted_start(wanted, kTaro, {});
  ck_assert(start.has_value());
  ck_assert(start->nonce == wanted.nonce && start->user == kTaro);
  ck_assert_str_eq(start->service.c_str(), "x\"?<0>y?");
  ck_assert_uint_eq(start->terminal.size(), 256);
  ck_assert(start->host != "elsewhere" && start->config_file.empty() && !start->debug);
  ck_assert_uint_eq(start->wait_for_card_ms, 300'000);
  ck_assert_uint_eq(start->timeout_ms, 60'000);
  wanted.wait_for_card_ms = 0;
  wanted.timeout_ms = 6000;
  ck_assert_uint_eq(permitted_start(wanted, kTaro, {})->timeout_ms, 6000);
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
}
END_TEST

START_TEST(nothing_is_told_of_others) {
  const Outcome own = told_outcome(outcome_of(Verdict::kPinIncorrect, kTaro), kTaro);
  ck_assert(own.account == kTaro && own.tries_left == 2 && own.certificate_pseudonym.empty());
  for (const char* account : {"hanako", ""}) {
    const Outcome other = told_outcome(outcome_of(Verdict::kOtherUser, account), kTaro);
    ck_assert(other.verdict == Verdict::kOtherUser && other.account.empty() && !other.tries_left);
    ck_assert(other.certificate_pseudonym.empty());
  }
}
END_TEST

START_TEST(a_caller_is_who_the_kernel_says) {
  int fds[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const UniqueFd near(fds[0]);
  const UniqueFd far(fds[1]);
  const auto caller = caller_of(near.get());
  ck_assert(caller && caller->uid == ::geteuid() && caller->pid == ::getpid());
  const UniqueFd internet(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!caller_of(internet.get()) && caller_of(internet.get()).error() == EAFNOSUPPORT);
  const UniqueFd alone(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!caller_of(alone.get()));
  ck_assert(!caller_of(-1));
  ck_assert(!account_of(54321) && account_of(0) == "root");
}
END_TEST

Session session(const char* id, uid_t user, bool remote) {
  return {.id = id, .user = user, .remote = remote, .seat = remote ? "" : "seat0", .session_class = "user"};
}

struct Where {
  const char* name;
  PlaceFacts facts;
  Place place;
};

const std::vector<Where>& wheres() {
  static const std::vector<Where> kWheres = {
      {"no logind at all", {}, Place::kUnknown},
      {"nobody is logged in", {.logind = true}, Place::kUnknown},
      {"sits here", {.user = 1000, .sessions = {session("2", 1000, false)}}, Place::kHere},
      {"of no cgroup that tells", {.sessions = {session("2", 1000, false)}}, Place::kHere},
      {"in the session",
       {.session = "2", .user = 1000, .sessions = {session("2", 1000, false)}},
       Place::kHere},
      {"remote alone",
       {.session = "5", .user = 1000, .sessions = {session("5", 1000, true)}},
       Place::kElsewhere},
      {"remote as well",
       {.user = 1000, .sessions = {session("2", 1000, false), session("5", 1000, true)}},
       Place::kElsewhere},
      {"another sits here", {.user = 1000, .sessions = {session("2", 1001, false)}}, Place::kElsewhere},
      {"by su in the session of another who sits here",
       {.session = "2", .user = 1001, .login = 1001, .sessions = {session("2", 1001, false)}},
       Place::kElsewhere},
      {"by su in a remote session, while its own user sits here",
       {.session = "5", .user = 1001, .sessions = {session("2", 1000, false), session("5", 1001, true)}},
       Place::kElsewhere},
      {"by su in the session of one who sits here, and came by ssh itself",
       {.session = "2", .user = 1001, .sessions = {session("2", 1001, false), session("5", 1000, true)}},
       Place::kElsewhere},
  };
  return kWheres;
}

START_TEST(where_a_caller_is) {
  const Where& row = wheres()[static_cast<std::size_t>(_i)];
  const PlaceDecision decision = decide_place_of_caller(row.facts, 1000);
  ck_assert_msg(decision.place == row.place, "%s: %s", row.name, decision.because);
}
END_TEST

START_TEST(a_process_of_another_system_is_nowhere) {
  ck_assert(place_of({.uid = 0, .pid = 0}, "/nonexistent").place == Place::kUnknown);
}
END_TEST

START_TEST(a_user_has_so_many_slots) {
  const TemporaryDirectory directory;
  std::vector<UniqueFd> held;
  for (int i = 0; i < 3; ++i) {
    auto slot = take_slot(directory.path(), 1000, 3);
    ck_assert(slot.has_value());
    held.push_back(std::move(*slot));
  }
  const auto fourth = take_slot(directory.path(), 1000, 3);
  ck_assert(!fourth && fourth.error() == EWOULDBLOCK);
  ck_assert(take_slot(directory.path(), 1001, 3).has_value());
  ck_assert(take_slot(directory.path(), 100, 3).has_value());
  struct stat status {};
  ck_assert_int_eq(::stat(directory.path("1000.0").c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0600);
  held.erase(held.begin() + 1);
  ck_assert(take_slot(directory.path(), 1000, 3).has_value());
  const auto nowhere = take_slot(directory.path("none"), 1000, 3);
  ck_assert(!nowhere && nowhere.error() == ENOENT);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("relay");
  TCase* session = tcase_create("session");
  tcase_add_test(session, a_login_goes_through);
  tcase_add_loop_test(session, a_hostile_validator_lets_nobody_in, 0, static_cast<int>(hostile().size()));
  tcase_add_test(session, a_prompt_has_an_end);
  tcase_add_test(session, a_caller_that_is_gone_ends_it);
  tcase_add_test(session, a_caller_that_is_not_asked_has_nothing_to_say);
  tcase_add_test(session, a_caller_has_a_time_to_begin);
  tcase_add_test(session, who_is_refused_is_told_with_its_nonce);
  tcase_add_test(session, what_a_caller_may_choose);
  tcase_add_test(session, what_a_caller_may_not);
  tcase_add_test(session, nothing_is_told_of_others);
  suite_add_tcase(suite, session);
  TCase* caller = tcase_create("caller");
  tcase_add_test(caller, a_caller_is_who_the_kernel_says);
  tcase_add_loop_test(caller, where_a_caller_is, 0, static_cast<int>(wheres().size()));
  tcase_add_test(caller, a_process_of_another_system_is_nowhere);
  tcase_add_test(caller, a_user_has_so_many_slots);
  suite_add_tcase(suite, caller);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
