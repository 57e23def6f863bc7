// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/account/live.h"

#include "base/wire.h"

namespace jpki::ad::account {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxText = 1000;
constexpr std::size_t kMaxWorkstations = 1024;  // characters that the schema allows userWorkstations

std::optional<Blob> finished(const WireWriter& out, Blob packet) {
  if (out.overflow()) return std::nullopt;
  packet.resize(out.used());
  return packet;
}

void put(WireWriter& out, const AccountState& state) {
  out.number(state.user_account_control);
  for (const FileTime time : {state.account_expires, state.lockout_time, state.pwd_last_set})
    out.number(static_cast<std::uint64_t>(time));
  out.flag(state.logon_hours.has_value());
  if (state.logon_hours) out.raw(*state.logon_hours);
  out.number(static_cast<std::uint16_t>(state.workstations.size()));
  for (const std::string& name : state.workstations) out.string(name);
}

AccountState get_state(WireReader& in) {
  AccountState state;
  state.user_account_control = in.number<std::uint32_t>();
  for (FileTime* time : {&state.account_expires, &state.lockout_time, &state.pwd_last_set})
    *time = static_cast<FileTime>(in.number<std::uint64_t>());
  if (in.flag()) state.logon_hours = in.array<std::tuple_size_v<LogonHours>>();
  const auto count = in.number<std::uint16_t>();
  if (count > kMaxWorkstations) in.fail();
  for (std::uint16_t i = 0; i < count && i < kMaxWorkstations; ++i) state.workstations.push_back(in.string());
  return state;
}

}  // namespace

std::optional<Blob> encode_question(const Sid& sid) {
  Blob packet(kMaxLivePacket);
  WireWriter out(packet);
  out.number(kVersion);
  out.string(Bytes(sid.encode()));
  return finished(out, packet);
}

std::optional<Sid> decode_question(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kVersion;
  const auto sid = Sid::decode(in.bytes());
  return version && in.complete() && sid ? std::optional(*sid) : std::nullopt;
}

std::optional<Blob> encode_answer(const Live& live) {
  if (live.state.workstations.size() > kMaxWorkstations) return std::nullopt;
  Blob packet(kMaxLivePacket);
  WireWriter out(packet);
  out.number(kVersion);
  out.number(static_cast<std::uint8_t>(live.kind));
  out.string(std::string_view(live.text).substr(0, kMaxText));
  put(out, live.state);
  return finished(out, packet);
}

std::optional<Live> decode_answer(Bytes packet) {
  WireReader in(packet);
  const bool version = in.number<std::uint8_t>() == kVersion;
  Live live;
  live.kind = in.enumerator(Live::Kind::kUnanswered, Live::Kind::kGone);
  live.text = in.string();
  live.state = get_state(in);
  return version && in.complete() ? std::optional(std::move(live)) : std::nullopt;
}

}  // namespace jpki::ad::account
