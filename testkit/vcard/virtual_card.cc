// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/virtual_card.h"

#include "testkit/vcard/trace.h"

#include <array>

namespace jpki::vcard {
namespace {

// A contactless card has no ATR: the reader makes one up (PC/SC part 3, 3.1.3.2.3, ISO 14443 type B). T=0 and
// T=1; eight historical bytes: application data, protocol information and MBLI of the ATQB; TCK.
constexpr std::array<std::uint8_t, 13> kAtr = {0x3B, 0x88, 0x80, 0x01, 0x00, 0x00, 0x00,
                                               0x00, 0x91, 0x81, 0x71, 0x00, 0x68};
constexpr std::size_t kCertificateHeader = 4;

Bytes data_of(const Blob& response) {
  return Bytes(response).first(response.size() - 2);
}

}  // namespace

VirtualCard::VirtualCard(CardContents contents, AppletRules rules, Latency latency, Hooks hooks)
    : applet_(std::move(contents), std::move(rules)),
      latency_(latency),
      hooks_(std::move(hooks)),
      own_auth_key_(applet_.contents().auth_key) {}

Reaction VirtualCard::receive(Bytes message) {
  if (message.size() > 1) return transmit(message);
  Reaction reaction;
  if (message.size() == 1) control(message[0], reaction);
  return reaction;
}

void VirtualCard::control(std::uint8_t code, Reaction& reaction) {
  switch (static_cast<ReaderControl>(code)) {
    case ReaderControl::kPowerOff:
      powered_ = false;
      applet_.reset();
      return;
    case ReaderControl::kPowerOn:
      powered_ = true;
      ++statistics_.power_ons;
      applet_.reset();
      return;
    case ReaderControl::kReset:
      ++statistics_.resets;
      applet_.reset();
      return;
    case ReaderControl::kGetAtr:
      if (!silent_) reaction = {.kind = Reaction::Kind::kAnswer, .response = Blob(kAtr.begin(), kAtr.end())};
      return;
  }
}

Reaction VirtualCard::transmit(Bytes command) {
  if (silent_) return {};
  const auto parsed = parse_command(command);
  const CommandApdu apdu = parsed ? *parsed : CommandApdu{};
  const auto fault = faults_.strike(apdu);
  statistics_.bytes_in += command.size();
  count(apdu);
  if (trace_) hooks_.trace(trace_command(command));
  if (fault && fault->kind == FaultKind::kPulledBefore)
    return {.kind = Reaction::Kind::kPulled, .response = {}};
  if (fault && fault->kind == FaultKind::kSilent) {
    silent_ = true;
    return {};
  }
  const bool overridden = fault && fault->kind == FaultKind::kStatusWord;
  Blob response = overridden ? make_response(fault->status) : process(command, apdu);
  if (fault && fault->kind == FaultKind::kPulledInside)
    return {.kind = Reaction::Kind::kPulled, .response = {}};
  if (trace_) hooks_.trace(trace_response(response));
  statistics_.bytes_out += response.size();
  const auto bytes = static_cast<std::int64_t>(command.size() + response.size());
  return {.kind = Reaction::Kind::kAnswer,
          .response = std::move(response),
          .delay = latency_.per_apdu + bytes * latency_.per_byte};
}

Blob VirtualCard::process(Bytes command, const CommandApdu& parsed) {
  const PinCounters before = counters();
  Blob response = applet_.process(command);
  if (counters() != before && !hooks_.save(counters())) return make_response(sw::kMemoryFailure);
  if (instruction_of(parsed) == Instruction::kSign && status_of(response) == sw::kOk)
    spoil_signature(response);
  if (instruction_of(parsed) == Instruction::kRead) spoil_certificate(parsed, response);
  return response;
}

void VirtualCard::spoil_signature(Blob& response) {
  Blob signature = to_blob(data_of(response));
  if (!first_signature_) first_signature_ = signature;
  if (faults_.has(FaultKind::kReplaySignature)) signature = *first_signature_;
  if (faults_.has(FaultKind::kBadSignature)) signature.back() ^= 1;
  if (faults_.has(FaultKind::kShortSignature)) signature.resize(signature.size() / 2);
  if (faults_.has(FaultKind::kEmptySignature)) signature.clear();
  response = make_response(signature, sw::kOk);
}

void VirtualCard::spoil_certificate(const CommandApdu& command, Blob& response) const {
  if (!faults_.has(FaultKind::kGarbageCertificate)) return;
  if (applet_.current_file() != FileId::kAuthCertificate) return;
  const std::size_t offset = offset_of(command);
  for (std::size_t i = 0; i + 2 < response.size(); ++i) {
    if (offset + i >= kCertificateHeader) response[i] = static_cast<std::uint8_t>((offset + i) * 151);
  }
}

void VirtualCard::count(const CommandApdu& command) {
  ++statistics_.apdus;
  switch (instruction_of(command)) {
    case Instruction::kSelect:
      ++statistics_.selects;
      return;
    case Instruction::kRead:
      ++statistics_.reads;
      return;
    case Instruction::kVerify:
      ++statistics_.verifies;
      return;
    case Instruction::kVerifyEmpty:
      ++statistics_.verifies_empty;
      return;
    case Instruction::kSign:
      ++statistics_.signs;
      return;
    case Instruction::kOther:
      return;
  }
}

void VirtualCard::removed() noexcept {
  silent_ = false;
  powered_ = false;
  applet_.reset();
}

Expected<Unit, std::string> VirtualCard::add_fault(std::string_view text) {
  const auto fault = parse_fault(text);
  if (!fault) return Unexpected{fault.error()};
  if (fault->kind == FaultKind::kWrongKey) {
    auto key = CardKey::generate(own_auth_key_->type());
    if (!key) return Unexpected{std::string("fault wrong-key: GnuTLS could not make a key")};
    applet_.replace_auth_key(std::make_shared<const CardKey>(std::move(*key)));
  }
  if (fault->kind == FaultKind::kBlockedAuth) applet_.auth_pin().force_block(true);
  if (fault->kind == FaultKind::kBlockedSign) applet_.sign_pin().force_block(true);
  faults_.add(*fault);
  return Unit{};
}

void VirtualCard::clear_faults() {
  faults_.clear();
  applet_.replace_auth_key(own_auth_key_);
  applet_.auth_pin().force_block(false);
  applet_.sign_pin().force_block(false);
}

PinCounters VirtualCard::counters() const noexcept {
  return {applet_.auth_pin().stored_tries(), applet_.sign_pin().stored_tries()};
}

void VirtualCard::restore_counters(PinCounters counters) noexcept {
  applet_.auth_pin().restore(counters.auth);
  applet_.sign_pin().restore(counters.sign);
}

bool VirtualCard::reset_counters() {
  restore_counters({applet_.auth_pin().rule().max_tries, applet_.sign_pin().rule().max_tries});
  return hooks_.save(counters());
}

}  // namespace jpki::vcard
