// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/jpki_applet.h"

#include <algorithm>
#include <array>

namespace jpki::vcard {
namespace {

constexpr std::array<std::uint8_t, 10> kJpkiAid = {0xD3, 0x92, 0xF0, 0x00, 0x26,
                                                   0x01, 0x00, 0x00, 0x00, 0x01};
constexpr std::size_t kMaxNameSize = 16;                                     // ISO/IEC 7816-4:2005, 5.3.1.1
constexpr std::string_view kTokenInfo = "JPKIAPICCTOKEN2                 ";  // 32 bytes, padded with spaces
constexpr std::string_view kPhoneInfo = "JPKIAPGPSETOKEN                 ";

constexpr std::uint8_t kPlainClass = 0x00;
constexpr std::uint8_t kProprietaryClass = 0x80;

constexpr std::array kFiles = {
    FileId::kSignCertificate, FileId::kSignCa,  FileId::kTokenInfo, FileId::kAuthCertificate, FileId::kAuthCa,
    FileId::kAuthKey,         FileId::kAuthPin, FileId::kSignKey,   FileId::kSignPin,
};

Blob tries_left(const CardPin& pin) {
  return make_response(static_cast<StatusWord>(sw::kTriesLeft | pin.tries_left()));
}

}  // namespace

JpkiApplet::JpkiApplet(CardContents contents, AppletRules rules)
    : contents_(std::move(contents)),
      rules_(std::move(rules)),
      auth_pin_(rules_.auth_pin),
      sign_pin_(rules_.sign_pin) {}

void JpkiApplet::reset() noexcept {
  application_selected_ = false;
  current_file_.reset();
  auth_pin_.forget();
  sign_pin_.forget();
}

Blob JpkiApplet::process(Bytes command) {
  const auto parsed = parse_command(command);
  if (!parsed) return make_response(parsed.error());
  if (const auto error = class_error(*parsed)) return make_response(*error);
  switch (instruction_of(*parsed)) {
    case Instruction::kSelect:
      return select(*parsed);
    case Instruction::kRead:
      return read_binary(*parsed);
    case Instruction::kVerify:
    case Instruction::kVerifyEmpty:
      return verify(*parsed);
    case Instruction::kSign:
      return compute_digital_signature(*parsed);
    case Instruction::kOther:
      break;
  }
  return make_response(sw::kUnknownInstruction);
}

std::optional<StatusWord> JpkiApplet::class_error(const CommandApdu& command) const noexcept {
  const bool interindustry = (command.cla & 0xE0) == 0;
  if (interindustry && (command.cla & 0x10) != 0) return sw::kNoChaining;
  if (interindustry && (command.cla & 0x0C) != 0) return sw::kNoSecureMessaging;
  if (interindustry && (command.cla & 0x03) != 0) return sw::kNoLogicalChannels;
  if (command.cla != kPlainClass && command.cla != kProprietaryClass) return sw::kUnknownClass;
  const Instruction instruction = instruction_of(command);
  if (instruction == Instruction::kOther) return sw::kUnknownInstruction;
  const std::uint8_t right_class = instruction == Instruction::kSign ? kProprietaryClass : kPlainClass;
  if (command.cla != right_class) return sw::kUnknownClass;
  return std::nullopt;
}

Blob JpkiApplet::select(const CommandApdu& command) {
  const bool by_name = command.p1 == 0x04;
  const bool by_identifier = command.p1 == 0x02;
  if (command.p2 != 0x0C || (!by_name && !by_identifier)) return make_response(sw::kWrongP1P2);
  return by_name ? select_application(command.data) : select_file(command.data);
}

Blob JpkiApplet::select_application(Bytes name) {
  if (name.empty() || name.size() > kMaxNameSize) return make_response(sw::kWrongLength);
  if (!std::ranges::equal(name, kJpkiAid)) return make_response(sw::kFileNotFound);
  reset();
  application_selected_ = true;
  return make_response(sw::kOk);
}

Blob JpkiApplet::select_file(Bytes identifier) {
  if (identifier.size() != 2) return make_response(sw::kWrongLength);
  const auto wanted = static_cast<FileId>(identifier[0] << 8 | identifier[1]);
  if (!application_selected_ || std::ranges::find(kFiles, wanted) == kFiles.end()) {
    return make_response(sw::kFileNotFound);
  }
  current_file_ = wanted;
  return make_response(sw::kOk);
}

std::optional<Bytes> JpkiApplet::readable_file(FileId file) const noexcept {
  switch (file) {
    case FileId::kSignCertificate:
      return contents_.sign_certificate;
    case FileId::kSignCa:
      return contents_.sign_ca;
    case FileId::kTokenInfo:
      return as_bytes(rules_.smartphone ? kPhoneInfo : kTokenInfo);
    case FileId::kAuthCertificate:
      return contents_.auth_certificate;
    case FileId::kAuthCa:
      return contents_.auth_ca;
    case FileId::kAuthKey:
    case FileId::kAuthPin:
    case FileId::kSignKey:
    case FileId::kSignPin:
      return std::nullopt;
  }
  return std::nullopt;
}

// A short identifier in P1 makes that file the current one; 0 is the one that is.
std::optional<StatusWord> JpkiApplet::select_by_short_identifier(std::uint8_t p1) noexcept {
  if (!rules_.short_identifiers || (p1 & 0x60) != 0) return sw::kWrongP1P2;
  const auto wanted = static_cast<FileId>(p1 & 0x1F);
  if (wanted == FileId{0}) return std::nullopt;
  if (!application_selected_ || std::ranges::find(kFiles, wanted) == kFiles.end()) return sw::kFileNotFound;
  current_file_ = wanted;
  return std::nullopt;
}

Blob JpkiApplet::read_binary(const CommandApdu& command) {
  if (!command.data.empty() || command.ne == 0) return make_response(sw::kWrongLength);
  if (names_file(command)) {
    if (const auto refused = select_by_short_identifier(command.p1)) return make_response(*refused);
  }
  if (!current_file_) return make_response(sw::kNoCurrentFile);
  const auto file = readable_file(*current_file_);
  if (!file) return make_response(sw::kIncompatibleFile);
  if (*current_file_ == FileId::kSignCertificate && !sign_pin_.verified()) {
    return make_response(sw::kSecurityNotSatisfied);
  }
  if (rules_.smartphone && *current_file_ == FileId::kAuthCertificate && !auth_pin_.verified())
    return make_response(sw::kSecurityNotSatisfied);
  const std::size_t offset = offset_of(command);
  if (offset >= file->size()) return make_response(sw::kOffsetOutside);
  const Bytes left = file->subspan(offset);
  const bool up_to_the_end = command.ne == 256 || command.ne == 65536;  // Le of zero bytes only
  const bool short_of_ne = left.size() < command.ne && !up_to_the_end;
  return make_response(left.first(std::min(left.size(), command.ne)), short_of_ne ? sw::kEndOfFile : sw::kOk);
}

CardPin* JpkiApplet::selected_pin() noexcept {
  if (current_file_ == FileId::kAuthPin) return &auth_pin_;
  if (current_file_ == FileId::kSignPin) return &sign_pin_;
  return nullptr;
}

Blob JpkiApplet::verify(const CommandApdu& command) {
  if (command.p1 != 0x00 || command.p2 != 0x80) return make_response(sw::kWrongP1P2);
  if (command.ne != 0) return make_response(sw::kWrongLength);
  if (!current_file_) return make_response(sw::kNoCurrentFile);
  CardPin* const pin = selected_pin();
  if (pin == nullptr) return make_response(sw::kIncompatibleFile);
  if (command.data.empty()) {
    const bool tells_status = pin->blocked() && rules_.blocked_empty_verify;
    return tells_status ? make_response(rules_.blocked) : tries_left(*pin);
  }
  if (pin->blocked()) return make_response(rules_.blocked);
  if (!pin->fits(command.data)) return make_response(sw::kWrongLength);
  return pin->verify(command.data) ? make_response(sw::kOk) : tries_left(*pin);
}

Blob JpkiApplet::compute_digital_signature(const CommandApdu& command) const {
  if (command.p1 != 0x00 || command.p2 != 0x80) return make_response(sw::kWrongP1P2);
  const bool auth = current_file_ == FileId::kAuthKey;
  const bool sign = current_file_ == FileId::kSignKey;
  const CardKey* const key = auth ? contents_.auth_key.get() : sign ? contents_.sign_key.get() : nullptr;
  if (key == nullptr) return make_response(sw::kConditionsNotSatisfied);
  if (!(auth ? auth_pin_ : sign_pin_).verified()) return make_response(sw::kSecurityNotSatisfied);
  if (!key->accepts(command.data.size()) || command.ne == 0) return make_response(sw::kWrongLength);
  if (command.ne < key->max_signature_size()) {
    return make_response(static_cast<StatusWord>(sw::kWrongLe | (key->max_signature_size() & 0xFF)));
  }
  const auto signature = key->sign(command.data);
  return signature ? make_response(*signature, sw::kOk) : make_response(sw::kNoDiagnosis);
}

}  // namespace jpki::vcard
