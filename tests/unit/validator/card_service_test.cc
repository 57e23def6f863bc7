// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is asked of pcscd directly, and the thread that waits for a card to go. The SCard functions are this
// program's own: a card service of readers that are changed here.
#include "validator/card/card_service.h"

#include "tests/unit/support/check_main.h"
#include "validator/card/departure.h"

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <poll.h>
#include <sys/resource.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using card::CardService;

constexpr DWORD kCard = SCARD_STATE_PRESENT;
constexpr char kPlugAndPlay[] = "\\\\?PnP?\\Notification";

// pcscd as libpcsclite shows it. Like there, a wait that has not begun is not cancelled.
struct Service {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, DWORD> readers;  // dwEventState
  DWORD plugged = 0;                     // of kPlugAndPlay
  std::set<SCARDCONTEXT> open;
  std::set<SCARDCONTEXT> waiting;
  std::set<SCARDCONTEXT> cancelled;
  SCARDCONTEXT last = 0;
  LONG at_establish = SCARD_S_SUCCESS;
  LONG at_list = SCARD_S_SUCCESS;
  LONG at_status = SCARD_S_SUCCESS;
  int waits = 0;   // that had to wait
  int strays = 0;  // calls with a context that is none
  int lists = 0;   // of readers, that were not freed

  void set(const std::string& reader, DWORD state) {
    const std::lock_guard lock(mutex);
    readers[reader] = state;
    changed.notify_all();
  }
  void await_wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return waits > 0; });
  }
};
Service service;

DWORD count(DWORD changes) {
  return changes << 16;
}

}  // namespace

extern "C" {

LONG SCardEstablishContext(DWORD scope, LPCVOID, LPCVOID, LPSCARDCONTEXT context) {
  const std::lock_guard lock(service.mutex);
  if (scope != SCARD_SCOPE_SYSTEM || service.at_establish != SCARD_S_SUCCESS) return service.at_establish;
  service.open.insert(*context = ++service.last);
  return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT context) {
  const std::lock_guard lock(service.mutex);
  service.strays += service.open.erase(context) == 0;
  return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR, LPSTR out, LPDWORD size) {
  const std::lock_guard lock(service.mutex);
  service.strays += !service.open.contains(context);
  if (service.at_list != SCARD_S_SUCCESS) return service.at_list;
  std::string names;
  for (const auto& [name, state] : service.readers) names += name + '\0';
  if (names.empty()) return static_cast<LONG>(SCARD_E_NO_READERS_AVAILABLE);
  if (*size != SCARD_AUTOALLOCATE) return static_cast<LONG>(SCARD_E_INVALID_PARAMETER);
  *size = static_cast<DWORD>(names.size() + 1);
  auto* const list = static_cast<char*>(std::malloc(*size));
  std::memcpy(list, names.c_str(), *size);
  std::memcpy(out, &list, sizeof list);
  ++service.lists;
  return SCARD_S_SUCCESS;
}

LONG SCardFreeMemory(SCARDCONTEXT context, LPCVOID memory) {
  const std::lock_guard lock(service.mutex);
  service.strays += !service.open.contains(context);
  --service.lists;
  std::free(const_cast<void*>(memory));
  return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE* states, DWORD many) {
  std::unique_lock lock(service.mutex);
  service.strays += !service.open.contains(context);
  if (service.at_status != SCARD_S_SUCCESS) return service.at_status;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
  const bool is_now = timeout == 0;
  for (;;) {
    bool differs = false;
    for (SCARD_READERSTATE& state : std::span(states, many)) {
      const bool of_list = std::strcmp(state.szReader, kPlugAndPlay) == 0;
      const auto reader = service.readers.find(state.szReader);
      if (!of_list && reader == service.readers.end()) return static_cast<LONG>(SCARD_E_UNKNOWN_READER);
      const DWORD is = of_list ? service.plugged : reader->second;
      const bool other = is != (state.dwCurrentState & ~DWORD{SCARD_STATE_CHANGED});
      state.dwEventState = is | (other ? SCARD_STATE_CHANGED : 0);
      differs = differs || other;
    }
    if (differs) return SCARD_S_SUCCESS;
    if (is_now) return static_cast<LONG>(SCARD_E_TIMEOUT);
    ++service.waits;
    service.waiting.insert(context);
    service.changed.notify_all();
    const auto ended = service.changed.wait_until(lock, end);
    service.waiting.erase(context);
    if (service.cancelled.erase(context) != 0) return static_cast<LONG>(SCARD_E_CANCELLED);
    if (ended == std::cv_status::timeout) return static_cast<LONG>(SCARD_E_TIMEOUT);
  }
}

LONG SCardCancel(SCARDCONTEXT context) {
  const std::lock_guard lock(service.mutex);
  service.strays += !service.open.contains(context);
  if (service.waiting.contains(context)) service.cancelled.insert(context);
  service.changed.notify_all();
  return SCARD_S_SUCCESS;
}

}  // extern "C"

namespace {

// All contexts are given back, once each, and no other one was used.
void assert_in_order() {
  const std::lock_guard lock(service.mutex);
  ck_assert(service.open.empty());
  ck_assert_int_eq(service.strays, 0);
  ck_assert_int_eq(service.lists, 0);
}

START_TEST(readers_are_told_with_what_they_hold) {
  service.readers = {{"A 00 00", kCard | count(3)},
                     {"B 00 00", SCARD_STATE_EMPTY | count(0xFFFF)},
                     {"C 00 00", kCard | SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE}};
  {
    const auto asked = CardService::connect();
    const auto readers = asked->readers();
    ck_assert(readers && readers->size() == 3);
    const auto& [a, b, c] = std::tie((*readers)[0], (*readers)[1], (*readers)[2]);
    ck_assert(a.name == "A 00 00" && a.holds_card && !a.held_by_other && a.changes == 3);
    ck_assert(b.name == "B 00 00" && !b.holds_card && b.changes == 0xFFFF);
    ck_assert(c.name == "C 00 00" && c.holds_card && c.held_by_other && c.changes == 0);
    const auto cards = asked->cards({});
    ck_assert(cards.size() == 2 && cards[0].reader == "A 00 00" && cards[0].changes == 3);
    const auto mine = asked->cards({.only = {"C"}});
    ck_assert(mine.size() == 1 && mine[0].reader == "C 00 00");
  }
  assert_in_order();
}
END_TEST

START_TEST(no_service_and_no_reader_are_told_apart) {
  {
    const auto asked = CardService::connect();
    ck_assert(asked->readers().error().verdict == Verdict::kNoReader);
    for (const LONG none : {SCARD_E_NO_READERS_AVAILABLE, SCARD_F_COMM_ERROR}) {
      service.at_list = static_cast<LONG>(none);
      ck_assert(asked->readers().error().verdict == Verdict::kNoReader);
    }
    ck_assert(asked->cards({}).empty());
    service.at_list = static_cast<LONG>(SCARD_E_NO_SERVICE);
    ck_assert(asked->readers().error().verdict == Verdict::kCardServiceDown);
    ck_assert(!asked->await_change(0ms));
    service.at_establish = static_cast<LONG>(SCARD_E_NO_SERVICE);
    const auto down = CardService::connect();
    ck_assert(!down && down.error().verdict == Verdict::kCardServiceDown);
    ck_assert(down.error().cause.starts_with("SCardEstablishContext: "));
  }
  assert_in_order();
}
END_TEST

START_TEST(what_has_left_is_noticed_at_once) {
  service.readers = {{"A", kCard | count(1)}, {"B", kCard}};
  {
    const auto asked = CardService::connect();
    const auto left = [&](std::vector<CardService::PlacedCard> cards) {
      return asked->card_leaves(cards, 0ms);
    };
    ck_assert(!left({}) && !left({{"A", 1}}) && !left({{"A", 1}, {"B", 0}}));
    ck_assert(left({{"A", 0}}) && left({{"B", 0}, {"A", 2}}));  // another, or put back
    ck_assert(left({{"C", 0}}));                                // its reader is gone
    service.set("B", SCARD_STATE_EMPTY);
    ck_assert(left({{"A", 1}, {"B", 0}}) && !left({{"A", 1}}));
    for (const LONG gone : {SCARD_E_READER_UNAVAILABLE, SCARD_E_NO_READERS_AVAILABLE}) {
      service.at_status = static_cast<LONG>(gone);
      ck_assert(left({{"A", 1}}));
    }
    service.at_status = static_cast<LONG>(SCARD_E_NO_SERVICE);
    ck_assert(!left({{"A", 1}}));
    ck_assert_int_eq(service.waits, 0);
  }
  assert_in_order();
}
END_TEST

START_TEST(a_card_that_stays_is_waited_for_and_no_longer) {
  service.readers = {{"A", kCard}};
  const auto asked = CardService::connect();
  ck_assert(!asked->card_leaves({{"A", 0}}, 30ms));
  ck_assert_int_ge(service.waits, 1);
}
END_TEST

START_TEST(a_card_leaves_while_it_is_waited_for) {
  service.readers = {{"A", kCard}};
  const auto asked = CardService::connect();
  std::thread hand([] {
    service.await_wait();
    service.set("A", kCard | SCARD_STATE_INUSE);  // somebody uses it
    service.set("A", SCARD_STATE_EMPTY | count(1));
  });
  ck_assert(asked->card_leaves({{"A", 0}}, 1h));
  hand.join();
}
END_TEST

START_TEST(a_reader_or_a_card_that_comes_ends_a_wait) {
  for (const bool by_card : {true, false}) {
    service.readers = {{"A", SCARD_STATE_EMPTY}};
    if (!by_card) service.readers.clear();
    service.waits = 0;
    const auto asked = CardService::connect();
    std::thread hand([by_card] {
      service.await_wait();
      if (!by_card) service.plugged = count(1);
      service.set("A", kCard | count(1));
    });
    ck_assert(asked->await_change(1h));
    hand.join();
  }
  const auto asked = CardService::connect();
  service.waits = 0;
  ck_assert(asked->await_change(10ms));  // nothing came; it could tell
  ck_assert_int_ge(service.waits, 1);
  service.at_status = static_cast<LONG>(SCARD_E_NO_SERVICE);
  ck_assert(!asked->await_change(1h));
}
END_TEST

bool told(const card::Departure& departure, int within_ms) {
  pollfd readable{departure.fd(), POLLIN, 0};
  return ::poll(&readable, 1, within_ms) == 1;
}

START_TEST(who_is_asked_learns_that_the_card_left) {
  service.readers = {{"A", kCard}};
  {
    const auto departure = card::watch_departure({"A", 0});
    service.await_wait();
    ck_assert(!told(*departure, 0));
    service.set("A", SCARD_STATE_EMPTY | count(1));
    ck_assert(told(*departure, -1));
  }
  assert_in_order();
}
END_TEST

START_TEST(who_is_no_longer_asked_waits_for_no_card) {
  service.readers = {{"A", kCard}};
  for (const bool waits : {true, false}) {
    service.waits = 0;
    const auto departure = card::watch_departure({"A", 0});
    ck_assert_ptr_nonnull(departure.get());
    if (waits) service.await_wait();
  }
  assert_in_order();
  service.at_establish = static_cast<LONG>(SCARD_E_NO_SERVICE);
  const auto departure = card::watch_departure({"A", 0});
  ck_assert(!told(*departure, 0));
}
END_TEST

START_TEST(without_what_a_thread_needs_nobody_learns_early) {
#ifndef __SANITIZE_ADDRESS__  // the sanitizers open pipes and map memory for themselves
  for (const auto what : {RLIMIT_NOFILE, RLIMIT_AS}) {
    rlimit before{};
    ck_assert_int_eq(::getrlimit(what, &before), 0);
    const rlimit none{0, before.rlim_max};
    ck_assert_int_eq(::setrlimit(what, &none), 0);
    const auto departure = card::watch_departure({"A", 0});
    ck_assert_int_eq(::setrlimit(what, &before), 0);
    ck_assert_ptr_null(departure.get());
  }
#endif
  assert_in_order();
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("card_service");
  TCase* tests = tcase_create("card_service");
  tcase_add_test(tests, readers_are_told_with_what_they_hold);
  tcase_add_test(tests, no_service_and_no_reader_are_told_apart);
  tcase_add_test(tests, what_has_left_is_noticed_at_once);
  tcase_add_test(tests, a_card_that_stays_is_waited_for_and_no_longer);
  tcase_add_test(tests, a_card_leaves_while_it_is_waited_for);
  tcase_add_test(tests, a_reader_or_a_card_that_comes_ends_a_wait);
  tcase_add_test(tests, who_is_asked_learns_that_the_card_left);
  tcase_add_test(tests, who_is_no_longer_asked_waits_for_no_card);
  tcase_add_test(tests, without_what_a_thread_needs_nobody_learns_early);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
