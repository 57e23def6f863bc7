// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-fetch does before and beside the answer: addresses, connections, patience.
#include "tests/unit/support/check_main.h"
#include "validator/fetch/program/connector.h"
#include "validator/fetch/program/speed_watch.h"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using fetch::Address;
using fetch::Connector;
using fetch::SpeedWatch;
using TimePoint = Connector::TimePoint;

std::uint16_t port_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ck_assert_int_eq(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

UniqueFd bound() {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  const Address any = *fetch::numeric_address("127.0.0.1", 0);
  ck_assert_int_eq(::bind(socket.get(), any.get(), any.size), 0);
  return socket;
}

UniqueFd listening(int backlog = 5) {
  UniqueFd socket = bound();
  ck_assert_int_eq(::listen(socket.get(), backlog), 0);
  return socket;
}

Address address_of(const UniqueFd& socket) {
  return *fetch::numeric_address("127.0.0.1", port_of(socket));
}

// Waits as PlainNetwork does, by a clock that starts with `now`.
Connector::State wait_for(Connector& connector, TimePoint now, std::chrono::milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  for (;;) {
    const auto state = connector.work(now);
    if (state != Connector::State::kConnecting || std::chrono::steady_clock::now() > end) return state;
    std::vector<pollfd> waited_for;
    connector.add_to(waited_for);
    if (::poll(waited_for.data(), waited_for.size(), static_cast<int>(longest.count())) == 0) return state;
  }
}

START_TEST(only_addresses_are_numeric) {
  ck_assert(fetch::numeric_address("127.0.0.1", 1)->get()->sa_family == AF_INET);
  ck_assert(fetch::numeric_address("[::1]", 1)->get()->sa_family == AF_INET6);
  for (const char* name : {"localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::1", "[]", ""})
    ck_assert_msg(!fetch::numeric_address(name, 1), "%s", name);
}
END_TEST

START_TEST(the_next_address_is_tried_when_one_refuses) {
  const UniqueFd closed = bound();
  const UniqueFd good = listening();
  Connector connector({address_of(closed), address_of(closed), address_of(good)});
  ck_assert(wait_for(connector, TimePoint{}, 10s) == Connector::State::kConnected);
  const UniqueFd connected = connector.take();
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  ck_assert_int_eq(::getpeername(connected.get(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
  ck_assert_uint_eq(ntohs(peer.sin_port), port_of(good));
}
END_TEST

START_TEST(nobody_there_is_told) {
  const UniqueFd closed = bound();
  Connector connector({address_of(closed), address_of(closed)});
  ck_assert(wait_for(connector, TimePoint{}, 10s) == Connector::State::kFailed);
}
END_TEST

// A listener whose queue is full lets SYNs drop.
START_TEST(the_next_address_is_tried_when_one_is_silent) {
  const UniqueFd silent = listening(0);
  std::vector<UniqueFd> queue;
  for (int i = 0; i < 4; ++i) {
    queue.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    const Address address = address_of(silent);
    ::connect(queue.back().get(), address.get(), address.size);
  }
  const UniqueFd good = listening();
  Connector connector({address_of(silent), address_of(good)});
  const TimePoint now{};
  ck_assert(wait_for(connector, now, 0ms) == Connector::State::kConnecting);
  ck_assert(connector.next_event() > now && connector.next_event() <= now + 300ms);
  ck_assert(wait_for(connector, connector.next_event(), 10s) == Connector::State::kConnected);
}
END_TEST

START_TEST(who_drips_is_too_slow_after_a_minute) {
  const TimePoint begin{};
  SpeedWatch watch(begin);
  bool slow = false;
  int seconds = 0;
  for (; !slow && seconds < 200; ++seconds) {
    watch.count(1000);
    slow = watch.too_slow(begin + std::chrono::seconds(seconds));
  }
  ck_assert_int_ge(seconds, 60);
  ck_assert_int_le(seconds, 70);
}
END_TEST

START_TEST(who_is_slow_now_and_then_is_not) {
  const TimePoint begin{};
  SpeedWatch watch(begin);
  for (int seconds = 0; seconds < 1000; ++seconds) {
    watch.count(seconds % 50 < 40 ? 0 : 2000);
    ck_assert(!watch.too_slow(begin + std::chrono::seconds(seconds)));
  }
}
END_TEST

START_TEST(silence_is_noticed_when_its_time_is_over) {
  const TimePoint begin{};
  SpeedWatch watch(begin);
  ck_assert(!watch.too_slow(watch.next_event() - 1ms));
  ck_assert(watch.too_slow(watch.next_event()));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("validator/fetch/program: connections");
  TCase* tests = tcase_create("connections");
  tcase_add_test(tests, only_addresses_are_numeric);
  tcase_add_test(tests, the_next_address_is_tried_when_one_refuses);
  tcase_add_test(tests, nobody_there_is_told);
  tcase_add_test(tests, the_next_address_is_tried_when_one_is_silent);
  tcase_add_test(tests, who_drips_is_too_slow_after_a_minute);
  tcase_add_test(tests, who_is_slow_now_and_then_is_not);
  tcase_add_test(tests, silence_is_noticed_when_its_time_is_over);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
