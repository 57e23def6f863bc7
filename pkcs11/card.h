// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Card and Readers: the hardware as this module sees it. The product's implementation is PC/SC (pcsc.h);
// unit tests and the fuzz target have their own.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace jpki::pkcs11 {

// Why the hardware did not do what it was asked for.
enum class Trouble {
  kNoService,      // pcscd does not answer
  kNoReader,       // the reader is gone
  kNoCard,         // nothing is in it, or what was in it is gone
  kBusy,           // another program has the reader for itself
  kNotRecognised,  // a card, but not a medium that we know
  kPinNeeded,      // a medium that tells this only while its PIN is verified
  kCardError,      // no answer, an impossible answer, or a status word that nobody expects
};

// What a card is left as.
enum class Leave { kAsItIs, kReset };

// A connection to the card in one reader. Other programs may have theirs, but while a transaction of ours is
// open, none of them reaches the card. All calls may block as long as pcscd, other programs' transactions and
// the card do.
class Card {
 public:
  virtual ~Card() = default;

  // Opens a transaction. Whatever was selected before counts for nothing: others may have used the card.
  virtual Expected<Unit, Trouble> begin() = 0;
  virtual void end(Leave leave) noexcept = 0;

  // One command, one response with its status word. Only inside a transaction. kCardError leaves open whether
  // the card got the command.
  virtual Expected<Blob, Trouble> transmit(Bytes command) = 0;

  // The most response bytes (without the status word) that the reader can pass on in one answer: 256, or more
  // where it says that it knows extended lengths. The card may know less.
  virtual std::size_t longest_answer() = 0;

  // Whether a PIN can be typed on the reader (FEATURE_VERIFY_PIN_DIRECT).
  virtual bool has_keys() { return false; }
  // Has a PIN typed there and sent to the card, by a structure of pin_on_reader.h: what the card answers, or
  // the reader. Only inside a transaction. Blocks as long as the person does.
  virtual Expected<Blob, Trouble> verify_on_keys(Bytes) { return Unexpected{Trouble::kCardError}; }
};

struct ReaderState {
  std::string name;
  bool holds_card = false;      // that we may use: not when another program has the reader for itself
  std::uint32_t insertion = 0;  // changes whenever a card comes or goes
};

class Readers {
 public:
  virtual ~Readers() = default;

  // All that are attached now. No reader is an empty list.
  virtual Expected<std::vector<ReaderState>, Trouble> list() = 0;
  virtual Expected<std::unique_ptr<Card>, Trouble> connect(const std::string& reader) = 0;

  // Waits until `known` is no longer what list() says, or until interrupt(), which another thread may call
  // at any time, also before. Needs no lock against the other calls. kNoService.
  virtual Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>& known) = 0;
  virtual void interrupt() noexcept = 0;
};

}  // namespace jpki::pkcs11
