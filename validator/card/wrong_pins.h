// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WrongPins: which PINs were wrong for a card. A screen that shows nothing, a locker's, cannot tell a person
// that a try is gone, and who sees "wrong" types the same again. What was wrong stays wrong until the card's
// counter is full again, by the right PIN or at the counter of the municipality. Of a token that does not
// tell its tries nobody knows more than this.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/secret.h"

#include <string>

namespace jpki::card {

// `key`: the SubjectPublicKeyInfo of the card's certificate.
class WrongPins {
 public:
  virtual ~WrongPins() = default;

  // Errors are for the log: it cannot be known, it was not written.
  virtual Expected<bool, std::string> holds(Bytes key, const Secret& pin) = 0;
  virtual Expected<Unit, std::string> remember(Bytes key, const Secret& pin) = 0;
  virtual Expected<Unit, std::string> forget(Bytes key) = 0;
  // How many different ones.
  virtual Expected<std::size_t, std::string> count(Bytes key) = 0;
};

}  // namespace jpki::card
