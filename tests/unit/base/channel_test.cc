// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/channel.h"

#include "tests/unit/base/sample_messages.h"

#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;

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

// What the handler of SIGALRM writes, and where.
int late_socket = -1;
Blob late_bytes;
void write_late(int) {
  [[maybe_unused]] const ssize_t written = ::write(late_socket, late_bytes.data(), late_bytes.size());
}

// How much of the frame is there at first; negative: from its end.
const int kCuts[] = {1, 3, 4, 9, -1};

START_TEST(a_wait_goes_on_after_a_signal_until_the_rest_is_there) {
  Pair pair;
  const Blob frame = encoded(sample(0));
  const auto cut = kCuts[_i] > 0 ? frame.begin() + kCuts[_i] : frame.end() + kCuts[_i];
  raw_write(pair.far, Blob(frame.begin(), cut));
  late_socket = pair.far.get();
  late_bytes.assign(cut, frame.end());
  struct sigaction action {};
  action.sa_handler = write_late;
  ck_assert_int_eq(::sigaction(SIGALRM, &action, nullptr), 0);
  itimerval timer{};
  timer.it_value.tv_usec = 20000;
  ck_assert_int_eq(::setitimer(ITIMER_REAL, &timer, nullptr), 0);
  const auto got = pair.near->receive(Deadline::after(std::chrono::seconds(60)));
  ck_assert(got.has_value());
  ck_assert(encoded(*got) == frame);
}
END_TEST

// The reader is another process; its status says whether it read the same octets.
START_TEST(a_frame_larger_than_the_socket_takes_at_once_arrives_whole) {
  Pair pair;
  const int small = 4096;
  ck_assert_int_eq(::setsockopt(pair.near->fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  std::string text;
  while (text.size() < kMaxFrame - 4) text += static_cast<char>('a' + text.size() % 23);
  const LogLine largest{LogLevel::kInfo, text};
  Blob expected = encoded(sample(0));
  for (int times = 0; times < 5; ++times) {
    const Blob frame = encoded(largest);
    expected.insert(expected.end(), frame.begin(), frame.end());
  }
  const pid_t reader = ::fork();
  if (reader == 0) {
    Blob got(expected.size());
    std::size_t have = 0;
    while (have < got.size()) {
      const ssize_t n = ::read(pair.far.get(), got.data() + have, got.size() - have);
      if (n <= 0) break;
      have += static_cast<std::size_t>(n);
    }
    ::_exit(have == got.size() && got == expected ? 0 : 1);
  }
  ck_assert(pair.near->send(sample(0), Deadline::never()).has_value());
  for (int times = 0; times < 5; ++times)
    ck_assert(pair.near->send(largest, Deadline::after(std::chrono::seconds(60))).has_value());
  int status = 0;
  ck_assert_int_eq(::waitpid(reader, &status, 0), reader);
  ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(the_largest_frame_is_received) {
  Pair pair;
  const LogLine largest{LogLevel::kInfo, std::string(kMaxFrame - 4, 'x')};
  raw_write(pair.far, encoded(sample(0)));
  raw_write(pair.far, encoded(largest));
  ck_assert(pair.near->receive(Deadline::never()).has_value());
  const auto got = pair.near->receive(Deadline::never());
  ck_assert(got.has_value());
  ck_assert(std::get<LogLine>(*got).text == largest.text);
}
END_TEST

START_TEST(a_reader_that_is_gone_closes_the_channel) {
  Pair pair;
  pair.far.reset();
  const auto sent = pair.near->send(sample(0), Deadline::never());
  ck_assert(!sent.has_value() && sent.error() == WireError::kClosed);  // EPIPE
  Pair unread;
  ck_assert(unread.near->send(sample(0), Deadline::never()).has_value());
  unread.far.reset();
  const auto got = unread.near->receive(Deadline::never());
  ck_assert(!got.has_value() && got.error() == WireError::kClosed);  // ECONNRESET: what was sent was not read
}
END_TEST

START_TEST(what_is_no_socket_is_an_input_or_output_error) {
  int fds[2];
  ck_assert_int_eq(::pipe2(fds, O_CLOEXEC), 0);
  Channel reading{UniqueFd(fds[0])};
  const auto got = reading.receive(Deadline::never());
  ck_assert(!got.has_value() && got.error() == WireError::kIo);
  Channel writing{UniqueFd(fds[1])};
  const auto sent = writing.send(sample(0), Deadline::never());
  ck_assert(!sent.has_value() && sent.error() == WireError::kIo);
}
END_TEST

Suite* channel_suite() {
  Suite* suite = suite_create("channel");
  TCase* channel = tcase_create("channel");
  tcase_add_test(channel, a_channel_carries_messages_and_tells_the_end);
  tcase_add_test(channel, a_frame_that_stops_half_way_times_out);
  tcase_add_loop_test(channel, a_wait_goes_on_after_a_signal_until_the_rest_is_there, 0,
                      static_cast<int>(std::size(kCuts)));
  tcase_add_test(channel, a_frame_larger_than_the_socket_takes_at_once_arrives_whole);
  tcase_add_test(channel, the_largest_frame_is_received);
  tcase_add_test(channel, a_reader_that_is_gone_closes_the_channel);
  tcase_add_test(channel, what_is_no_socket_is_an_input_or_output_error);
  tcase_add_test(channel, impossible_lengths_are_malformed_before_anything_is_read);
  tcase_add_test(channel, a_message_out_of_order_is_unexpected);
  tcase_add_test(channel, sending_to_a_reader_that_never_reads_times_out);
  suite_add_tcase(suite, channel);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(channel_suite());
}
