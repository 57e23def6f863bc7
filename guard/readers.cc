// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/readers.h"

#include "guard/card_reading.h"
#include "validator/card/card_service.h"

#include <cerrno>
#include <limits>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>
#include <winscard.h>

namespace jpki::guard {
namespace {

using std::chrono::milliseconds;

// A pcscd that is gone is asked again after so long, doubled each time. With systemd its socket stays, and
// the first question starts another one.
constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLongestPause{8000};
constexpr DWORD kUnrest = 1000;  // milliseconds
// The longest that poll(2) takes, 24 days. libpcsclite takes INFINITE for a minute, again and again.
constexpr DWORD kUntilSomethingHappens = std::numeric_limits<int>::max();

// Waits until a state differs from what it was.
LONG wait(const card::CardService& service, std::vector<SCARD_READERSTATE>& states, DWORD timeout) {
  return ::SCardGetStatusChange(service.context(), timeout, states.data(), static_cast<DWORD>(states.size()));
}

// One entry a reader, and a last one for their list.
std::vector<SCARD_READERSTATE> states_of(const std::vector<std::string>& names) {
  std::vector<SCARD_READERSTATE> states(names.size() + 1);
  for (std::size_t i = 0; i < names.size(); ++i) states[i].szReader = names[i].c_str();
  states.back().szReader = card::kReaderList;
  return states;
}

std::vector<Reader> readers_in(const std::vector<SCARD_READERSTATE>& states) {
  std::vector<Reader> readers;
  for (std::size_t i = 0; i + 1 < states.size(); ++i) {
    readers.push_back({.name = states[i].szReader,
                       .card = (states[i].dwEventState & SCARD_STATE_PRESENT) != 0,
                       .events = card::changes_of(states[i])});
  }
  return readers;
}

bool waited(LONG rv) {
  return rv == SCARD_S_SUCCESS || rv == static_cast<LONG>(SCARD_E_TIMEOUT);
}

}  // namespace

Expected<Readers*, int> Readers::create() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return Unexpected{errno};
  card::load_service_library();
  return new Readers(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

std::deque<Seen> Readers::take() {
  char wakes[64];
  while (::read(read_end_.get(), wakes, sizeof wakes) > 0) {
  }
  const std::lock_guard lock(mutex_);
  return std::exchange(seen_, {});
}

void Readers::put(Seen seen) {
  const std::lock_guard lock(mutex_);
  seen_.push_back(std::move(seen));
  (void)!::write(write_end_.get(), "", 1);  // a full pipe wakes as well
}

void Readers::try_now() {
  const std::lock_guard lock(mutex_);
  try_now_ = true;
  tries_.notify_one();
}

void Readers::pause(milliseconds longest) {
  std::unique_lock lock(mutex_);
  tries_.wait_for(lock, longest, [this] { return std::exchange(try_now_, false); });
}

void Readers::watch() {
  std::thread([this] {
    milliseconds next = kFirstPause;
    for (;;) {
      const auto began = std::chrono::steady_clock::now();
      run();
      put(ReadersSeen{});
      if (std::chrono::steady_clock::now() - began > kLongestPause) next = kFirstPause;
      pause(next);
      next = std::min(2 * next, kLongestPause);
    }
  }).detach();
}

// Tells what changes until pcscd cannot be asked any more. libpcsclite tells of a list that changes while it
// waits, never of one that changed between two calls: so the list is asked for after each of them, and once
// more a second after the last change, because readers of one hub come one after the other.
void Readers::run() {
  const auto service = card::CardService::connect();
  if (!service) return;
  std::optional<std::vector<Reader>> told;
  while (const auto names = service->names()) {
    std::vector<SCARD_READERSTATE> states = states_of(*names);
    LONG rv = wait(*service, states, 0);
    DWORD patience = kUnrest;
    const auto listed_still = [&] {
      const auto now = service->names();
      return now && *now == *names;
    };
    while (waited(rv) && listed_still()) {
      if ((states.back().dwEventState & SCARD_STATE_CHANGED) != 0) {
        // A reader was gone and is back, or the other way round; which one, nobody tells.
        put(ReadersSeen{std::vector<Reader>()});
        told.reset();
        break;
      }
      auto readers = readers_in(states);
      if (told != readers) put(ReadersSeen{readers});
      told = std::move(readers);
      for (SCARD_READERSTATE& state : states) state.dwCurrentState = state.dwEventState;
      rv = wait(*service, states, patience);
      patience = rv == static_cast<LONG>(SCARD_E_TIMEOUT) ? kUntilSomethingHappens : kUnrest;
    }
    // A reader that has gone meanwhile: the list is asked for again.
    if (!waited(rv) && rv != static_cast<LONG>(SCARD_E_UNKNOWN_READER)) return;
  }
}

void Readers::read_certificate(const std::string& session, const std::string& reader) {
  try {
    std::thread([this, session, reader] {
      put(CertificateSeen{session, guard::read_certificate(reader)});
    }).detach();
  } catch (const std::system_error&) {
    put(CertificateSeen{session, std::nullopt});
  }
}

}  // namespace jpki::guard
