// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/registration/messages.h"

#include "base/wire_fields.h"

#include <type_traits>

namespace jpki::registration {
namespace {

constexpr std::size_t kMostMappings = 8;

// The number of a message is its place in the variant.
template <class T, std::size_t kPlace = 0>
constexpr std::uint8_t type_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<kPlace, Message>, T>)
    return kPlace;
  else
    return type_of<T, kPlace + 1>();
}

void put(WireWriter& w, Time when) {
  w.number(static_cast<std::uint64_t>(when.time_since_epoch().count()));
}

Time take_time(WireReader& r) {
  return Time(std::chrono::seconds(static_cast<std::int64_t>(r.number<std::uint64_t>())));
}

struct Write {
  WireWriter& w;

  void operator()(const Task& m) const {
    w.number(static_cast<std::uint8_t>(m.work));
    w.string(m.config_file);
    w.string(m.reader);
    w.number(m.wait_ms);
    w.raw(m.nonce);
    w.string(m.account);
    w.string(m.host);
    w.string(Bytes(m.certificate));
  }
  void operator()(const WaitingForCard&) const {}
  void operator()(const Note& m) const { w.string(m.text); }
  void operator()(const CardReading& m) const {
    w.string(m.reader);
    w.string(x509::name_of(m.kind));
    w.string(Bytes(m.certificate));
    put(w, m.path);
    w.string(m.path_cause);
    w.string(m.anchor);
    put(w, m.revocation);
    w.string(m.revocation_cause);
    put(w, m.pin);
    w.optional(m.tries_left);
    w.number(m.max_tries);
    w.number(static_cast<std::uint8_t>(m.mappings.size()));
    for (const std::string& mapping : m.mappings) w.string(mapping);
    w.string(m.issuer_and_serial);
    w.string(m.subject);
    put(w, m.not_before);
    put(w, m.not_after);
  }
  void operator()(const PinQuestion& m) const {
    put(w, m.form);
    w.optional(m.tries_left);
    w.number(m.max_tries);
    w.flag(m.may_be_last);
    w.flag(m.on_reader);
  }
  void operator()(const PinAnswer& m) const {
    w.flag(m.pin.has_value());
    w.flag(m.last_try_confirmed);
    if (m.pin) w.string(m.pin->bytes());
  }
  void operator()(const Finished& m) const {
    put(w, m.verdict);
    w.string(m.cause);
    w.optional(m.tries_left);
  }
};

Task read_task(WireReader& r) {
  Task m;
  m.work = r.enumerator(Work::kRead, Work::kCheck);
  m.config_file = r.string();
  m.reader = r.string();
  m.wait_ms = r.number<std::uint32_t>();
  m.nonce = r.array<std::tuple_size_v<LoginNonce>>();
  m.account = r.string();
  m.host = r.string();
  m.certificate = to_blob(r.bytes());
  return m;
}

CardReading read_card(WireReader& r) {
  CardReading m;
  m.reader = r.string();
  const auto kind = x509::kind_from(r.string());
  if (!kind) r.fail();
  m.kind = kind.value_or(x509::Kind::kUnknown);
  m.certificate = to_blob(r.bytes());
  m.path = take_verdict(r);
  m.path_cause = r.string();
  m.anchor = r.string();
  m.revocation = take_verdict(r);
  m.revocation_cause = r.string();
  m.pin = take_verdict(r);
  m.tries_left = r.optional();
  m.max_tries = r.number<std::uint8_t>();
  const auto count = r.number<std::uint8_t>();
  if (count > kMostMappings) r.fail();
  for (std::uint8_t i = 0; i < count && r.good(); ++i) m.mappings.push_back(r.string());
  m.issuer_and_serial = r.string();
  m.subject = r.string();
  m.not_before = take_time(r);
  m.not_after = take_time(r);
  return m;
}

PinQuestion read_question(WireReader& r) {
  PinQuestion m;
  m.form = take_pin_form(r);
  m.tries_left = r.optional();
  m.max_tries = r.number<std::uint8_t>();
  m.may_be_last = r.flag();
  m.on_reader = r.flag();
  return m;
}

PinAnswer read_answer(WireReader& r) {
  PinAnswer m;
  const bool given = r.flag();
  m.last_try_confirmed = r.flag();
  if (given) m.pin = Secret::copy_of(r.bytes());
  if (given && !m.pin) r.fail();
  return m;
}

Finished read_finished(WireReader& r) {
  Finished m;
  m.verdict = take_verdict(r);
  m.cause = r.string();
  m.tries_left = r.optional();
  return m;
}

std::optional<Message> read_body(std::uint8_t type, WireReader& r) {
  switch (type) {
    case type_of<Task>():
      return read_task(r);
    case type_of<WaitingForCard>():
      return WaitingForCard{};
    case type_of<Note>():
      return Note{r.string()};
    case type_of<CardReading>():
      return read_card(r);
    case type_of<PinQuestion>():
      return read_question(r);
    case type_of<PinAnswer>():
      return read_answer(r);
    case type_of<Finished>():
      return read_finished(r);
  }
  return std::nullopt;
}

}  // namespace

bool bars_token(Verdict pin) noexcept {
  return pin == Verdict::kPinLocked || pin == Verdict::kPinNotSet || pin == Verdict::kPinToBeChanged ||
         pin == Verdict::kTokenWithoutPin;
}

Blob encode(const Message& message) {
  Blob packet(kMaxPacket);
  WireWriter writer(packet);
  writer.number(static_cast<std::uint8_t>(message.index()));
  std::visit(Write{writer}, message);
  packet.resize(writer.overflow() ? 0 : writer.used());
  return packet;
}

std::optional<Message> decode(Bytes packet) {
  WireReader reader(packet);
  const auto type = reader.number<std::uint8_t>();
  auto message = read_body(type, reader);
  if (!message || !reader.complete()) return std::nullopt;
  return message;
}

}  // namespace jpki::registration
