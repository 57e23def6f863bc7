// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/protocol.h"

#include "base/wire_fields.h"

#include <algorithm>

namespace jpki {
namespace {

// Wire numbers of the messages; never reused.
enum class Type : std::uint8_t {
  kStart = 1,
  kPinReply = 2,
  kCancel = 3,
  kCardReply = 4,
  kAskPin = 16,
  kLogLine = 17,
  kStepReport = 18,
  kOutcome = 19,
  kAskCard = 20,
  kTicketPart = 21,
};

struct Encoder {
  WireWriter& w;

  void type(Type t) const { w.number(static_cast<std::uint8_t>(t)); }

  void operator()(const Start& m) const {
    type(Type::kStart);
    w.number(m.version);
    w.raw(m.nonce);
    for (const std::string* text :
         {&m.service, &m.user, &m.host, &m.terminal, &m.seat, &m.origin, &m.config_file})
      w.string(*text);
    w.number(m.wait_for_card_ms);
    w.number(m.timeout_ms);
    w.flag(m.debug);
    w.flag(m.notices_shown);
    w.flag(m.tries_shown);
    w.flag(m.choices_shown);
    w.flag(m.elsewhere);
    w.flag(m.tickets_kept);
    w.number(static_cast<std::uint8_t>(m.purpose));
    w.flag(m.same_card);
    w.number(static_cast<std::uint8_t>(m.sessions.size()));
    for (const CardSession& session : m.sessions) card_session(session);
    w.flag(m.remote_session.has_value());
    if (m.remote_session) remote_session(*m.remote_session);
  }
  void remote_session(const RemoteSession& s) const {
    w.string(s.account);
    w.number(s.uid);
    w.string(s.service);
    w.string(s.display);
  }
  void card_session(const CardSession& s) const {
    w.string(s.boot);
    w.number(static_cast<std::uint64_t>(s.login.time_since_epoch().count()));
    w.number(s.up_ms);
    w.flag(s.locked_up_ms.has_value());
    w.number(s.locked_up_ms.value_or(0));
    w.string(s.factors);
    w.raw(s.key);
    w.raw(s.mark);
  }
  void operator()(const AskPin& m) const {
    type(Type::kAskPin);
    w.string(m.account);
    put(w, m.form);
    w.optional(m.tries_left);
    w.number(m.max_tries);
    w.flag(m.may_be_last);
    w.flag(m.on_reader);
    w.flag(m.smartphone);
  }
  void operator()(const PinReply& m) const {
    type(Type::kPinReply);
    w.string(m.pin.bytes());
    w.flag(m.last_try_confirmed);
  }
  void operator()(const Cancel& m) const {
    type(Type::kCancel);
    put(w, m.why);
  }
  void operator()(const LogLine& m) const {
    type(Type::kLogLine);
    w.number(static_cast<std::uint8_t>(m.level));
    w.string(m.text);
  }
  void operator()(const StepReport& m) const {
    type(Type::kStepReport);
    w.number(static_cast<std::uint8_t>(m.step));
  }
  void operator()(const Outcome& m) const {
    type(Type::kOutcome);
    put(w, m.verdict);
    w.raw(m.nonce);
    w.string(m.account);
    w.optional(m.tries_left);
    w.optional(m.expires_in);
    w.optional(m.overlap_days);
    w.string(m.certificate_pseudonym);
    w.string(m.token_label);
    w.flag(m.no_ticket.has_value());
    put(w, m.no_ticket.value_or(Verdict::kAccepted));
    w.flag(m.ticket_required);
    w.string(m.registrable);
    w.string(Bytes(m.registrable_certificate));
    w.flag(m.other_card);
    w.flag(m.card.has_value());
    if (!m.card) return;
    w.string(m.card->reader);
    w.raw(m.card->mark);
  }
  void operator()(const AskCard& m) const {
    type(Type::kAskCard);
    w.number(static_cast<std::uint8_t>(m.cards.size()));
    for (const OfferedCard& card : m.cards) {
      w.number(static_cast<std::uint8_t>(card.kind));
      w.string(card.reader);
      w.optional(card.days_since_login);
    }
  }
  void operator()(const CardReply& m) const {
    type(Type::kCardReply);
    w.number(m.card);
  }
  void operator()(const TicketPart& m) const {
    type(Type::kTicketPart);
    w.string(m.bytes);
  }
};

CardSession read_card_session(WireReader& r) {
  CardSession s;
  s.boot = r.string();
  s.login = Time(std::chrono::seconds(static_cast<std::int64_t>(r.number<std::uint64_t>())));
  s.up_ms = r.number<std::uint64_t>();
  const bool locked = r.flag();
  const auto since = r.number<std::uint64_t>();
  if (locked) s.locked_up_ms = since;
  s.factors = r.string();
  s.key = r.array<kNonceSize>();
  s.mark = r.array<kCardMarkSize>();
  if (s.boot.size() > kMaxCardSessionText || s.factors.size() > kMaxCardSessionText) r.fail();
  return s;
}

RemoteSession read_remote_session(WireReader& r) {
  RemoteSession s;
  s.account = r.string();
  s.uid = r.number<std::uint32_t>();
  s.service = r.string();
  s.display = r.string();
  return s;
}

Start read_start(WireReader& r) {
  Start m;
  m.version = r.number<std::uint16_t>();
  m.nonce = r.array<kNonceSize>();
  for (std::string* text : {&m.service, &m.user, &m.host, &m.terminal, &m.seat, &m.origin, &m.config_file})
    *text = r.string();
  m.wait_for_card_ms = r.number<std::uint32_t>();
  m.timeout_ms = r.number<std::uint32_t>();
  m.debug = r.flag();
  m.notices_shown = r.flag();
  m.tries_shown = r.flag();
  m.choices_shown = r.flag();
  m.elsewhere = r.flag();
  m.tickets_kept = r.flag();
  m.purpose = r.enumerator(Purpose::kLogin, Purpose::kRegister);
  m.same_card = r.flag();
  const auto sessions = r.number<std::uint8_t>();
  if (sessions > kMostCardSessions) r.fail();
  for (std::size_t i = 0; r.good() && i < sessions; ++i) m.sessions.push_back(read_card_session(r));
  if (r.flag()) m.remote_session = read_remote_session(r);
  return m;
}

AskPin read_ask_pin(WireReader& r) {
  AskPin m;
  m.account = r.string();
  m.form = take_pin_form(r);
  m.tries_left = r.optional();
  m.max_tries = r.number<std::uint8_t>();
  m.may_be_last = r.flag();
  m.on_reader = r.flag();
  m.smartphone = r.flag();
  return m;
}

AskCard read_ask_card(WireReader& r) {
  AskCard m;
  const auto count = r.number<std::uint8_t>();
  if (count < 2 || count > kMostOfferedCards) r.fail();
  for (std::size_t i = 0; r.good() && i < count; ++i) {
    OfferedCard card;
    card.kind = r.enumerator(CardKind::kMyNumber, CardKind::kStaff);
    card.reader = r.string();
    card.days_since_login = r.optional();
    m.cards.push_back(std::move(card));
  }
  return m;
}

UsedCard read_used_card(WireReader& r) {
  UsedCard card;
  card.reader = r.string();
  if (card.reader.size() > kMaxReaderName) r.fail();
  card.mark = r.array<kCardMarkSize>();
  return card;
}

Outcome read_outcome(WireReader& r) {
  Outcome m;
  m.verdict = take_verdict(r);
  m.nonce = r.array<kNonceSize>();
  m.account = r.string();
  m.tries_left = r.optional();
  m.expires_in = r.optional();
  m.overlap_days = r.optional();
  if (m.overlap_days && m.verdict != Verdict::kAccepted) r.fail();
  m.certificate_pseudonym = r.string();
  m.token_label = r.string();
  if (!m.token_label.empty() && (m.verdict != Verdict::kAccepted || !is_token_label(m.token_label))) r.fail();
  const bool no_ticket = r.flag();
  const Verdict why = take_verdict(r);
  if (no_ticket) m.no_ticket = why;
  m.ticket_required = r.flag();
  if (m.ticket_required && m.verdict != Verdict::kAccepted) r.fail();
  if (no_ticket && (m.verdict != Verdict::kAccepted || why == Verdict::kAccepted)) r.fail();
  m.registrable = r.string();
  m.registrable_certificate = to_blob(r.bytes());
  m.other_card = r.flag();
  if ((!m.registrable.empty() || m.other_card) && m.verdict != Verdict::kAccepted) r.fail();
  if (m.registrable.size() > kMaxRegistrable) r.fail();
  if (m.registrable_certificate.size() > (m.registrable.empty() ? 0 : kMaxRegistrableDer)) r.fail();
  if (r.flag()) m.card = read_used_card(r);
  if (m.card && m.verdict != Verdict::kAccepted) r.fail();
  return m;
}

TicketPart read_ticket_part(WireReader& r) {
  TicketPart m{to_blob(r.bytes())};
  if (m.bytes.empty() || m.bytes.size() > kMaxTicketPart) r.fail();
  return m;
}

Expected<Message, WireError> read_pin_reply(WireReader& r) {
  auto pin = Secret::copy_of(r.bytes());
  const bool confirmed = r.flag();
  if (!pin) return Unexpected{WireError::kMalformed};
  return Message(PinReply{std::move(*pin), confirmed});
}

Expected<Message, WireError> read_fields(WireReader& r, Type type) {
  switch (type) {
    case Type::kStart:
      return Message(read_start(r));
    case Type::kAskPin:
      return Message(read_ask_pin(r));
    case Type::kPinReply:
      return read_pin_reply(r);
    case Type::kCancel:
      return Message(Cancel{take_verdict(r)});
    case Type::kLogLine: {
      const LogLevel level = r.enumerator(LogLevel::kError, LogLevel::kDebug);
      return Message(LogLine{level, r.string()});
    }
    case Type::kStepReport:
      return Message(StepReport{r.enumerator(Step::kConfiguring, Step::kPinOnReader)});
    case Type::kOutcome:
      return Message(read_outcome(r));
    case Type::kAskCard:
      return Message(read_ask_card(r));
    case Type::kCardReply:
      return Message(CardReply{r.number<std::uint8_t>()});
    case Type::kTicketPart:
      return Message(read_ticket_part(r));
  }
  return Unexpected{WireError::kMalformed};
}

}  // namespace

bool PinForm::accepts(Bytes pin) const noexcept {
  const auto fits = [this](std::uint8_t c) {
    return digits_only ? c >= '0' && c <= '9' : !ascii_only || (c >= ' ' && c <= '~');
  };
  return pin.size() >= min_length && pin.size() <= max_length && std::ranges::all_of(pin, fits);
}

bool is_token_label(std::string_view text) noexcept {
  constexpr std::size_t kMaxLabel = 32;
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kMaxLabel && !text.ends_with(' ') &&
         std::ranges::all_of(text, printable);
}

std::string_view name_of(Step step) noexcept {
  switch (step) {
    case Step::kConfiguring:
      return "configuring";
    case Step::kOpeningModules:
      return "opening-modules";
    case Step::kLookingForCard:
      return "looking-for-card";
    case Step::kWaitingForCard:
      return "waiting-for-card";
    case Step::kReadingCard:
      return "reading-card";
    case Step::kCheckingCertificate:
      return "checking-certificate";
    case Step::kCheckingRevocation:
      return "checking-revocation";
    case Step::kFindingAccount:
      return "finding-account";
    case Step::kWaitingForPin:
      return "waiting-for-pin";
    case Step::kVerifyingPin:
      return "verifying-pin";
    case Step::kSigning:
      return "signing";
    case Step::kClosing:
      return "closing";
    case Step::kReadingEvidence:
      return "reading-evidence";
    case Step::kAskingCardService:
      return "asking-card-service";
    case Step::kChoosingCard:
      return "choosing-card";
    case Step::kReachingSeat:
      return "reaching-seat";
    case Step::kGettingTicket:
      return "getting-ticket";
    case Step::kPinOnReader:
      return "pin-on-reader";
  }
  return "unknown";
}

std::string_view name_of(WireError error) noexcept {
  switch (error) {
    case WireError::kClosed:
      return "closed";
    case WireError::kTimeout:
      return "timeout";
    case WireError::kMalformed:
      return "malformed";
    case WireError::kTooLarge:
      return "too-large";
    case WireError::kUnexpected:
      return "unexpected";
    case WireError::kIo:
      return "io";
  }
  return "unknown";
}

Expected<std::size_t, WireError> encode(const Message& message, std::span<std::uint8_t> out) {
  constexpr std::size_t kPrefix = sizeof(std::uint32_t);
  if (out.size() < kPrefix) return Unexpected{WireError::kTooLarge};
  WireWriter body(out.subspan(kPrefix, std::min(out.size() - kPrefix, kMaxFrame)));
  std::visit(Encoder{body}, message);
  if (body.overflow()) return Unexpected{WireError::kTooLarge};
  WireWriter(out).number(static_cast<std::uint32_t>(body.used()));
  return kPrefix + body.used();
}

Expected<Message, WireError> decode(Bytes frame) {
  WireReader reader(frame);
  const auto type = static_cast<Type>(reader.number<std::uint8_t>());
  auto message = read_fields(reader, type);
  if (!reader.complete()) return Unexpected{WireError::kMalformed};
  return message;
}

bool ProtocolOrder::accept(const Message& message) noexcept {
  struct Rule {
    State from;
    std::size_t message;
    State to;
  };
  enum : std::size_t {
    kStart,
    kAskPin,
    kPinReply,
    kCancel,
    kLogLine,
    kStepReport,
    kOutcome,
    kAskCard,
    kCardReply,
    kTicketPart
  };
  static constexpr Rule kRules[] = {
      {State::kBegin, kStart, State::kChecking},
      {State::kChecking, kLogLine, State::kChecking},
      {State::kChecking, kStepReport, State::kChecking},
      {State::kChecking, kAskCard, State::kCardAsked},
      {State::kChecking, kAskPin, State::kPinAsked},
      {State::kChecking, kOutcome, State::kEnd},
      {State::kCardAsked, kCardReply, State::kCardChosen},
      {State::kCardAsked, kCancel, State::kDeciding},
      {State::kCardChosen, kLogLine, State::kCardChosen},
      {State::kCardChosen, kStepReport, State::kCardChosen},
      {State::kCardChosen, kAskPin, State::kPinAsked},
      {State::kCardChosen, kOutcome, State::kEnd},
      {State::kPinAsked, kPinReply, State::kDeciding},
      {State::kPinAsked, kLogLine, State::kPinAsked},
      {State::kPinAsked, kStepReport, State::kPinAsked},
      {State::kPinAsked, kOutcome, State::kEnd},
      {State::kPinAsked, kCancel, State::kDeciding},
      {State::kDeciding, kLogLine, State::kDeciding},
      {State::kDeciding, kStepReport, State::kDeciding},
      {State::kDeciding, kTicketPart, State::kDeciding},
      {State::kDeciding, kOutcome, State::kEnd},
  };
  for (const Rule& rule : kRules) {
    if (rule.from == state_ && rule.message == message.index()) {
      state_ = rule.to;
      return true;
    }
  }
  state_ = State::kBroken;
  return false;
}

}  // namespace jpki
