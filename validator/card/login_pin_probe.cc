// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/login_pin_probe.h"

#include "base/padded_text.h"
#include "base/smartphone.h"
#include "validator/card/card_service.h"

#include <array>

#include <fmt/format.h>

namespace jpki::card {
namespace {

constexpr std::uint16_t kOk = 0x9000;
constexpr std::uint16_t kTriesLeft = 0x63C0;  // low nibble: the number
constexpr std::uint16_t kBlocked = 0x6983;
constexpr std::uint16_t kUnusable = 0x6984;

// The JPKI application, its EF that says what it is, its EF of the login PIN, and VERIFY without data, which
// asks and does not try.
constexpr std::array<std::uint8_t, 15> kSelectJpki = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0,
                                                      0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
constexpr std::array<std::uint8_t, 7> kSelectTokenInfo = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x06};
constexpr std::array<std::uint8_t, 5> kReadTokenInfo = {0x00, 0xB0, 0x00, 0x00, 0x20};
constexpr std::array<std::uint8_t, 7> kSelectLoginPin = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x18};
constexpr std::array<std::uint8_t, 4> kVerifyNothing = {0x00, 0x20, 0x00, 0x80};

// A card that nobody else talks to meanwhile; it is reset at the end.
class Connection {
 public:
  static std::optional<Connection> open(const CardService& service, const std::string& reader) {
    SCARDHANDLE card = 0;
    DWORD protocol = 0;
    if (::SCardConnect(service.context(), reader.c_str(), SCARD_SHARE_SHARED,
                       SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol) != SCARD_S_SUCCESS)
      return std::nullopt;
    if (::SCardBeginTransaction(card) != SCARD_S_SUCCESS) {
      ::SCardDisconnect(card, SCARD_LEAVE_CARD);
      return std::nullopt;
    }
    return Connection(card, protocol);
  }
  Connection(Connection&& other) noexcept
      : card_(std::exchange(other.card_, 0)), protocol_(other.protocol_) {}
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (card_ == 0) return;
    ::SCardEndTransaction(card_, SCARD_LEAVE_CARD);
    ::SCardDisconnect(card_, SCARD_RESET_CARD);
  }

  // With its SW1-SW2; empty when there is none.
  Blob answer_to(Bytes command) const {
    Blob answer(258);
    auto size = static_cast<DWORD>(answer.size());
    const SCARD_IO_REQUEST* const protocol = protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    const LONG rv = ::SCardTransmit(card_, protocol, command.data(), static_cast<DWORD>(command.size()),
                                    nullptr, answer.data(), &size);
    answer.resize(rv == SCARD_S_SUCCESS && size >= 2 ? size : 0);
    return answer;
  }

  // SW1-SW2; 0 when there is no answer.
  std::uint16_t status_of(Bytes command) const {
    const Blob answer = answer_to(command);
    if (answer.empty()) return 0;
    return static_cast<std::uint16_t>(answer.at(answer.size() - 2) << 8 | answer.back());
  }

 private:
  Connection(SCARDHANDLE card, DWORD protocol) noexcept : card_(card), protocol_(protocol) {}

  SCARDHANDLE card_;
  DWORD protocol_;
};

// With its JPKI application selected; nothing: it has none.
std::optional<Connection> open_jpki(const CardService& service, const std::string& reader) {
  auto card = Connection::open(service, reader);
  if (!card || card->status_of(kSelectJpki) != kOk) return std::nullopt;
  return card;
}

bool says_smartphone(const Connection& card) {
  if (card.status_of(kSelectTokenInfo) != kOk) return false;
  const Blob answer = card.answer_to(kReadTokenInfo);
  if (answer.empty()) return false;
  return without_padding(as_text(Bytes(answer).first(answer.size() - 2))) == kSmartphoneTokenInfo;
}

CardError smartphone_here() {
  return {Verdict::kSmartphoneNotAllowed,
          "OpenSC knows no smartphones, jpki-pkcs11.so in [pkcs11] modules does"};
}

}  // namespace

std::optional<Verdict> meaning_of_login_pin(std::uint16_t status) {
  if (status == kBlocked || status == kUnusable || status == kTriesLeft) return Verdict::kPinLocked;
  if ((status & 0xFFF0) == kTriesLeft) return Verdict::kSignaturePinLocked;
  return std::nullopt;
}

std::optional<CardError> explain_unrecognised(std::span<const std::string> readers) {
  const auto service = CardService::connect();
  if (!service) return std::nullopt;
  for (const std::string& reader : readers) {
    const auto card = open_jpki(*service, reader);
    if (!card) continue;
    if (says_smartphone(*card)) return smartphone_here();
    if (card->status_of(kSelectLoginPin) != kOk) continue;
    const std::uint16_t status = card->status_of(kVerifyNothing);
    if (const auto verdict = meaning_of_login_pin(status))
      return CardError{*verdict, fmt::format("OpenSC shows no token; the login PIN answers {:04X}", status)};
  }
  return std::nullopt;
}

std::optional<CardError> explain_missing_certificate(const std::string& reader) {
  const auto service = CardService::connect();
  if (!service) return std::nullopt;
  const auto card = open_jpki(*service, reader);
  if (!card || !says_smartphone(*card)) return std::nullopt;
  return smartphone_here();
}

}  // namespace jpki::card
