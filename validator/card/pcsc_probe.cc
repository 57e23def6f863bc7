// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pcsc_probe.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <winscard.h>

namespace jpki::card {
namespace {

using Context =
    std::unique_ptr<SCARDCONTEXT, decltype([](SCARDCONTEXT* context) { ::SCardReleaseContext(*context); })>;

CardError card_service_says(Verdict verdict, const char* function, LONG rv) {
  return {verdict, std::string(function) + ": " + ::pcsc_stringify_error(rv)};
}

// Some reader is held by a program that connected with SCARD_SHARE_EXCLUSIVE. `names`: a multi-string.
bool any_reader_held(SCARDCONTEXT context, const std::vector<char>& names) {
  std::vector<SCARD_READERSTATE> states;
  for (const char* name = names.data(); *name != '\0'; name += std::strlen(name) + 1) {
    SCARD_READERSTATE state{};
    state.szReader = name;
    states.push_back(state);
  }
  if (::SCardGetStatusChange(context, 0, states.data(), static_cast<DWORD>(states.size())) != SCARD_S_SUCCESS)
    return false;
  return std::ranges::any_of(states, [](const SCARD_READERSTATE& state) {
    return (state.dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
  });
}

}  // namespace

CardError explain_missing_token(bool any_slot) {
  const CardError no_card{Verdict::kNoCard, "no slot holds a token"};
  SCARDCONTEXT raw = 0;
  LONG rv = ::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &raw);
  if (rv != SCARD_S_SUCCESS)
    return any_slot ? no_card : card_service_says(Verdict::kCardServiceDown, "SCardEstablishContext", rv);
  const Context context(&raw);
  DWORD size = 0;
  rv = ::SCardListReaders(raw, nullptr, nullptr, &size);
  std::vector<char> names(size + 2);  // ends with an empty string, whatever the service writes
  if (rv == SCARD_S_SUCCESS) rv = ::SCardListReaders(raw, nullptr, names.data(), &size);
  if (rv != SCARD_S_SUCCESS)
    return any_slot ? no_card : card_service_says(Verdict::kNoReader, "SCardListReaders", rv);
  if (any_reader_held(raw, names)) return {Verdict::kCardBusy, "another program holds a reader exclusively"};
  return no_card;
}

}  // namespace jpki::card
