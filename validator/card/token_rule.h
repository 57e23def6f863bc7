// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TokenRule: one [[token]] of jpki.toml. PKCS#11 leaves open what a token tells of its PIN, and drivers do
// not always tell the truth; whoever knows the token says it here. A token that no rule is for is judged by
// the kind of its certificate alone.
#pragma once

#include "base/protocol.h"
#include "validator/x509/kind.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::card {

// CK_TOKEN_INFO (PKCS#11 v2.40, 3.3), without the blanks at the ends. As the token gave it, but with its
// whole label (token_label.h).
struct TokenIdentity {
  std::string label;
  std::string manufacturer;
  std::string model;
  std::string serial;
  bool operator==(const TokenIdentity&) const = default;
};

// What CKF_USER_PIN_COUNT_LOW, _FINAL_TRY and _LOCKED are worth.
enum class TriesTold {
  kExactly,  // COUNT_LOW is exactly two left; of three, no flag is all of them
  kByFlags,  // FINAL_TRY is the last one, LOCKED none; COUNT_LOW says that one was lost, and not how many are
             // left
  kNotAtAll,
};
enum class PinCharacters { kDigits, kAscii, kAny };
enum class PinEntry {
  kScreen,
  kReader,  // CKF_PROTECTED_AUTHENTICATION_PATH: on the keys of the reader
};

// What a rule says of the PIN, as far as it says it.
struct PinSettings {
  std::optional<std::uint16_t> min_length{};  // octets
  std::optional<std::uint16_t> max_length{};
  std::optional<PinCharacters> characters{};
  std::optional<TriesTold> tries{};
  std::optional<std::uint8_t> max_tries{};
  PinEntry entry = PinEntry::kScreen;
  bool state_told = true;  // CKF_USER_PIN_INITIALIZED and CKF_USER_PIN_TO_BE_CHANGED tell the truth
};

struct TokenRule {
  std::string name;
  // What the rule is for: all that it names must agree, and what is empty agrees with everything. A module is
  // named as in [pkcs11]; in the others, * is any text and ? any octet.
  std::vector<std::string> modules{};
  std::string manufacturer{};
  std::string model{};
  std::string label{};
  // Of which its certificates may log in; empty: the token is as if it were not there.
  std::optional<std::vector<x509::Kind>> kinds{};
  PinSettings pin{};

  bool hides() const noexcept { return kinds && kinds->empty(); }
  bool admits(x509::Kind kind) const noexcept;
};

// Shell patterns without sets and escapes.
bool matches(std::string_view pattern, std::string_view text) noexcept;

// Whether a rule may be for a token of this module, before the token is asked who it is.
bool concerns(const TokenRule& rule, std::string_view module) noexcept;

// The first rule that is for the token; null: none.
const TokenRule* rule_for(std::span<const TokenRule> rules, std::string_view module,
                          const TokenIdentity& token) noexcept;

// How a PIN is dealt with: what is said, and what else follows from the kind of the certificate.
struct PinRule {
  std::optional<std::uint16_t> min_length{};  // nothing: as the token tells
  std::optional<std::uint16_t> max_length{};
  PinCharacters characters = PinCharacters::kAny;
  TriesTold tries = TriesTold::kByFlags;
  std::uint8_t max_tries = 0;  // 0: not known
  PinEntry entry = PinEntry::kScreen;
  bool state_told = true;
};

// JPKI: four digits, three tries, told exactly. Others: what the token tells, its tries by flags.
PinRule pin_rule_of(x509::Kind kind, const PinSettings& said = {});

}  // namespace jpki::card
