// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/bindings/packets.h"

#include "base/wire.h"

namespace jpki::ad::bindings {
namespace {

constexpr std::size_t kMaxText = 2000;

enum class Tag : std::uint8_t { kFind = 1, kChange, kFound, kEnd };

void put(WireWriter& out, Tag tag) {
  out.number(static_cast<std::uint8_t>(tag));
}

void put(WireWriter& out, const Find& find) {
  put(out, Tag::kFind);
  out.number(static_cast<std::uint8_t>(find.what));
  out.number(static_cast<std::uint8_t>(find.text.size()));
  for (const std::string& text : find.text) out.string(text);
}

void put(WireWriter& out, const Change& change) {
  put(out, Tag::kChange);
  out.raw(change.guid);
  out.flag(change.add);
  out.string(change.value);
}

void put(WireWriter& out, const Found& found) {
  put(out, Tag::kFound);
  out.raw(found.guid);
  out.string(found.dn);
  out.string(found.account);
  out.flag(found.value.has_value());
  out.string(found.value.value_or(std::string()));
}

void put(WireWriter& out, const End& end) {
  put(out, Tag::kEnd);
  out.number(static_cast<std::uint8_t>(end.outcome));
  out.string(end.controller);
  out.string(std::string_view(end.text).substr(0, kMaxText));
}

template <class Message>
std::optional<Blob> encode_any(const Message& message) {
  Blob packet(kMaxPacket);
  WireWriter out(packet);
  std::visit([&out](const auto& one) { put(out, one); }, message);
  if (out.overflow()) return std::nullopt;
  packet.resize(out.used());
  return packet;
}

Find get_find(WireReader& in) {
  Find find;
  find.what = in.enumerator(Find::What::kAccount, Find::What::kAll);
  const auto count = in.number<std::uint8_t>();
  if (count > kMaxTexts || (find.what == Find::What::kAccount && count != 1)) in.fail();
  for (std::uint8_t i = 0; i < count && in.good(); ++i) find.text.push_back(in.string());
  return find;
}

Change get_change(WireReader& in) {
  Change change;
  change.guid = in.array<std::tuple_size_v<Guid>>();
  change.add = in.flag();
  change.value = in.string();
  if (change.value.empty()) in.fail();
  return change;
}

Found get_found(WireReader& in) {
  Found found;
  found.guid = in.array<std::tuple_size_v<Guid>>();
  found.dn = in.string();
  found.account = in.string();
  const bool held = in.flag();
  std::string value = in.string();
  if (held) found.value = std::move(value);
  return found;
}

End get_end(WireReader& in) {
  End end;
  end.outcome = in.enumerator(Outcome::kDone, Outcome::kNotAvailable);
  end.controller = in.string();
  end.text = in.string();
  return end;
}

}  // namespace

std::optional<Blob> encode(const Question& question) {
  const auto* find = std::get_if<Find>(&question);
  if (find != nullptr && find->text.size() > kMaxTexts) return std::nullopt;
  return encode_any(question);
}

std::optional<Blob> encode(const Answer& answer) {
  return encode_any(answer);
}

std::optional<Question> decode_question(Bytes packet) {
  WireReader in(packet);
  std::optional<Question> question;
  switch (in.enumerator(Tag::kFind, Tag::kChange)) {
    case Tag::kFind:
      question = get_find(in);
      break;
    case Tag::kChange:
      question = get_change(in);
      break;
    case Tag::kFound:
    case Tag::kEnd:
      break;
  }
  return in.complete() ? question : std::nullopt;
}

std::optional<Answer> decode_answer(Bytes packet) {
  WireReader in(packet);
  std::optional<Answer> answer;
  switch (in.enumerator(Tag::kFound, Tag::kEnd)) {
    case Tag::kFound:
      answer = get_found(in);
      break;
    case Tag::kEnd:
      answer = get_end(in);
      break;
    case Tag::kFind:
    case Tag::kChange:
      break;
  }
  return in.complete() ? answer : std::nullopt;
}

}  // namespace jpki::ad::bindings
