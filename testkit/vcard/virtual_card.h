// SPDX-License-Identifier: LGPL-2.1-or-later
//
// VirtualCard: the applet in its plastic: what arrives from the reader goes through faults, statistics and
// the saving of PIN counters, and comes out as a reaction. Knows no socket and no clock.
//
// A message from vpcd is one byte of control (power and ATR) or a command APDU.
#pragma once

#include "base/bytes.h"
#include "testkit/vcard/counter_file.h"
#include "testkit/vcard/fault.h"
#include "testkit/vcard/jpki_applet.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace jpki::vcard {

enum class ReaderControl : std::uint8_t { kPowerOff = 0, kPowerOn = 1, kReset = 2, kGetAtr = 4 };

struct Reaction {
  enum class Kind : std::uint8_t {
    kAnswer,    // `response`, after `delay`
    kNoAnswer,  // power and reset have none; neither has a silent card
    kPulled,    // the card leaves the reader now, unanswered
  };
  Kind kind = Kind::kNoAnswer;
  Blob response;
  std::chrono::nanoseconds delay{0};
};

struct Latency {
  std::chrono::nanoseconds per_apdu{0};
  std::chrono::nanoseconds per_byte{0};  // of command and response
};

struct Statistics {
  std::uint64_t apdus = 0;
  std::uint64_t selects = 0;
  std::uint64_t reads = 0;
  std::uint64_t verifies = 0;        // with a PIN
  std::uint64_t verifies_empty = 0;  // asking for the tries left
  std::uint64_t signs = 0;
  std::uint64_t resets = 0;
  std::uint64_t power_ons = 0;
  std::uint64_t bytes_in = 0;  // of APDUs
  std::uint64_t bytes_out = 0;
};

class VirtualCard {
 public:
  struct Hooks {
    std::function<bool(PinCounters)> save;          // false: not saved; the command answers 6581
    std::function<void(const std::string&)> trace;  // one line, no newline
  };

  VirtualCard(CardContents contents, AppletRules rules, Latency latency, Hooks hooks);

  Reaction receive(Bytes message);

  // The card has left the reader, or the reader is gone: no power, and a silent card is silent no more.
  void removed() noexcept;

  // Sets the fault named by `text` (fault.h), or says why not.
  Expected<Unit, std::string> add_fault(std::string_view text);
  void clear_faults();

  PinCounters counters() const noexcept;  // as stored; a forced block does not show
  void restore_counters(PinCounters counters) noexcept;
  bool reset_counters();  // full again, as at the municipal counter; false: not saved

  const JpkiApplet& applet() const noexcept { return applet_; }
  const Statistics& statistics() const noexcept { return statistics_; }
  void reset_statistics() noexcept { statistics_ = {}; }
  void set_trace(bool on) noexcept { trace_ = on; }

  bool silent() const noexcept { return silent_; }
  bool powered() const noexcept { return powered_; }

 private:
  void control(std::uint8_t code, Reaction& reaction);
  Reaction transmit(Bytes command);
  Blob process(Bytes command, const CommandApdu& parsed);
  void spoil_signature(Blob& response);
  void spoil_certificate(const CommandApdu& command, Blob& response) const;
  void count(const CommandApdu& command);

  JpkiApplet applet_;
  Latency latency_;
  Hooks hooks_;
  FaultSet faults_;
  Statistics statistics_;
  std::shared_ptr<const CardKey> own_auth_key_;
  std::optional<Blob> first_signature_;
  bool silent_ = false;
  bool powered_ = false;
  bool trace_ = false;
};

}  // namespace jpki::vcard
