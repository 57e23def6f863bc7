// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardService: pcscd, asked directly (PC/SC part 5) for the little that PKCS#11 modules do not tell or tell
// too late.
#pragma once

#include "base/expected.h"
#include "validator/card/seat.h"
#include "validator/card/token.h"

#include <chrono>
#include <string>
#include <vector>

#include <winscard.h>

namespace jpki::card {

// PC/SC's name for the list of readers, where that of a reader is asked for.
inline constexpr char kReaderList[] = "\\\\?PnP?\\Notification";
// How often a card came or went, modulo 2^16: pcscd counts in the upper half of the state.
std::uint32_t changes_of(const SCARD_READERSTATE& state);

// The libpcsclite of Debian 13 opens its other half at the first call, which is too late for a process that
// can open no more files by then. Opens it now, where there is one.
void load_service_library() noexcept;

class CardService {
 public:
  struct Reader {
    std::string name;
    bool holds_card = false;
    bool held_by_other = false;  // a program connected with SCARD_SHARE_EXCLUSIVE
    std::uint32_t changes = 0;   // how often a card came or went
  };
  // A card as it lay in its reader: one that was lifted and put back is another.
  struct PlacedCard {
    std::string reader;
    std::uint32_t changes = 0;
  };

  // kCardServiceDown.
  static Expected<CardService, CardError> connect();

  CardService(CardService&& other) noexcept;
  CardService& operator=(CardService&&) = delete;
  CardService(const CardService&) = delete;
  CardService& operator=(const CardService&) = delete;
  ~CardService();

  // Of all readers; none is no error. The error: this connection is of no more use.
  Expected<std::vector<std::string>, CardError> names() const;

  // Never empty: kNoReader, kCardServiceDown.
  Expected<std::vector<Reader>, CardError> readers() const;

  // Those in the readers that `reach` admits; none where pcscd cannot tell.
  std::vector<PlacedCard> cards(const Reach& reach) const;

  // Whether one of these cards, or its reader, has left by now or leaves within that time: pcscd asks its
  // readers only now and then. False where pcscd cannot tell.
  bool card_leaves(const std::vector<PlacedCard>& cards, std::chrono::milliseconds within) const;

  // Waits until a reader or a card comes or goes, at most so long. False, at once, where pcscd cannot tell.
  bool await_change(std::chrono::milliseconds at_most) const;

  SCARDCONTEXT context() const noexcept { return context_; }

 private:
  explicit CardService(SCARDCONTEXT context) noexcept : context_(context) {}

  SCARDCONTEXT context_;
  bool connected_ = true;
};

// "SCardConnect: Sharing violation."
CardError card_service_says(Verdict verdict, const char* function, LONG rv);

}  // namespace jpki::card
