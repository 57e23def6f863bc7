// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A question over the socket: what ends it, and what happens while it is open.
#include "validator/engine/channel_dialogue.h"

#include "tests/unit/support/check_main.h"

#include <array>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;

AskPin pin() {
  AskPin question;
  question.account = "taro";
  return question;
}

struct Question {
  static std::pair<UniqueFd, UniqueFd> socket_pair() {
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
  explicit Question(std::pair<UniqueFd, UniqueFd> ends = socket_pair())
      : module(std::move(ends.first)), validator(std::move(ends.second)) {
    ck_assert(module.send(Start{}, Deadline::after(1s)) && validator.receive(Deadline::after(1s)));
  }

  Channel module;
  Channel validator;
  engine::ChannelDialogue dialogue{validator, false};
  UniqueFd departure{::eventfd(0, EFD_CLOEXEC)};
  int late = 0;

  // Also before the question, which a Channel would not send.
  void answer(const Message& reply = PinReply{*Secret::copy_of(as_bytes("1234")), false}) const {
    std::array<std::uint8_t, 4 + kMaxFrame> frame{};
    const auto size = encode(reply, frame);
    ck_assert(size && ::write(module.fd(), frame.data(), *size) == static_cast<ssize_t>(*size));
  }
  void card_leaves() const {
    const std::uint64_t one = 1;
    ck_assert_int_eq(::write(departure.get(), &one, sizeof one), sizeof one);
  }
  // Answered, or by the card's departure ended, as soon as it was late.
  Expected<PinReply, Verdict> ask(std::chrono::milliseconds span, const std::function<void()>& then) {
    dialogue.end_question_by(departure.get());
    dialogue.unless_answered_within(span, [this, then] {
      ++late;
      then();
    });
    return dialogue.ask_pin(pin());
  }
};

START_TEST(who_answers_in_time_is_not_late) {
  Question question;
  question.answer();
  ck_assert(question.ask(1h, [] {}).has_value());
  ck_assert_int_eq(question.late, 0);
}
END_TEST

START_TEST(who_thinks_longer_is_waited_for) {
  Question question;
  ck_assert(question.ask(1ms, [&] { question.answer(); }).has_value());
  ck_assert_int_eq(question.late, 1);
}
END_TEST

START_TEST(it_is_for_one_question_alone) {
  Question question;
  int late = 0;
  question.dialogue.unless_answered_within(1ms, [&] { ++late; });
  question.answer(CardReply{0});
  ck_assert(question.dialogue.ask_card({.cards = {{}, {}}}).has_value());
  const UniqueFd card_that_leaves(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  const itimerspec soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 50'000'000}};
  ck_assert_int_eq(::timerfd_settime(card_that_leaves.get(), 0, &soon, nullptr), 0);
  question.dialogue.end_question_by(card_that_leaves.get());
  ck_assert(!question.dialogue.ask_pin(pin()).has_value());
  ck_assert_int_eq(late, 0);
}
END_TEST

START_TEST(a_card_that_leaves_ends_it_late_or_not) {
  Question early;
  early.card_leaves();
  early.answer();  // too late
  const auto gone = early.ask(1h, [] {});
  ck_assert(!gone && gone.error() == Verdict::kCardRemoved && early.late == 0);
  Question late;
  const auto lifted = late.ask(1ms, [&] { late.card_leaves(); });
  ck_assert(!lifted && lifted.error() == Verdict::kCardRemoved && late.late == 1);
}
END_TEST

START_TEST(whoever_hangs_up_is_not_waited_for) {
  Question question;
  ck_assert_int_eq(::shutdown(question.module.fd(), SHUT_RDWR), 0);
  const auto none = question.ask(1h, [] {});
  ck_assert(!none && none.error() == Verdict::kCancelled && question.late == 0);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("channel dialogue");
  TCase* t = tcase_create("channel dialogue");
  tcase_add_test(t, who_answers_in_time_is_not_late);
  tcase_add_test(t, who_thinks_longer_is_waited_for);
  tcase_add_test(t, it_is_for_one_question_alone);
  tcase_add_test(t, a_card_that_leaves_ends_it_late_or_not);
  tcase_add_test(t, whoever_hangs_up_is_not_waited_for);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
