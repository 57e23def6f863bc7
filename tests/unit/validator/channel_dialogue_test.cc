// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the validator says to the PAM module and hears from it: what the network or a card wrote does not
// spoil the log, and whatever is no answer is none.
#include "validator/engine/channel_dialogue.h"

#include "tests/unit/support/check_main.h"
#include "validator/engine/record.h"

#include <array>
#include <functional>
#include <thread>

#include <sys/socket.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;

// A login that has begun.
struct Ends {
  Ends() { ck_assert(module->send(Start{}, Deadline::after(1s)) && validator.receive(Deadline::after(1s))); }
  static std::array<UniqueFd, 2> pair() {
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
  template <class Wanted>
  std::optional<Wanted> next() {
    auto message = module->receive(Deadline::after(1s));
    auto* const wanted = message ? std::get_if<Wanted>(&*message) : nullptr;
    return wanted == nullptr ? std::nullopt : std::optional<Wanted>(std::move(*wanted));
  }

  std::array<UniqueFd, 2> ends = pair();
  std::optional<Channel> module{std::in_place, std::move(ends[0])};
  Channel validator{std::move(ends[1])};
};

START_TEST(a_long_line_does_not_end_the_login) {
  Ends ends;
  engine::ChannelDialogue dialogue(ends.validator, false);
  std::string text(4085, 'x');
  for (int i = 0; i < 4000; ++i) text += "\xe3\x81\x82";  // あ
  dialogue.log(LogLevel::kWarning, text);
  dialogue.log(LogLevel::kInfo, std::string(4096, 'y'));
  dialogue.log(LogLevel::kInfo, std::string(4097, 'z'));
  ck_assert(ends.next<LogLine>()->text == std::string(4085, 'x') + "\xe3\x81\x82 [cut]");
  ck_assert(ends.next<LogLine>()->text == std::string(4096, 'y'));
  ck_assert(ends.next<LogLine>()->text == std::string(4090, 'z') + " [cut]");
  ck_assert(dialogue.pause(0ms));
}
END_TEST

START_TEST(details_are_told_where_they_are_wanted) {
  for (const bool debug : {false, true}) {
    Ends ends;
    engine::ChannelDialogue dialogue(ends.validator, debug);
    dialogue.log(LogLevel::kDebug, "detail");
    dialogue.log(LogLevel::kInfo, "line");
    if (debug) ck_assert(ends.next<LogLine>()->text == "detail");
    ck_assert(ends.next<LogLine>()->text == "line");
  }
}
END_TEST

START_TEST(a_pause_ends_with_the_connection) {
  Ends ends;
  engine::ChannelDialogue dialogue(ends.validator, false);
  ck_assert(dialogue.pause(1ms) && dialogue.pause(1ms));
  ends.module.reset();
  ck_assert(!dialogue.pause(60s) && !dialogue.pause(60s));
  ck_assert(dialogue.ask_pin({}).error() == Verdict::kCancelled);
}
END_TEST

// The answers stand in the socket before the question does: a module that is quick.
Verdict refused(const std::function<void(Channel&)>& answer, bool card_leaves = false) {
  Ends ends;
  const auto gone = Ends::pair();
  engine::ChannelDialogue dialogue(ends.validator, false);
  dialogue.end_question_by(gone[0].get());
  if (card_leaves) ck_assert_int_eq(::shutdown(gone[1].get(), SHUT_RDWR), 0);
  std::thread module([&] {
    ck_assert(ends.next<AskPin>().has_value());
    answer(*ends.module);
    ends.module.reset();
  });
  const auto reply = dialogue.ask_pin({});
  module.join();
  return reply ? Verdict::kAccepted : reply.error();
}

START_TEST(what_is_no_pin_is_a_reason) {
  const auto say = [](auto make) {
    return [make](Channel& channel) { (void)channel.send(make(), Deadline::after(1s)); };
  };
  const auto pin = say([] { return PinReply{*Secret::copy_of(as_bytes("1234"))}; });
  ck_assert(refused(pin) == Verdict::kAccepted);
  ck_assert(refused(say([] { return Cancel{Verdict::kTimeout}; })) == Verdict::kTimeout);
  ck_assert(refused(say([] { return Cancel{Verdict::kAccepted}; })) == Verdict::kCancelled);
  ck_assert(refused([](Channel&) {}) == Verdict::kCancelled);
  ck_assert(refused(pin, true) == Verdict::kCardRemoved);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("channel dialogue");
  TCase* t = tcase_create("channel dialogue");
  for (const auto* test : {a_long_line_does_not_end_the_login, details_are_told_where_they_are_wanted,
                           a_pause_ends_with_the_connection, what_is_no_pin_is_a_reason})
    tcase_add_test(t, test);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
