// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/protocol.h"

#include "tests/unit/base/sample_messages.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;

START_TEST(decoding_restores_what_was_encoded) {
  const Blob frame = encoded(sample(_i));
  const auto message = decode(Bytes(frame).subspan(4));
  ck_assert(message.has_value());
  ck_assert_int_eq(static_cast<int>(message->index()), _i);
  ck_assert(encoded(*message) == frame);
}
END_TEST

START_TEST(every_truncation_and_every_addition_is_malformed) {
  const Blob frame = encoded(sample(_i));
  const Bytes body = Bytes(frame).subspan(4);
  for (std::size_t size = 0; size < body.size(); ++size) ck_assert(!decode(body.first(size)).has_value());
  Blob longer = to_blob(body);
  longer.push_back(0);
  ck_assert(!decode(longer).has_value());
}
END_TEST

START_TEST(values_outside_their_range_are_malformed) {
  constexpr auto kLastStep = static_cast<std::uint8_t>(Step::kPinOnReader);
  const std::array<Blob, 6> frames = {
      Blob{0}, Blob{200}, Blob{18, 0}, Blob{18, kLastStep + 1}, Blob{17, 0, 0, 0}, Blob{17, 6, 0, 0}};
  for (const Blob& frame : frames) ck_assert(!decode(frame).has_value());
  ck_assert(decode(Blob{18, kLastStep}).has_value());
  Blob outcome = to_blob(Bytes(encoded(sample(6))).subspan(4));
  outcome[1] = 0x03;
  outcome[2] = 0xE7;  // verdict 999 does not exist
  ck_assert(!decode(outcome).has_value());
}
END_TEST

bool passes(Verdict verdict, const std::string& label) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.token_label = label;
  const auto decoded = decode(Bytes(encoded(outcome)).subspan(4));
  ck_assert(!decoded || std::get<Outcome>(*decoded).token_label == label);
  return decoded.has_value();
}

// It comes from a card and goes into the environment of a session.
START_TEST(only_a_label_of_a_good_login_passes) {
  ck_assert(passes(Verdict::kAccepted, ""));
  ck_assert(passes(Verdict::kAccepted, "JPKI (User Authentication PIN)"));
  ck_assert(passes(Verdict::kAccepted, std::string(32, '~')));
  ck_assert(passes(Verdict::kRevoked, ""));
  ck_assert(!passes(Verdict::kRevoked, "JPKI"));
  for (const char* label : {"JPKI ", " ", "a\nb", "a\tb", "a\x7f", "\x80", "カード"})
    ck_assert_msg(!passes(Verdict::kAccepted, label), "%s", label);
  ck_assert(!passes(Verdict::kAccepted, std::string(33, 'x')));
}
END_TEST

START_TEST(a_nul_in_a_text_is_malformed) {
  Blob line = to_blob(Bytes(encoded(LogLine{LogLevel::kInfo, "abc"})).subspan(4));
  line.back() = 0;
  ck_assert(!decode(line).has_value());
}
END_TEST

START_TEST(sessions_are_bounded) {
  Start start;
  for (const std::size_t count : {std::size_t{0}, kMostCardSessions, kMostCardSessions + 1}) {
    start.sessions.assign(count, {.boot = std::string(kMaxCardSessionText, 'b'), .factors = "card+pin"});
    const auto message = decode(Bytes(encoded(start)).subspan(4));
    ck_assert(message.has_value() == (count <= kMostCardSessions));
    if (message) ck_assert(std::get<Start>(*message).sessions == start.sessions);
  }
  for (const std::size_t size : {kMaxCardSessionText, kMaxCardSessionText + 1}) {
    for (const CardSession& session : {CardSession{.boot = std::string(size, 'b'), .factors = {}},
                                       CardSession{.boot = {}, .factors = std::string(size, 'f')}}) {
      start.sessions = {session};
      ck_assert_int_eq(decode(Bytes(encoded(start)).subspan(4)).has_value(), size == kMaxCardSessionText);
    }
  }
  // The last four bytes: what is wanted, same_card, no sessions, no remote_session.
  Blob frame = to_blob(Bytes(encoded(Start{})).subspan(4));
  for (std::uint8_t purpose = 0; purpose <= 5; ++purpose) {
    frame[frame.size() - 4] = purpose;
    ck_assert(decode(frame).has_value() == (purpose >= 1 && purpose <= 4));
  }
}
END_TEST

START_TEST(a_used_card_is_there_or_not) {
  Outcome outcome = std::get<Outcome>(sample(6));
  for (const std::size_t size : {std::size_t{0}, kMaxReaderName, kMaxReaderName + 1}) {
    outcome.card->reader = std::string(size, 'x');
    const auto message = decode(Bytes(encoded(outcome)).subspan(4));
    ck_assert(message.has_value() == (size <= kMaxReaderName));
    if (message) ck_assert(std::get<Outcome>(*message).card == outcome.card);
  }
  outcome.card.reset();
  Blob frame = to_blob(Bytes(encoded(outcome)).subspan(4));
  ck_assert(!std::get<Outcome>(*decode(frame)).card);
  frame.back() = 2;  // neither
  ck_assert(!decode(frame).has_value());
}
END_TEST

START_TEST(a_message_that_does_not_fit_is_too_large) {
  std::array<std::uint8_t, kMaxFrame + 4> buffer;
  ck_assert(encode(LogLine{LogLevel::kInfo, std::string(kMaxFrame - 4, 'x')}, buffer).has_value());
  const auto size = encode(LogLine{LogLevel::kInfo, std::string(kMaxFrame - 3, 'x')}, buffer);
  ck_assert(!size.has_value() && size.error() == WireError::kTooLarge);
  const auto huge = encode(LogLine{LogLevel::kInfo, std::string(70000, 'x')}, buffer);
  ck_assert(!huge.has_value() && huge.error() == WireError::kTooLarge);
}
END_TEST

// Whatever room there is: nothing is written behind it.
START_TEST(a_message_has_the_room_that_it_is_given) {
  const Blob frame = encoded(sample(4));
  Blob out(frame.size() + 1, 0xEE);
  const auto written = encode(sample(4), std::span(out).first(frame.size()));
  ck_assert(written && *written == frame.size() && out.back() == 0xEE);
  ck_assert(std::equal(frame.begin(), frame.end(), out.begin()));
  for (std::size_t room = 0; room < frame.size(); ++room) {
    std::ranges::fill(out, std::uint8_t{0xEE});
    const auto size = encode(sample(4), std::span(out).first(room));
    ck_assert(!size && size.error() == WireError::kTooLarge);
    ck_assert(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(),
                          [](std::uint8_t octet) { return octet == 0xEE; }));
  }
}
END_TEST

// Each by itself.
START_TEST(what_is_set_with_an_accepted_login_alone) {
  void (*const sets[])(Outcome&) = {
      [](Outcome& o) { o.overlap_days = 14; },
      [](Outcome& o) { o.token_label = "JPKI"; },
      [](Outcome& o) { o.card = UsedCard{.reader = "R", .mark = {}}; },
      [](Outcome& o) { o.no_ticket = Verdict::kTicketClock; },
      [](Outcome& o) { o.ticket_required = true; },
      [](Outcome& o) { o.registrable = "X509:<SHA1-PUKEY>00"; },
      [](Outcome& o) { o.other_card = true; },
  };
  for (auto* const set : sets) {
    for (const Verdict verdict : {Verdict::kAccepted, Verdict::kRevoked}) {
      Outcome outcome;
      outcome.verdict = verdict;
      ck_assert(decode(Bytes(encoded(outcome)).subspan(4)).has_value());
      set(outcome);
      ck_assert_msg(decode(Bytes(encoded(outcome)).subspan(4)).has_value() == (verdict == Verdict::kAccepted),
                    "%td", &set - sets);
    }
  }
  Outcome outcome;
  outcome.verdict = Verdict::kAccepted;
  outcome.no_ticket = Verdict::kAccepted;  // which is no reason
  ck_assert(!decode(Bytes(encoded(outcome)).subspan(4)).has_value());
}
END_TEST

START_TEST(only_the_documented_order_is_accepted) {
  ProtocolOrder order;
  for (const int message : {0, 5, 4, 1, 2, 5, 4}) ck_assert(order.accept(sample(message)));
  ck_assert(!order.finished());
  ck_assert(order.accept(sample(6)));
  ck_assert(order.finished());
  for (int message = 0; message < kSamples; ++message) ck_assert(!order.accept(sample(message)));
}
END_TEST

START_TEST(a_second_prompt_and_an_unasked_pin_are_refused) {
  ProtocolOrder twice;
  for (const int message : {0, 1, 2}) ck_assert(twice.accept(sample(message)));
  ck_assert(!twice.accept(sample(1)));
  ProtocolOrder unasked;
  ck_assert(unasked.accept(sample(0)));
  ck_assert(!unasked.accept(sample(2)));
  ck_assert(!unasked.accept(sample(6)));  // broken for good
}
END_TEST

// One card is no choice, and ten cannot be told by one digit.
START_TEST(a_choice_is_between_two_and_nine) {
  for (const std::size_t count : {0, 1, 2, 9, 10, 255}) {
    const Blob frame = encoded(AskCard{std::vector<OfferedCard>(count)});
    const bool good = count >= 2 && count <= kMostOfferedCards;
    ck_assert_int_eq(decode(Bytes(frame).subspan(4)).has_value(), good);
  }
  ck_assert(!decode(Blob{20, 2, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0}).has_value());  // no kind of card
}
END_TEST

// Its card left: the validator waits for no answer.
START_TEST(a_validator_may_end_while_it_waits_for_a_pin) {
  ProtocolOrder order;
  for (const int message : {0, 1, 5, 4, 6}) ck_assert(order.accept(sample(message)));
  ck_assert(order.finished());
  ProtocolOrder again;
  for (const int message : {0, 1, 5}) ck_assert(again.accept(sample(message)));
  ck_assert(!again.accept(sample(1)));
}
END_TEST

START_TEST(a_ticket_comes_in_parts_after_the_pin) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMaxTicketPart, kMaxTicketPart + 1}) {
    const Blob frame = encoded(TicketPart{Blob(size, 7)});
    ck_assert_int_eq(decode(Bytes(frame).subspan(4)).has_value(), size > 0 && size <= kMaxTicketPart);
  }
  ProtocolOrder order;
  for (const int message : {0, 1, 2, 9, 5, 9, 6}) ck_assert(order.accept(sample(message)));
  for (const std::vector<int>& before : {std::vector<int>{}, {0}, {0, 1}, {0, 7}, {0, 7, 8}, {0, 1, 2, 6}}) {
    ProtocolOrder early;
    for (const int message : before) ck_assert(early.accept(sample(message)));
    ck_assert(!early.accept(sample(9)));
  }
}
END_TEST

// Why there is no ticket is told of a login that is accepted, and of no other.
START_TEST(a_missing_ticket_is_told_of_good_logins) {
  Outcome outcome;
  outcome.verdict = Verdict::kAccepted;
  outcome.no_ticket = Verdict::kTicketRefused;
  const auto good = decode(Bytes(encoded(outcome)).subspan(4));
  ck_assert(good && std::get<Outcome>(*good).no_ticket == Verdict::kTicketRefused);
  outcome.verdict = Verdict::kRevoked;
  ck_assert(!decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.no_ticket.reset();
  ck_assert(decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.ticket_required = true;
  ck_assert(!decode(Bytes(encoded(outcome)).subspan(4)).has_value());
}
END_TEST

START_TEST(a_certificate_comes_with_what_can_be_registered) {
  Outcome outcome;
  outcome.verdict = Verdict::kAccepted;
  ck_assert(decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.registrable_certificate = {0x30};
  ck_assert(!decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.registrable = "X509:<SHA1-PUKEY>00";
  ck_assert(decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.registrable_certificate = Blob(kMaxRegistrableDer, 7);
  ck_assert(decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.registrable_certificate.push_back(7);
  ck_assert(!decode(Bytes(encoded(outcome)).subspan(4)).has_value());
  outcome.registrable_certificate.clear();
  for (const std::size_t size : {kMaxRegistrable, kMaxRegistrable + 1}) {
    outcome.registrable = std::string(size, 'x');
    ck_assert_int_eq(decode(Bytes(encoded(outcome)).subspan(4)).has_value(), size == kMaxRegistrable);
  }
}
END_TEST

START_TEST(a_card_is_chosen_once_and_before_the_pin) {
  ProtocolOrder order;
  for (const int message : {0, 5, 7, 8, 5, 4, 1, 2, 5, 6}) ck_assert(order.accept(sample(message)));
  ck_assert(order.finished());
  struct Case {
    std::vector<int> before;
    int wrong;
  };
  for (const Case& c :
       {Case{{0}, 8}, Case{{0, 7}, 7}, Case{{0, 7}, 1}, Case{{0, 7}, 2}, Case{{0, 7}, 5}, Case{{0, 7}, 6},
        Case{{0, 7, 8}, 7}, Case{{0, 7, 8}, 8}, Case{{0, 7, 8}, 2}, Case{{0, 7, 8}, 3}, Case{{0, 7, 3}, 1},
        Case{{0, 7, 3}, 7}, Case{{0, 1}, 8}, Case{{0, 1}, 7}, Case{{0, 1, 2}, 7}}) {
    ProtocolOrder other;
    for (const int message : c.before) ck_assert(other.accept(sample(message)));
    ck_assert(!other.accept(sample(c.wrong)));
  }
  ProtocolOrder cancelled;
  for (const int message : {0, 7, 3, 4, 6}) ck_assert(cancelled.accept(sample(message)));
}
END_TEST

START_TEST(the_pin_form_counts_bytes_and_digits) {
  const PinForm four{.min_length = 4, .max_length = 4, .digits_only = true};
  for (const char* good : {"0000", "1234", "9999"}) ck_assert(four.accepts(as_bytes(good)));
  for (const char* bad : {"", "123", "12345", "12a4", "１２３４", "12 4", "12/4", "12:4"})
    ck_assert(!four.accepts(as_bytes(bad)));
  const PinForm loose{.min_length = 6, .max_length = 16, .digits_only = false};
  ck_assert(loose.accepts(as_bytes("ABC123")));
  ck_assert(!loose.accepts(as_bytes("ABC12")));
  const PinForm ascii{.min_length = 1, .max_length = 20, .digits_only = false, .ascii_only = true};
  for (const char* good : {"Ab 1~", " "}) ck_assert(ascii.accepts(as_bytes(good)));
  for (const char* bad : {"ＡＢＣ１２３", "a\x1f", "a\x7f", ""}) ck_assert(!ascii.accepts(as_bytes(bad)));
}
END_TEST

Suite* protocol_suite() {
  Suite* suite = suite_create("protocol");
  TCase* wire = tcase_create("wire");
  tcase_add_loop_test(wire, decoding_restores_what_was_encoded, 0, kSamples);
  tcase_add_loop_test(wire, every_truncation_and_every_addition_is_malformed, 0, kSamples);
  tcase_add_test(wire, values_outside_their_range_are_malformed);
  tcase_add_test(wire, only_a_label_of_a_good_login_passes);
  tcase_add_test(wire, a_nul_in_a_text_is_malformed);
  tcase_add_test(wire, a_certificate_comes_with_what_can_be_registered);
  tcase_add_test(wire, a_used_card_is_there_or_not);
  tcase_add_test(wire, sessions_are_bounded);
  tcase_add_test(wire, a_message_that_does_not_fit_is_too_large);
  tcase_add_test(wire, a_message_has_the_room_that_it_is_given);
  tcase_add_test(wire, what_is_set_with_an_accepted_login_alone);
  tcase_add_test(wire, a_choice_is_between_two_and_nine);
  tcase_add_test(wire, the_pin_form_counts_bytes_and_digits);
  suite_add_tcase(suite, wire);
  TCase* order = tcase_create("order");
  tcase_add_test(order, only_the_documented_order_is_accepted);
  tcase_add_test(order, a_validator_may_end_while_it_waits_for_a_pin);
  tcase_add_test(order, a_ticket_comes_in_parts_after_the_pin);
  tcase_add_test(order, a_missing_ticket_is_told_of_good_logins);
  tcase_add_test(order, a_card_is_chosen_once_and_before_the_pin);
  tcase_add_test(order, a_second_prompt_and_an_unasked_pin_are_refused);
  suite_add_tcase(suite, order);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(protocol_suite());
}
