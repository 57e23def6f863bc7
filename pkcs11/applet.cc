// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/applet.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

// Status words, ISO/IEC 7816-4, 5.1.3.
constexpr StatusWord kOk = 0x9000;
constexpr StatusWord kEndOfFile = 0x6282;
constexpr StatusWord kTriesLeft = 0x63C0;  // low nibble: the number
constexpr StatusWord kWrongLength = 0x6700;
constexpr StatusWord kNotVerified = 0x6982;
constexpr StatusWord kPinBlocked = 0x6983;
constexpr StatusWord kPinUnusable = 0x6984;
constexpr StatusWord kFileNotFound = 0x6A82;
constexpr StatusWord kOffsetOutside = 0x6B00;

constexpr std::uint8_t kSelect = 0xA4;
constexpr std::uint8_t kByName = 0x04;
constexpr std::uint8_t kByIdentifier = 0x02;
constexpr std::uint8_t kNoResponse = 0x0C;  // P2 of SELECT
constexpr std::uint8_t kReadBinary = 0xB0;
constexpr std::uint8_t kShortIdentifier = 0x80;  // P1 of READ BINARY, whose lower bits then name the file
constexpr std::uint8_t kVerify = 0x20;
constexpr std::uint8_t kSelectedPin = 0x80;  // P2 of VERIFY
constexpr std::uint8_t kProprietary = 0x80;  // class
constexpr std::uint8_t kSecurityOperation = 0x2A;
constexpr std::uint8_t kSelectedKey = 0x80;  // P2 of the security operation

constexpr std::size_t kTokenInfoSize = 32;
constexpr std::size_t kHeader = 4;  // SEQUENCE with a length of two octets: 30 82 LL LL

bool locked(StatusWord status) {
  return status == kTriesLeft || status == kPinBlocked || status == kPinUnusable;
}

bool was_read(const Answer& answer) {
  return answer.status == kOk || answer.status == kEndOfFile;
}

Expected<PinAnswer, Trouble> pin_answer(StatusWord status) {
  if (status == kOk) return PinAnswer::kRight;
  if (locked(status)) return PinAnswer::kLocked;
  if ((status & 0xFFF0) == kTriesLeft) return PinAnswer::kWrong;
  return Unexpected{Trouble::kCardError};
}

// P1 of a READ BINARY of the file's beginning that needs no SELECT before it; ISO/IEC 7816-4, 7.2.3
// and 5.3.1.1.
std::optional<std::uint8_t> p1_naming(const FileId& file) {
  if (file[0] != 0 || file[1] == 0 || file[1] > 30) return std::nullopt;
  return static_cast<std::uint8_t>(kShortIdentifier | file[1]);
}

// The size of the certificate that begins like this; nothing: it is none, or larger than we take.
std::optional<std::size_t> size_told(Bytes beginning) {
  if (beginning.size() < kHeader || beginning[0] != 0x30 || beginning[1] != 0x82) return std::nullopt;
  const std::size_t size = kHeader + (static_cast<std::size_t>(beginning[2]) << 8 | beginning[3]);
  if (size > Applet::kMaxCertificate) return std::nullopt;
  return size;
}

}  // namespace

Expected<Applet, Trouble> Applet::select(Card& card, Findings& findings) {
  for (const Medium& medium : media()) {
    if (!medium.says.empty()) continue;
    const auto answer =
        exchange(card, {.ins = kSelect, .p1 = kByName, .p2 = kNoResponse, .data = medium.application});
    if (!answer) return Unexpected{answer.error()};
    if (answer->status != kOk) continue;
    Applet applet(card, findings, medium);
    if (findings.medium == nullptr) return applet;
    const auto told = applet.medium_by_its_own_word();
    if (!told) return Unexpected{told.error()};
    if (*told != findings.medium) return Unexpected{Trouble::kCardError};
    applet.medium_ = *told;
    return applet;
  }
  return Unexpected{Trouble::kNotRecognised};
}

// Null: none that is known, or the card does not say.
Expected<const Medium*, Trouble> Applet::medium_by_its_own_word() {
  const auto selected = try_select(medium_->token_info);
  if (!selected) return Unexpected{selected.error()};
  if (*selected != kOk) return nullptr;
  const auto answer = read(0, kTokenInfoSize);
  if (!answer) return Unexpected{answer.error()};
  return was_read(*answer) ? medium_that_says(answer->data, *medium_) : nullptr;
}

Expected<StatusWord, Trouble> Applet::try_select(const FileId& file) {
  if (selected_ == file) return kOk;
  selected_.reset();
  const auto answer =
      exchange(*card_, {.ins = kSelect, .p1 = kByIdentifier, .p2 = kNoResponse, .data = file});
  if (!answer) return Unexpected{answer.error()};
  if (answer->status == kOk) selected_ = file;
  return answer->status;
}

Expected<Unit, Trouble> Applet::select_file(const FileId& file) {
  const auto status = try_select(file);
  if (!status) return Unexpected{status.error()};
  if (*status != kOk) return Unexpected{Trouble::kCardError};
  return Unit{};
}

Expected<std::uint8_t, Trouble> Applet::tries_left() {
  if (auto selected = select_file(medium_->pin); !selected) return Unexpected{selected.error()};
  const auto answer = exchange(*card_, {.ins = kVerify, .p2 = kSelectedPin});
  if (!answer) return Unexpected{answer.error()};
  if (locked(answer->status)) return std::uint8_t{0};
  if ((answer->status & 0xFFF0) != kTriesLeft) return Unexpected{Trouble::kCardError};
  return static_cast<std::uint8_t>(answer->status & 0x0F);
}

Expected<PinAnswer, Trouble> Applet::verify(Bytes pin) {
  if (form_of(pin, *medium_) != PinForm::kGood) return Unexpected{Trouble::kCardError};
  if (auto selected = select_file(medium_->pin); !selected) return Unexpected{selected.error()};
  const auto answer = exchange(*card_, {.ins = kVerify, .p2 = kSelectedPin, .data = pin});
  if (!answer) return Unexpected{answer.error()};
  return pin_answer(answer->status);
}

// The reader's command has no Le, so nothing is left to be fetched or asked again.
Expected<PinAnswer, Trouble> Applet::verify_on_reader() {
  if (!can_verify_on_reader()) return Unexpected{Trouble::kCardError};
  if (auto selected = select_file(medium_->pin); !selected) return Unexpected{selected.error()};
  const auto response = card_->verify_on_keys(pin_verify({.ins = kVerify, .p2 = kSelectedPin}, *medium_));
  if (!response) return Unexpected{response.error()};
  const auto answer = parse_answer(*response);
  if (!answer || !answer->data.empty()) return Unexpected{Trouble::kCardError};
  if (answer->status == kNothingTyped || answer->status == kEntryCancelled) return PinAnswer::kNotTyped;
  if (answer->status == kEntryOfWrongLength) return PinAnswer::kWrongNumberOfKeys;
  return pin_answer(answer->status);
}

Expected<Blob, Trouble> Applet::certificate() {
  auto content = read_file(medium_->certificate);
  if (!content) return Unexpected{content.error()};
  if (*content && !(*content)->empty()) return std::move(**content);
  if (!medium_->certificate_after_pin) {
    const auto told = medium_by_its_own_word();
    if (!told) return Unexpected{told.error()};
    if (*told != nullptr && (*told)->certificate_after_pin) {
      medium_ = *told;
      *findings_ = {.medium = medium_};  // what was refused, was so for want of a PIN
      return Unexpected{Trouble::kPinNeeded};
    }
  }
  if (!*content) return Unexpected{Trouble::kCardError};
  return Blob{};
}

Expected<Blob, Trouble> Applet::authority() {
  auto content = read_file(medium_->authority);
  if (!content) return Unexpected{content.error()};
  if (!*content) return Unexpected{Trouble::kCardError};
  return std::move(**content);
}

Expected<std::optional<Blob>, Trouble> Applet::read_file(const FileId& file) {
  bool begun = false;
  if (const auto p1 = p1_naming(file); p1 && !findings_->short_identifiers_refused) {
    selected_.reset();
    auto beginning = read_beginning(*p1);
    // Nonsense may be all that a card without short identifiers has for one.
    if (!beginning && beginning.error() != Trouble::kCardError) return Unexpected{beginning.error()};
    begun = beginning && was_read(*beginning) && size_told(beginning->data);
    if (begun) {
      selected_ = file;
      auto content = read_rest(std::move(beginning->data));
      if (!content || *content) return content;
      selected_.reset();
    }
    findings_->short_identifiers_refused = true;
  }
  auto content = read_selected(file);
  // What was there a moment ago is not empty.
  if (begun && content && *content && (*content)->empty()) return Unexpected{Trouble::kCardError};
  return content;
}

Expected<std::optional<Blob>, Trouble> Applet::read_selected(const FileId& file) {
  const auto selected = try_select(file);
  if (!selected) return Unexpected{selected.error()};
  if (*selected == kFileNotFound) return std::optional(Blob{});
  if (*selected != kOk) return std::optional<Blob>();
  auto beginning = read_beginning(0);
  if (!beginning) return Unexpected{beginning.error()};
  if (beginning->status == kOffsetOutside || (was_read(*beginning) && beginning->data.empty()))
    return std::optional(Blob{});
  if (!was_read(*beginning)) return std::optional<Blob>();
  auto content = read_rest(std::move(beginning->data));
  if (content && !*content) return Unexpected{Trouble::kCardError};
  return content;
}

Expected<std::optional<Blob>, Trouble> Applet::read_rest(Blob content) {
  const auto size = size_told(content);
  if (!size) return std::optional<Blob>();
  while (content.size() < *size) {
    const std::size_t most = findings_->extended_refused ? kShortNe : card_->longest_answer();
    const auto piece = read(content.size(), std::min(*size - content.size(), most));
    if (!piece) return Unexpected{piece.error()};
    if (!was_read(*piece) || piece->data.empty()) return std::optional<Blob>();
    append_bytes(content, piece->data);
  }
  content.resize(*size);  // a file may be longer than what is in it
  return std::optional(std::move(content));
}

// The first read tells the size, and whether card and reader take an extended length: the card's ATR does
// not. A refusal of a read that names its file may mean the name, unless it says that it means the length.
Expected<Answer, Trouble> Applet::read_beginning(std::uint8_t p1) {
  const auto offset = static_cast<std::size_t>(p1) << 8;
  const std::size_t longest = card_->longest_answer();
  if (longest > kShortNe && !findings_->extended_refused) {
    auto answer = read(offset, longest);
    const bool refused = answer ? (p1 == 0 ? !was_read(*answer) : answer->status == kWrongLength)
                                : answer.error() == Trouble::kCardError;
    if (!refused) return answer;
    findings_->extended_refused = true;
  }
  return read(offset, kShortNe);
}

Expected<Answer, Trouble> Applet::read(std::size_t offset, std::size_t ne) {
  return exchange(*card_, {.ins = kReadBinary,
                           .p1 = static_cast<std::uint8_t>(offset >> 8),
                           .p2 = static_cast<std::uint8_t>(offset),
                           .ne = ne});
}

Expected<std::optional<Blob>, Trouble> Applet::sign(Bytes input) {
  if (auto selected = select_file(medium_->key); !selected) return Unexpected{selected.error()};
  auto answer = exchange(
      *card_,
      {.cla = kProprietary, .ins = kSecurityOperation, .p2 = kSelectedKey, .data = input, .ne = kShortNe});
  if (!answer) return Unexpected{answer.error()};
  if (answer->status == kNotVerified) return std::optional<Blob>();
  if (answer->status != kOk) return Unexpected{Trouble::kCardError};
  return std::optional<Blob>(std::move(answer->data));
}

}  // namespace jpki::pkcs11
