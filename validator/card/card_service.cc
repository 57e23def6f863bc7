// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/card_service.h"

#include <algorithm>
#include <utility>

#include <dlfcn.h>

namespace jpki::card {
namespace {

// Of a reader that was not asked yet. The name must outlive it.
SCARD_READERSTATE state_of(const char* reader) {
  SCARD_READERSTATE state{};
  state.szReader = reader;
  return state;
}

bool lacks_card(const SCARD_READERSTATE& state) {
  return (state.dwEventState & SCARD_STATE_PRESENT) == 0;
}

bool is_of_no_reader(LONG rv) {
  return rv == static_cast<LONG>(SCARD_E_UNKNOWN_READER) ||
         rv == static_cast<LONG>(SCARD_E_READER_UNAVAILABLE) ||
         rv == static_cast<LONG>(SCARD_E_NO_READERS_AVAILABLE);
}

}  // namespace

std::uint32_t changes_of(const SCARD_READERSTATE& state) {
  return static_cast<std::uint32_t>(state.dwEventState >> 16 & 0xFFFF);
}

// What is loaded is found by its name and not looked for again.
void load_service_library() noexcept {
  ::dlopen("libpcsclite_real.so.1", RTLD_NOW);
}

CardError card_service_says(Verdict verdict, const char* function, LONG rv) {
  return {verdict, std::string(function) + ": " + ::pcsc_stringify_error(rv)};
}

Expected<CardService, CardError> CardService::connect() {
  SCARDCONTEXT context = 0;
  const LONG rv = ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
  if (rv != SCARD_S_SUCCESS)
    return Unexpected{card_service_says(Verdict::kCardServiceDown, "SCardEstablishContext", rv)};
  return CardService(context);
}

CardService::CardService(CardService&& other) noexcept
    : context_(other.context_), connected_(std::exchange(other.connected_, false)) {}

CardService::~CardService() {
  if (connected_) ::SCardReleaseContext(context_);
}

Expected<std::vector<std::string>, CardError> CardService::names() const {
  char* list = nullptr;
  DWORD size = SCARD_AUTOALLOCATE;
  const LONG rv = ::SCardListReaders(context_, nullptr, reinterpret_cast<LPSTR>(&list), &size);
  std::vector<std::string> names;
  if (rv == static_cast<LONG>(SCARD_E_NO_READERS_AVAILABLE)) return names;
  if (rv != SCARD_S_SUCCESS) {
    const bool down = rv == static_cast<LONG>(SCARD_E_NO_SERVICE);
    return Unexpected{
        card_service_says(down ? Verdict::kCardServiceDown : Verdict::kNoReader, "SCardListReaders", rv)};
  }
  for (const char* name = list; *name != '\0'; name += names.back().size() + 1) names.emplace_back(name);
  ::SCardFreeMemory(context_, list);
  return names;
}

Expected<std::vector<CardService::Reader>, CardError> CardService::readers() const {
  const auto all = names();
  if (!all) return Unexpected{all.error()};
  if (all->empty()) return Unexpected{CardError{Verdict::kNoReader, "SCardListReaders: none"}};
  std::vector<SCARD_READERSTATE> states;
  for (const std::string& name : *all) states.push_back(state_of(name.c_str()));
  // What cannot be asked holds nothing.
  (void)::SCardGetStatusChange(context_, 0, states.data(), static_cast<DWORD>(states.size()));
  std::vector<Reader> found;
  for (const SCARD_READERSTATE& state : states)
    found.push_back({.name = state.szReader,
                     .holds_card = !lacks_card(state),
                     .held_by_other = (state.dwEventState & SCARD_STATE_EXCLUSIVE) != 0,
                     .changes = changes_of(state)});
  return found;
}

std::vector<CardService::PlacedCard> CardService::cards(const Reach& reach) const {
  std::vector<PlacedCard> placed;
  const auto now = readers();
  if (!now) return placed;
  for (const Reader& reader : *now)
    if (reader.holds_card && reach.admits(reader.name)) placed.push_back({reader.name, reader.changes});
  return placed;
}

bool CardService::card_leaves(const std::vector<PlacedCard>& cards, std::chrono::milliseconds within) const {
  if (cards.empty()) return false;
  std::vector<SCARD_READERSTATE> states;
  for (const PlacedCard& card : cards) states.push_back(state_of(card.reader.c_str()));
  const auto count = static_cast<DWORD>(states.size());
  const auto end = std::chrono::steady_clock::now() + within;
  for (DWORD wait = 0;;) {
    const LONG rv = ::SCardGetStatusChange(context_, wait, states.data(), count);
    if (is_of_no_reader(rv)) return true;
    if (rv != SCARD_S_SUCCESS && rv != static_cast<LONG>(SCARD_E_TIMEOUT)) return false;
    for (std::size_t i = 0; i < states.size(); ++i)
      if (lacks_card(states[i]) || changes_of(states[i]) != cards[i].changes) return true;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    wait = static_cast<DWORD>(left.count());
    for (SCARD_READERSTATE& state : states) state.dwCurrentState = state.dwEventState;
  }
}

bool CardService::await_change(std::chrono::milliseconds at_most) const {
  const auto now = readers();
  if (!now && now.error().verdict == Verdict::kCardServiceDown) return false;
  std::vector<SCARD_READERSTATE> states;
  if (now)
    for (const Reader& reader : *now) states.push_back(state_of(reader.name.c_str()));
  states.push_back(state_of(kReaderList));
  const auto count = static_cast<DWORD>(states.size());
  // What it is now; without a reader that is a time-out.
  (void)::SCardGetStatusChange(context_, 0, states.data(), count);
  for (SCARD_READERSTATE& state : states)
    state.dwCurrentState = state.dwEventState & ~DWORD{SCARD_STATE_CHANGED};
  const LONG rv = ::SCardGetStatusChange(context_, static_cast<DWORD>(at_most.count()), states.data(), count);
  return rv == SCARD_S_SUCCESS || rv == static_cast<LONG>(SCARD_E_TIMEOUT);
}

}  // namespace jpki::card
