// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is told of readers, with a pcscd that is played here: the five functions of PC/SC below take the place
// of libpcsclite's, and wait as its version 1.9 does.
#include "guard/readers.h"

#include "tests/unit/support/check_main.h"

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>

#include <poll.h>
#include <winscard.h>

namespace {

using namespace jpki;
using namespace jpki::guard;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr char kPlugAndPlay[] = "\\\\?PnP?\\Notification";

struct FakeService {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Reader> readers;
  bool up = true;
  bool replugged = false;                // the list changed, and back
  int connections = 0;                   // tried
  DWORD waits = 0;                       // for so many milliseconds, who waits last
  std::function<void()> before_waiting;  // once, between two calls

  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
};

FakeService& service() {
  static FakeService& one = *new FakeService;  // threads of Readers outlive the test
  return one;
}

DWORD state_of(const Reader& reader) {
  return static_cast<DWORD>(reader.events) << 16 | (reader.card ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY);
}

// Fills in what is there now; whether something is not what the caller knows.
bool look(SCARD_READERSTATE* states, DWORD count, std::size_t readers_before) {
  bool news = false;
  for (SCARD_READERSTATE* state = states; state != states + count; ++state) {
    state->dwEventState = 0;
    if (std::strcmp(state->szReader, kPlugAndPlay) == 0) {
      if (service().readers.size() != readers_before || std::exchange(service().replugged, false))
        state->dwEventState = SCARD_STATE_CHANGED;
    } else {
      state->dwEventState = SCARD_STATE_UNKNOWN;
      for (const Reader& reader : service().readers)
        if (reader.name == state->szReader) state->dwEventState = state_of(reader);
      if (state->dwEventState != (state->dwCurrentState & ~DWORD{SCARD_STATE_CHANGED}))
        state->dwEventState |= SCARD_STATE_CHANGED;
    }
    news = news || (state->dwEventState & SCARD_STATE_CHANGED) != 0;
  }
  return news;
}

}  // namespace

extern "C" {

LONG SCardEstablishContext(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT context) {
  const std::lock_guard lock(service().mutex);
  ++service().connections;
  service().changed.notify_all();
  *context = 1;
  return service().up ? SCARD_S_SUCCESS : static_cast<LONG>(SCARD_E_NO_SERVICE);
}

LONG SCardReleaseContext(SCARDCONTEXT) {
  return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT, LPCSTR, LPSTR out, LPDWORD size) {
  const std::lock_guard lock(service().mutex);
  if (!service().up) return static_cast<LONG>(SCARD_E_NO_SERVICE);
  if (service().readers.empty()) return static_cast<LONG>(SCARD_E_NO_READERS_AVAILABLE);
  std::string list;
  for (const Reader& reader : service().readers) list += reader.name + '\0';
  list += '\0';
  ck_assert(*size == SCARD_AUTOALLOCATE);
  auto* const copy = static_cast<char*>(std::malloc(list.size()));
  std::memcpy(copy, list.data(), list.size());
  *reinterpret_cast<char**>(out) = copy;
  *size = list.size();
  return SCARD_S_SUCCESS;
}

LONG SCardFreeMemory(SCARDCONTEXT, LPCVOID memory) {
  std::free(const_cast<void*>(memory));
  return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT, DWORD timeout, SCARD_READERSTATE* states, DWORD count) {
  std::unique_lock lock(service().mutex);
  if (const auto hook = std::exchange(service().before_waiting, nullptr)) hook();
  const std::size_t before = service().readers.size();
  for (;;) {
    if (!service().up) return static_cast<LONG>(SCARD_E_NO_SERVICE);
    if (look(states, count, before)) return SCARD_S_SUCCESS;
    service().waits = timeout;
    service().changed.notify_all();
    if (timeout == INFINITE) {
      service().changed.wait(lock);
    } else if (service().changed.wait_for(lock, std::chrono::milliseconds(timeout)) ==
               std::cv_status::timeout) {
      return static_cast<LONG>(SCARD_E_TIMEOUT);
    }
  }
}

}  // extern "C"

namespace {

using Told = std::optional<std::vector<Reader>>;

// Until `wanted` was told, for ten seconds at most; all that was told meanwhile.
std::vector<Told> listen(Readers& readers, const Told& wanted) {
  std::vector<Told> told;
  while (told.empty() || told.back() != wanted) {
    pollfd wait{readers.fd(), POLLIN, 0};
    ck_assert_msg(::poll(&wait, 1, 10'000) == 1, "it is not told");
    for (Seen& seen : readers.take()) told.push_back(std::get<ReadersSeen>(std::move(seen)).readers);
  }
  return told;
}

Readers& watching() {
  auto readers = Readers::create();
  ck_assert(static_cast<bool>(readers));
  (*readers)->watch();
  return **readers;
}

const Reader kA{"A", true, 1}, kB{"B", false, 0};

START_TEST(cards_and_readers_are_told) {
  service().readers = {kA};
  Readers& readers = watching();
  (void)listen(readers, Told({kA}));
  service().change([] { service().readers = {{"A", false, 2}}; });
  (void)listen(readers, Told({{"A", false, 2}}));
  service().change([] { service().readers.push_back(kB); });
  (void)listen(readers, Told({{"A", false, 2}, kB}));
  service().change([] { service().readers = {kB}; });
  (void)listen(readers, Told({kB}));
  service().change([] { service().readers.clear(); });
  (void)listen(readers, Told(std::vector<Reader>()));
}
END_TEST

START_TEST(a_reader_that_comes_between_two_calls_is_told) {
  service().readers = {kA};
  service().before_waiting = [] { service().readers.push_back(kB); };
  Readers& readers = watching();
  (void)listen(readers, Told({kA, kB}));
  // Soon after another change as well.
  service().change([] {
    service().readers = {kB};
    service().before_waiting = [] { service().before_waiting = [] { service().readers.push_back(kA); }; };
  });
  (void)listen(readers, Told({kB, kA}));
}
END_TEST

START_TEST(a_list_that_is_the_same_again_is_another) {
  service().readers = {kA};
  Readers& readers = watching();
  (void)listen(readers, Told({kA}));
  service().change([] { service().replugged = true; });
  const auto told = listen(readers, Told({kA}));
  ck_assert(std::ranges::find(told, Told(std::vector<Reader>())) != told.end());
}
END_TEST

// libpcsclite wakes up once a minute for who waits for an INFINITE time.
START_TEST(nobody_wakes_up_while_nothing_happens) {
  service().readers = {kA};
  Readers& readers = watching();
  (void)listen(readers, Told({kA}));
  const auto at_rest = [] {
    std::unique_lock lock(service().mutex);
    const auto for_days = [] {
      return service().waits != INFINITE && std::chrono::milliseconds(service().waits) >= 24h * 24;
    };
    return service().changed.wait_for(lock, 10s, for_days);
  };
  ck_assert(at_rest());
  service().change([] { service().readers = {{"A", false, 2}}; });
  (void)listen(readers, Told({{"A", false, 2}}));
  ck_assert(at_rest());
}
END_TEST

START_TEST(a_service_that_is_gone_is_asked_again) {
  service().readers = {kA};
  Readers& readers = watching();
  (void)listen(readers, Told({kA}));
  service().change([] { service().up = false; });
  (void)listen(readers, std::nullopt);
  {
    std::unique_lock lock(service().mutex);
    const int tries = service().connections;
    service().changed.wait(lock, [&] { return service().connections >= tries + 4; });
    service().up = true;
  }
  // By itself it would wait for four seconds now.
  const auto before = std::chrono::steady_clock::now();
  readers.try_now();
  (void)listen(readers, Told({kA}));
  ck_assert(std::chrono::steady_clock::now() - before < 3s);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("guard readers");
  TCase* tests = tcase_create("readers");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, cards_and_readers_are_told);
  tcase_add_test(tests, a_reader_that_comes_between_two_calls_is_told);
  tcase_add_test(tests, a_list_that_is_the_same_again_is_another);
  tcase_add_test(tests, nobody_wakes_up_while_nothing_happens);
  tcase_add_test(tests, a_service_that_is_gone_is_asked_again);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
