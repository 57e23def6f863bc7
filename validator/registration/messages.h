// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpkictl and jpki-validator say to each other while a card is registered: one packet (SOCK_SEQPACKET)
// for each message, fields as in base/wire.h. jpkictl is root and decodes no certificate: it is told what is
// in one.
//
//   jpkictl          validator
//   Task        ->
//               <-   WaitingForCard, Note     any number
//               <-   CardReading              one for each login certificate: tasks kRead and kCheck
//               <-   PinQuestion              once at most: task kProve alone
//   PinAnswer   ->
//               <-   Finished
#pragma once

#include "base/bytes.h"
#include "base/protocol.h"
#include "base/time.h"
#include "validator/x509/kind.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jpki::registration {

// With what jpkictl starts jpki-validator; the socket is its standard input.
inline constexpr char kVerb[] = "--registration";

// A packet has no more bytes.
inline constexpr std::size_t kMaxPacket = std::size_t{160} << 10;

// kRead looks at every login certificate, revocation included, and asks for no PIN: the network's bytes are
// decoded in a process that never knows one. kProve has one certificate's card sign a challenge. kCheck looks
// at a certificate that came without its card: no card and no card service is asked.
enum class Work : std::uint8_t { kRead = 1, kProve = 2, kCheck = 3 };

struct Task {
  Work work = Work::kRead;
  std::string config_file;    // absolute path; empty: the compiled-in one
  std::string reader;         // only cards in readers whose name contains this; empty: all
  std::uint32_t wait_ms = 0;  // for a card
  LoginNonce nonce{};         // kProve: of the challenge
  std::string account;        // kProve: to whom the card will be bound
  std::string host;           // kProve: this machine's name
  Blob certificate;           // DER; kProve: the card is asked for this one alone. kCheck: this is it
};

struct WaitingForCard {};

struct Note {
  std::string text;  // for the administrator; no personal data
};

// One login certificate on one card, or (kCheck) on none: then what is of the reader and the PIN means
// nothing.
struct CardReading {
  std::string reader;
  x509::Kind kind = x509::Kind::kUnknown;
  Blob certificate;  // DER

  Verdict path = Verdict::kInternal;
  std::string path_cause;  // the clause that failed
  std::string anchor;      // its name; empty when no path ends at one
  Verdict revocation = Verdict::kInternal;
  std::string revocation_cause;  // or the source that said "good"

  Verdict pin = Verdict::kInternal;        // kAccepted: it may be asked for
  std::optional<std::uint8_t> tries_left;  // nothing: the token does not tell
  std::uint8_t max_tries = 0;              // 0: the token does not tell

  // Strong mapping strings that name this certificate alone (map::names_one_certificate), the strongest
  // first.
  std::vector<std::string> mappings;

  // Personal data: for root's own eyes.
  std::string issuer_and_serial;  // "X509:<I>…<SR>…"
  std::string subject;
  Time not_before{};
  Time not_after{};
};

// Whether this verdict on a PIN says that the token cannot log in, and not that it could not be asked.
bool bars_token(Verdict pin) noexcept;

struct PinQuestion {
  PinForm form;
  std::optional<std::uint8_t> tries_left;
  std::uint8_t max_tries = 0;
  bool may_be_last = false;
  bool on_reader = false;
};

// No PIN: the person gave none.
struct PinAnswer {
  std::optional<Secret> pin;
  bool last_try_confirmed = false;
};

struct Finished {
  Verdict verdict = Verdict::kInternal;
  std::string cause;                       // for the administrator; no personal data
  std::optional<std::uint8_t> tries_left;  // kProve
};

using Message = std::variant<Task, WaitingForCard, Note, CardReading, PinQuestion, PinAnswer, Finished>;

// The caller wipes what may hold a PIN. Empty: a field is too long.
Blob encode(const Message& message);
// Nothing for what is no message.
std::optional<Message> decode(Bytes packet);

}  // namespace jpki::registration
