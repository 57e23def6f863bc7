// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages between pam_jpki.so and jpki-validator. One validator serves one login attempt:
//
//   pam_jpki                          jpki-validator
//   Start            ------------->                      what is wanted, and the nonce
//                    <-------------   LogLine*, StepReport*
//                    <-------------   AskCard            at most once; where a choice can be shown
//   CardReply|Cancel ------------->                      after the person chose
//                    <-------------   LogLine*, StepReport*
//                    <-------------   AskPin             at most once; certificate already found good, or
//                                                      a smartphone's, which nobody has seen
//   PinReply|Cancel  ------------->                      or LogLine*, StepReport*, Outcome: the card left
//                    <-------------   LogLine*, StepReport*
//                    <-------------   TicketPart*        a Kerberos ticket, where one is configured
//                    <-------------   Outcome            last message, always
//
// A frame is: length of what follows (u32, big-endian, at most kMaxFrame), type (u8), fields in the order of
// the struct. Integers are big-endian; strings and byte strings carry a u16 length. Both sides check every
// length and the order of messages (ProtocolOrder); anything unexpected ends the session.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/secret.h"
#include "base/time.h"
#include "base/verdict.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jpki {

inline constexpr std::uint16_t kProtocolVersion = 8;
inline constexpr std::size_t kMaxFrame = 8192;
inline constexpr std::size_t kNonceSize = 32;
using LoginNonce = std::array<std::uint8_t, kNonceSize>;
inline constexpr std::size_t kCardMarkSize = 32;
using CardMark = std::array<std::uint8_t, kCardMarkSize>;
inline constexpr std::size_t kMaxReaderName = 64;  // PKCS#11 v2.40, CK_SLOT_INFO.slotDescription

// What a validator is asked for. Two end in a PIN; the others unlock the screen of a session beside another
// factor (validator/unlock), without AskCard, AskPin and VERIFY.
enum class Purpose : std::uint8_t {
  kLogin = 1,
  kPresence = 2,  // is the card that opened the session in a reader?
  kRecent = 3,    // may another factor alone unlock? No card is looked at.
  kRegister = 4,  // may `user` register the card, which nobody has? Logs nobody in. Without AskCard.
};
constexpr bool ends_in_pin(Purpose purpose) noexcept {
  return purpose == Purpose::kLogin || purpose == Purpose::kRegister;
}

// An open session that a card login opened, as the system tells: never as the caller does.
struct CardSession {
  std::string boot;         // in which it was opened (base/boot_clock.h); empty: not told
  Time login{};             // of the clock, when the card login ended
  std::uint64_t up_ms = 0;  // the same by CLOCK_BOOTTIME, milliseconds
  std::optional<std::uint64_t>
      locked_up_ms{};   // since when its screen is locked; nothing: it is not, or nobody can tell
  std::string factors;  // of its login
  LoginNonce key{};     // of `mark`
  CardMark mark{};      // of the certificate of its card
  bool operator==(const CardSession&) const = default;
};
inline constexpr std::size_t kMostCardSessions = 8;
inline constexpr std::size_t kMaxCardSessionText = 64;  // of boot and factors

// The open session of a person who is not at this machine, as the system tells: never as the caller does.
struct RemoteSession {
  std::string account;    // of its user
  std::uint32_t uid = 0;  // of its user
  std::string service;    // of PAM, that opened it
  std::string display;    // ":10"; may be empty
  bool operator==(const RemoteSession&) const = default;
};

struct Start {
  std::uint16_t version = kProtocolVersion;
  LoginNonce nonce{};                  // made by the PAM module, comes back in Outcome
  std::string service;                 // PAM_SERVICE
  std::string user;                    // PAM_USER, or empty: the card says who
  std::string host;                    // this machine's name (nodename)
  std::string terminal;                // PAM_TTY; may be empty
  std::string seat;                    // logind's, at which the person sits; may be empty
  std::string origin;                  // the other machine that the person comes from; empty: none is known
  std::string config_file;             // absolute path; empty = the compiled-in one
  std::uint32_t wait_for_card_ms = 0;  // how long to wait for a card to be inserted
  std::uint32_t timeout_ms = 30000;    // machine time for the whole attempt, waiting excluded
  bool debug = false;                  // send LogLine of level debug too
  bool notices_shown = false;          // the person would see a notice of a certificate that ends soon
  bool tries_shown = true;     // the person sees how many tries are left; else fewer may be spent (PinGuard)
  bool choices_shown = false;  // the person can be asked which of several cards is meant
  bool elsewhere = false;      // the person is not at this machine: only a [[seat]] for that lets in
  bool tickets_kept = false;   // a Kerberos ticket could be kept for the person's session
  Purpose purpose = Purpose::kLogin;
  bool same_card = false;               // of a login: only a card of `sessions` counts
  std::vector<CardSession> sessions{};  // at most kMostCardSessions; for same_card and unlocking
  // In which this is about an unlocking, or about rights; nothing: a first login, or it cannot be told.
  std::optional<RemoteSession> remote_session{};
};

enum class CardKind : std::uint8_t { kMyNumber = 1, kStaff = 2 };

// One of several cards, by what a bystander may know: nothing that the card alone tells of its holder.
struct OfferedCard {
  CardKind kind = CardKind::kMyNumber;
  std::string reader;                            // its name, as the hardware tells it: not to be trusted
  std::optional<std::uint8_t> days_since_login;  // with this card, here; nothing: none that is remembered
  bool operator==(const OfferedCard&) const = default;
};
inline constexpr std::size_t kMostOfferedCards = 9;

struct AskCard {
  std::vector<OfferedCard> cards;  // two at least, kMostOfferedCards at most
  bool operator==(const AskCard&) const = default;
};

struct CardReply {
  std::uint8_t card = 0;  // its place in AskCard.cards, from 0; the validator checks it
};

// What a PIN must look like before it may be sent to a card.
struct PinForm {
  std::uint16_t min_length = 4;
  std::uint16_t max_length = 4;
  bool digits_only = true;
  bool ascii_only = false;  // printable; an input method that was left on shows here, and not as a lost try
  bool accepts(Bytes pin) const noexcept;
  bool operator==(const PinForm&) const = default;
};

struct AskPin {
  std::string account;  // the account the certificate is bound to
  PinForm form;
  std::optional<std::uint8_t> tries_left;  // nothing: the token does not tell
  std::uint8_t max_tries = 0;              // 0: the token does not tell
  bool may_be_last = false;  // nobody knows how many are left, and one was lost: only after a yes
  bool on_reader = false;    // typed on the keys of the reader; the reply has no PIN
  bool smartphone = false;   // whose certificate is told only after it: `account` is what was named
  bool operator==(const AskPin&) const = default;
};

// How long a reader with keys may wait for a PIN, beyond what a login may take.
inline constexpr std::chrono::seconds kMostOnReader{60};

struct PinReply {
  Secret pin;
  bool last_try_confirmed = false;  // the person said yes to spending the last try
};

struct Cancel {
  Verdict why = Verdict::kCancelled;  // what the person is told, for the validator's log
};

enum class LogLevel : std::uint8_t { kError = 1, kWarning = 2, kNotice = 3, kInfo = 4, kDebug = 5 };

struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;  // no personal data, no control characters, one line
};

// What the validator is doing now: tells the person to insert the card, and names the culprit of a time-out.
enum class Step : std::uint8_t {
  kConfiguring = 1,
  kOpeningModules = 2,
  kLookingForCard = 3,
  kWaitingForCard = 4,  // no card yet: ask the person to insert it
  kReadingCard = 5,
  kCheckingCertificate = 6,
  kCheckingRevocation = 7,
  kFindingAccount = 8,
  kWaitingForPin = 9,
  kVerifyingPin = 10,
  kSigning = 11,
  kClosing = 12,
  kReadingEvidence = 13,    // the PIN is wiped, the card is reset: what the network answered is looked at
  kAskingCardService = 14,  // pcscd, whether it answers; no reader and no card
  kChoosingCard = 15,       // which of several, by what is known of them; then by the person
  kReachingSeat = 16,       // the machine that the person sits at and has the card's reader
  kGettingTicket = 17,      // the KDC is waited for
  kPinOnReader = 18,        // a PIN is typed on the keys of the reader
};
std::string_view name_of(Step step) noexcept;

struct StepReport {
  Step step = Step::kConfiguring;
};

// A piece of a Kerberos ticket with its session key, in order; of no meaning to this protocol or to
// pam_jpki.so (validator/ticket/ticket.h). Who receives it wipes it, and keeps it only for a login that is
// accepted.
struct TicketPart {
  Blob bytes;  // 1 to kMaxTicketPart
  bool operator==(const TicketPart&) const = default;
};
inline constexpr std::size_t kMaxTicketPart = 4096;
inline constexpr std::size_t kMaxTicket = 48 * 1024;  // of all parts

// The card that a login was made with, for the record of its session.
struct UsedCard {
  std::string reader;  // the description of its slot, at most kMaxReaderName bytes; empty: not told
  CardMark mark{};     // of its certificate, keyed with Start.nonce (validator/card/card_mark.h)
  bool operator==(const UsedCard&) const = default;
};

struct Outcome {
  Verdict verdict = Verdict::kInternal;
  LoginNonce nonce{};                      // must equal Start.nonce
  std::string account;                     // set when a certificate was mapped; decides only with kAccepted
  std::optional<std::uint8_t> tries_left;  // after this attempt
  std::optional<std::uint8_t> expires_in;  // days; set with kAccepted alone, when the person is to be told
  // Days; set with kAccepted alone, by the login that registered the certificate in place of an older one:
  // how long that one still counts here (validator/succession).
  std::optional<std::uint8_t> overlap_days;
  std::string certificate_pseudonym;   // keyed pseudonym for the log, never the serial; may be empty
  std::string token_label;             // set with kAccepted alone, and only what is_token_label() allows
  std::optional<UsedCard> card;        // set with kAccepted alone
  std::optional<Verdict> no_ticket{};  // set with kAccepted alone: why a configured ticket is missing
  bool ticket_required = false;        // set with kAccepted alone: no session where the ticket cannot be kept
  // Set with kAccepted alone, and always by Purpose::kRegister: the mapping string of the certificate, by its
  // thumbprint, under which it is to be registered.
  std::string registrable{};
  Blob registrable_certificate{};  // beside it: its DER, at most kMaxRegistrableDer; empty: it is longer
  // Set with kAccepted alone: another card of the account waits to be registered, or was, by its holder.
  bool other_card = false;
};
inline constexpr std::size_t kMaxRegistrable = 128;
inline constexpr std::size_t kMaxRegistrableDer = 4096;

// What a session may be told of the card that it was begun with: the label of its PKCS#11 token without the
// blanks at its end, at most 32 printable ASCII characters (CK_TOKEN_INFO, PKCS#11 v2.40, 3.3). The card
// chose it.
bool is_token_label(std::string_view text) noexcept;

using Message = std::variant<Start, AskPin, PinReply, Cancel, LogLine, StepReport, Outcome, AskCard,
                             CardReply, TicketPart>;

enum class WireError : std::uint8_t {
  kClosed,      // the other side is gone
  kTimeout,     // the deadline passed
  kMalformed,   // a length, a type or a value that cannot be
  kTooLarge,    // the message does not fit into kMaxFrame
  kUnexpected,  // a well-formed message at a moment when it must not come
  kIo,          // a system call failed; errno tells
};
std::string_view name_of(WireError error) noexcept;

// Writes the frame into `out`; the number of bytes used. The caller wipes `out` (it may hold a PIN).
Expected<std::size_t, WireError> encode(const Message& message, std::span<std::uint8_t> out);

// Decodes type + fields: a frame without its length. Every byte must be used.
Expected<Message, WireError> decode(Bytes frame);

// The order of messages in one session, seen from either side. accept() is called for each message sent and
// received, and refuses the first that is out of order; after a refusal nothing is accepted any more.
class ProtocolOrder {
 public:
  bool accept(const Message& message) noexcept;
  bool finished() const noexcept { return state_ == State::kEnd; }

  enum class State : std::uint8_t {
    kBegin,
    kChecking,
    kCardAsked,
    kCardChosen,
    kPinAsked,
    kDeciding,
    kEnd,
    kBroken
  };

 private:
  State state_ = State::kBegin;
};

}  // namespace jpki
