// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/protocol.h"

#include "base/channel.h"
#include "tests/unit/support/check_main.h"

#include <array>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;

Secret secret(std::string_view text) {
  return *Secret::copy_of(as_bytes(text));
}

Start sample_start() {
  Start start;
  start.nonce.fill(0xA5);
  start.service = "login";
  start.user = "taro";
  start.host = "terminal-7";
  start.terminal = "tty1";
  start.config_file = "/etc/jpki/jpki.toml";
  start.wait_for_card_ms = 5000;
  start.timeout_ms = 0xFFFFFFFF;
  start.debug = true;
  return start;
}

// One message of each type; the index is the loop variable.
Message sample(int index) {
  switch (index) {
    case 0:
      return sample_start();
    case 1:
      return AskPin{"taro", {.min_length = 4, .max_length = 12, .digits_only = false}, std::uint8_t{2}, 3};
    case 2:
      return PinReply{secret("1234"), true};
    case 3:
      return Cancel{Verdict::kLastTryNotConfirmed};
    case 4:
      return LogLine{LogLevel::kWarning, "a line"};
    case 5:
      return StepReport{Step::kSigning};
    default: {
      Outcome outcome;
      outcome.verdict = Verdict::kPinIncorrect;
      outcome.nonce.fill(7);
      outcome.account = "taro";
      outcome.tries_left = 1;
      outcome.certificate_pseudonym = "00112233";
      return outcome;
    }
  }
}
constexpr int kSamples = 7;

Blob encoded(const Message& message) {
  std::array<std::uint8_t, kMaxFrame + 4> buffer;
  const auto size = encode(message, buffer);
  ck_assert(size.has_value());
  return Blob(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size));
}

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
  const std::array<Blob, 6> frames = {Blob{0},      Blob{200},         Blob{18, 0},
                                      Blob{18, 15}, Blob{17, 0, 0, 0}, Blob{17, 6, 0, 0}};
  for (const Blob& frame : frames) ck_assert(!decode(frame).has_value());
  ck_assert(decode(Blob{18, 14}).has_value());
  Blob outcome = to_blob(Bytes(encoded(sample(6))).subspan(4));
  outcome[1] = 0x03;
  outcome[2] = 0xE7;  // verdict 999 does not exist
  ck_assert(!decode(outcome).has_value());
}
END_TEST

START_TEST(a_nul_in_a_text_is_malformed) {
  Blob line = to_blob(Bytes(encoded(LogLine{LogLevel::kInfo, "abc"})).subspan(4));
  line.back() = 0;
  ck_assert(!decode(line).has_value());
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

START_TEST(the_pin_form_counts_bytes_and_digits) {
  const PinForm four{.min_length = 4, .max_length = 4, .digits_only = true};
  for (const char* good : {"0000", "1234"}) ck_assert(four.accepts(as_bytes(good)));
  for (const char* bad : {"", "123", "12345", "12a4", "１２３４", "12 4"})
    ck_assert(!four.accepts(as_bytes(bad)));
  const PinForm loose{.min_length = 6, .max_length = 16, .digits_only = false};
  ck_assert(loose.accepts(as_bytes("ABC123")));
  ck_assert(!loose.accepts(as_bytes("ABC12")));
}
END_TEST

struct Pair {
  Pair() {
    int fds[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    near.emplace(UniqueFd(fds[0]));
    far = UniqueFd(fds[1]);
  }
  std::optional<Channel> near;
  UniqueFd far;
};

void raw_write(const UniqueFd& fd, const Blob& bytes) {
  ck_assert_int_eq(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

START_TEST(a_channel_carries_messages_and_tells_the_end) {
  int fds[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  Channel pam{UniqueFd(fds[0])};
  {
    Channel validator{UniqueFd(fds[1])};
    ck_assert(pam.send(sample(0), Deadline::never()).has_value());
    const auto start = validator.receive(Deadline::never());
    ck_assert(start.has_value() && std::holds_alternative<Start>(*start));
    ck_assert_str_eq(std::get<Start>(*start).host.c_str(), "terminal-7");
    ck_assert(validator.send(sample(1), Deadline::never()).has_value());
    ck_assert(pam.receive(Deadline::never()).has_value());
    ck_assert(pam.send(sample(2), Deadline::never()).has_value());
    const auto pin = validator.receive(Deadline::never());
    ck_assert(pin.has_value());
    ck_assert(as_text(std::get<PinReply>(*pin).pin.bytes()) == "1234");
  }
  const auto end = pam.receive(Deadline::never());
  ck_assert(!end.has_value() && end.error() == WireError::kClosed);
  const auto sent = pam.send(sample(5), Deadline::never());
  ck_assert(!sent.has_value());
}
END_TEST

START_TEST(a_frame_that_stops_half_way_times_out) {
  Pair pair;
  Blob frame = encoded(sample(0));
  frame.pop_back();
  raw_write(pair.far, frame);
  const auto got = pair.near->receive(Deadline::after(std::chrono::milliseconds(20)));
  ck_assert(!got.has_value() && got.error() == WireError::kTimeout);
}
END_TEST

START_TEST(impossible_lengths_are_malformed_before_anything_is_read) {
  for (const Blob& prefix : {Blob{0, 0, 0, 0}, Blob{0, 0, 0x20, 1}, Blob{0xFF, 0xFF, 0xFF, 0xFF}}) {
    Pair pair;
    raw_write(pair.far, prefix);
    const auto got = pair.near->receive(Deadline::never());
    ck_assert(!got.has_value() && got.error() == WireError::kMalformed);
  }
}
END_TEST

START_TEST(a_message_out_of_order_is_unexpected) {
  Pair pair;
  raw_write(pair.far, encoded(sample(6)));
  const auto got = pair.near->receive(Deadline::never());
  ck_assert(!got.has_value() && got.error() == WireError::kUnexpected);
}
END_TEST

START_TEST(sending_to_a_reader_that_never_reads_times_out) {
  Pair pair;
  const int small = 4096;  // the machine's default may be larger than all that is sent here
  ck_assert_int_eq(::setsockopt(pair.near->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  ck_assert(pair.near->send(sample(0), Deadline::never()).has_value());
  const LogLine line{LogLevel::kInfo, std::string(8000, 'x')};
  Expected<Unit, WireError> sent = Unit{};
  for (int i = 0; i < 1000 && sent; ++i)
    sent = pair.near->send(line, Deadline::after(std::chrono::milliseconds(5)));
  ck_assert(!sent.has_value() && sent.error() == WireError::kTimeout);
}
END_TEST

Suite* protocol_suite() {
  Suite* suite = suite_create("protocol");
  TCase* wire = tcase_create("wire");
  tcase_add_loop_test(wire, decoding_restores_what_was_encoded, 0, kSamples);
  tcase_add_loop_test(wire, every_truncation_and_every_addition_is_malformed, 0, kSamples);
  tcase_add_test(wire, values_outside_their_range_are_malformed);
  tcase_add_test(wire, a_nul_in_a_text_is_malformed);
  tcase_add_test(wire, a_message_that_does_not_fit_is_too_large);
  tcase_add_test(wire, the_pin_form_counts_bytes_and_digits);
  suite_add_tcase(suite, wire);
  TCase* order = tcase_create("order");
  tcase_add_test(order, only_the_documented_order_is_accepted);
  tcase_add_test(order, a_second_prompt_and_an_unasked_pin_are_refused);
  suite_add_tcase(suite, order);
  TCase* channel = tcase_create("channel");
  tcase_add_test(channel, a_channel_carries_messages_and_tells_the_end);
  tcase_add_test(channel, a_frame_that_stops_half_way_times_out);
  tcase_add_test(channel, impossible_lengths_are_malformed_before_anything_is_read);
  tcase_add_test(channel, a_message_out_of_order_is_unexpected);
  tcase_add_test(channel, sending_to_a_reader_that_never_reads_times_out);
  suite_add_tcase(suite, channel);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(protocol_suite());
}
