// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Faults a rehearsal can ask of the virtual card, as words (README.md has the list for people):
//
//   pulled-before=WHEN  pulled-inside=WHEN  silent=WHEN       once, at that command
//       WHEN: N, the N-th command from now; or select, read, verify (with a PIN), verify-empty, sign
//   sw=INS:SW                                                  each time; INS: those names or two hex digits
//   garbage-certificate bad-signature short-signature empty-signature replay-signature wrong-key
//   blocked-auth blocked-sign                                  until cleared
#pragma once

#include "base/expected.h"
#include "testkit/vcard/apdu.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jpki::vcard {

enum class FaultKind : std::uint8_t {
  kPulledBefore,        // the card leaves before the command is processed
  kPulledInside,        // the command is processed, the card leaves before it answers
  kSilent,              // the command is neither processed nor answered, nor is any until the card is removed
  kStatusWord,          // the command is not processed; its answer is one status word
  kGarbageCertificate,  // the authentication certificate keeps its length, the rest is noise
  kBadSignature,        // one bit of the signature is wrong
  kShortSignature,      // half of the signature
  kEmptySignature,      // 9000 without data
  kReplaySignature,     // the first signature this card ever made, again and again
  kWrongKey,            // signs with a fresh key that is not the certificate's
  kBlockedAuth,         // the authentication PIN behaves as blocked; its stored counter is untouched
  kBlockedSign,         // the same for the signature PIN
};

struct Fault {
  // Which command: the N-th from now, a kind, or an INS byte. Nothing: the fault is a state of the card.
  using Trigger = std::variant<std::monostate, std::uint64_t, Instruction, std::uint8_t>;

  FaultKind kind = FaultKind::kSilent;
  Trigger trigger;
  StatusWord status = sw::kNoDiagnosis;  // kStatusWord only
};

// The fault named by `text`, or what is wrong with the text.
Expected<Fault, std::string> parse_fault(std::string_view text);

class FaultSet {
 public:
  void add(Fault fault) { faults_.push_back(fault); }
  void clear() { faults_.clear(); }

  // True while a fault of this kind, which is a state, is set.
  bool has(FaultKind kind) const noexcept;

  // The fault that strikes this command, if any; counts the command. A fault that happens once is used up.
  std::optional<Fault> strike(const CommandApdu& command);

 private:
  std::vector<Fault> faults_;
};

}  // namespace jpki::vcard
