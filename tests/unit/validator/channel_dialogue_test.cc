// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the validator says to the PAM module and hears from it: what the network or a card wrote does not
// spoil the log, and whatever is no answer is none.
#include "validator/engine/channel_dialogue.h"

#include "tests/unit/support/check_main.h"
#include "tests/unit/support/process_state.h"
#include "validator/engine/record.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using test::state_of;

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

// Only continuation bytes: no whole character remains.
START_TEST(what_is_no_text_is_cut_as_well) {
  Ends ends;
  engine::ChannelDialogue dialogue(ends.validator, false);
  dialogue.log(LogLevel::kInfo, std::string(5000, '\x80'));
  ck_assert(ends.next<LogLine>()->text == " [cut]");
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

std::atomic<int> signals = 0;  // counted by a handler, read by the other thread

START_TEST(a_signal_does_not_answer_for_the_person) {
  struct sigaction action {};
  action.sa_handler = [](int) { ++signals; };  // without SA_RESTART
  ck_assert_int_eq(::sigaction(SIGUSR1, &action, nullptr), 0);
  Ends ends;
  const auto gone = Ends::pair();
  engine::ChannelDialogue dialogue(ends.validator, false);
  dialogue.end_question_by(gone[0].get());
  std::thread card([&, asking = ::gettid(), handle = ::pthread_self()] {
    ck_assert(ends.next<AskPin>().has_value());
    while (state_of(asking) != 'S') std::this_thread::yield();
    ck_assert_int_eq(::pthread_kill(handle, SIGUSR1), 0);
    while (signals == 0 || state_of(asking) != 'S') std::this_thread::yield();
    ck_assert_int_eq(::shutdown(gone[1].get(), SHUT_RDWR), 0);
    ends.module.reset();
  });
  const auto reply = dialogue.ask_pin({});
  card.join();
  ck_assert(!reply && reply.error() == Verdict::kCardRemoved);
}
END_TEST

START_TEST(a_card_is_named_by_its_place) {
  Ends ends;
  engine::ChannelDialogue dialogue(ends.validator, false);
  std::thread module([&] {
    ck_assert(ends.next<AskCard>().has_value());
    ck_assert(ends.module->send(CardReply{1}, Deadline::after(1s)).has_value());
  });
  const auto place = dialogue.ask_card({std::vector<OfferedCard>(2)});
  module.join();
  ck_assert(place && *place == 1);
}
END_TEST

START_TEST(a_ticket_is_handed_over_in_parts) {
  Ends ends;
  engine::ChannelDialogue dialogue(ends.validator, false);
  std::thread module([&] {
    ck_assert(ends.next<AskPin>().has_value());
    ck_assert(ends.module->send(PinReply{*Secret::copy_of(as_bytes("1234"))}, Deadline::after(1s)));
  });
  ck_assert(dialogue.ask_pin({}).has_value());
  module.join();
  Blob ticket(2 * kMaxTicketPart + 1);
  for (std::size_t i = 0; i < ticket.size(); ++i) ticket[i] = static_cast<std::uint8_t>(i / 7);
  dialogue.ticket(ticket);
  dialogue.ticket({});  // none is no part
  dialogue.log(LogLevel::kInfo, "the end");
  Blob told;
  for (const std::size_t size : {kMaxTicketPart, kMaxTicketPart, std::size_t{1}}) {
    const auto part = ends.next<TicketPart>();
    ck_assert(part && part->bytes.size() == size);
    append_bytes(told, part->bytes);
  }
  ck_assert(told == ticket);
  ck_assert(ends.next<LogLine>()->text == "the end");
}
END_TEST

// --- the record ----------------------------------------------------------------------------------------
START_TEST(a_record_of_nothing) {
  const engine::Record record;
  ck_assert(record.line(Verdict::kNoCard) == "evidence for " + code_of(Verdict::kNoCard) +
                                                 ": kind=- anchor=- revocation=- certificate=- steps=");
}
END_TEST

START_TEST(why_a_source_failed_is_told_once) {
  engine::Record record;
  record.sources = {{"platform", 0, "JPKI-403", "stale"}, {"crl", 1, "good", ""}};
  ck_assert(record.line(Verdict::kAccepted).ends_with(" steps= platform=JPKI-403(\"stale\") crl/1=good"));
  record.cause = "platform: stale";
  ck_assert(record.line(Verdict::kRevocationUnknown)
                .ends_with(" steps= platform=JPKI-403 crl/1=good cause=\"platform: stale\""));
}
END_TEST

// Waits longer than rounding to milliseconds can hide.
void let_time_pass() {
  const auto end = Deadline::ClockType::now() + 5ms;
  while (Deadline::ClockType::now() < end) continue;
}

START_TEST(a_step_ends_where_the_next_begins) {
  engine::Record record;
  for (const Step step : {Step::kReadingCard, Step::kSigning, Step::kClosing}) {
    record.begin(step);
    let_time_pass();
  }
  const auto now = Deadline::ClockType::now();
  record.sources = {{"crl", 0, "good", "", now, now}};
  const std::string line = record.line(Verdict::kAccepted);
  int began[5]{};
  int took[3]{};
  const int fields =
      std::sscanf(line.c_str(),
                  "evidence for JPKI-000: kind=- anchor=- revocation=- certificate=- "
                  "steps=reading-card:+%dms/%dms,signing:+%dms/%dms,closing:+%dms/%dms "
                  "crl=asked:+%dms,answered:+%dms,good",
                  &began[0], &took[0], &began[1], &took[1], &began[2], &took[2], &began[3], &began[4]);
  ck_assert_msg(fields == 8 && line.ends_with("ms,good"), "%s", line.c_str());
  ck_assert_int_eq(began[0], 0);
  for (const int i : {0, 1})
    ck_assert_msg(took[i] >= 5 && std::abs(began[i + 1] - began[i] - took[i]) <= 1, "%s", line.c_str());
  ck_assert_msg(took[2] >= 5 && began[3] >= began[2] + 4 && began[3] <= began[2] + took[2] + 1, "%s",
                line.c_str());
  ck_assert_int_eq(began[3], began[4]);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("channel dialogue");
  TCase* t = tcase_create("channel dialogue");
  for (const auto* test :
       {a_long_line_does_not_end_the_login, details_are_told_where_they_are_wanted,
        a_pause_ends_with_the_connection, what_is_no_pin_is_a_reason, what_is_no_text_is_cut_as_well,
        a_signal_does_not_answer_for_the_person, a_card_is_named_by_its_place,
        a_ticket_is_handed_over_in_parts, a_record_of_nothing, why_a_source_failed_is_told_once,
        a_step_ends_where_the_next_begins})
    tcase_add_test(t, test);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
