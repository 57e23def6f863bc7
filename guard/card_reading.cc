// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/card_reading.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <winscard.h>

namespace jpki::guard {
namespace {

constexpr std::uint16_t kOk = 0x9000;
constexpr std::size_t kMaxCertificate = 8192;
constexpr std::size_t kBlock = 224;  // of one READ BINARY
constexpr int kTries = 5;            // another program may have the card for itself, or reset it
constexpr std::chrono::milliseconds kBetweenTries{300};

// The JPKI application and its EF of the certificate for user authentication.
constexpr std::array<std::uint8_t, 15> kSelectJpki = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0,
                                                      0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
constexpr std::array<std::uint8_t, 7> kSelectCertificate = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A};

// A card that nobody else talks to meanwhile. It is left as it is.
class Card {
 public:
  explicit Card(const std::string& reader) {
    if (::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_) != SCARD_S_SUCCESS) return;
    has_context_ = true;
    if (::SCardConnect(context_, reader.c_str(), SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                       &card_, &protocol_) != SCARD_S_SUCCESS)
      return;
    connected_ = true;
    LONG begun = ::SCardBeginTransaction(card_);
    if (begun == static_cast<LONG>(SCARD_W_RESET_CARD) &&
        ::SCardReconnect(card_, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD,
                         &protocol_) == SCARD_S_SUCCESS)
      begun = ::SCardBeginTransaction(card_);
    ours_ = begun == SCARD_S_SUCCESS;
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;
  ~Card() {
    if (ours_) ::SCardEndTransaction(card_, SCARD_LEAVE_CARD);
    if (connected_) ::SCardDisconnect(card_, SCARD_LEAVE_CARD);
    if (has_context_) ::SCardReleaseContext(context_);
  }

  bool ours() const noexcept { return ours_; }

  // What stands before SW1-SW2 9000; nothing for any other answer.
  std::optional<Blob> send(Bytes command) const {
    std::array<std::uint8_t, 258> answer{};
    auto size = static_cast<DWORD>(answer.size());
    const SCARD_IO_REQUEST* const protocol = protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    const LONG rv = ::SCardTransmit(card_, protocol, command.data(), static_cast<DWORD>(command.size()),
                                    nullptr, answer.data(), &size);
    if (rv != SCARD_S_SUCCESS || size < 2 || size > answer.size()) return std::nullopt;
    if ((answer.at(size - 2) << 8 | answer.at(size - 1)) != kOk) return std::nullopt;
    return to_blob(Bytes(answer).first(size - 2));
  }

 private:
  SCARDCONTEXT context_ = 0;
  SCARDHANDLE card_ = 0;
  DWORD protocol_ = 0;
  bool has_context_ = false;
  bool connected_ = false;
  bool ours_ = false;
};

// Le and offset as ISO/IEC 7816-4 has them.
std::optional<Blob> read_binary(const Card& card, std::size_t offset, std::size_t size) {
  const std::array<std::uint8_t, 5> command = {0x00, 0xB0, static_cast<std::uint8_t>(offset >> 8),
                                               static_cast<std::uint8_t>(offset & 0xFF),
                                               static_cast<std::uint8_t>(size)};
  auto answer = card.send(command);
  if (!answer || answer->empty() || answer->size() > size) return std::nullopt;
  return answer;
}

// The file is longer than the certificate, which tells its own length: SEQUENCE, two octets (X.690 8.1.3).
std::optional<Blob> read_from(const Card& card) {
  constexpr std::size_t kHeader = 4;
  if (!card.ours() || !card.send(kSelectJpki) || !card.send(kSelectCertificate)) return std::nullopt;
  const auto header = read_binary(card, 0, kHeader);
  if (!header || header->size() != kHeader || header->at(0) != 0x30 || header->at(1) != 0x82)
    return std::nullopt;
  const std::size_t size = kHeader + (static_cast<std::size_t>(header->at(2)) << 8 | header->at(3));
  if (size > kMaxCertificate) return std::nullopt;
  Blob certificate;
  while (certificate.size() < size) {
    const auto block = read_binary(card, certificate.size(), std::min(kBlock, size - certificate.size()));
    if (!block) return std::nullopt;
    append_bytes(certificate, *block);
  }
  return certificate;
}

}  // namespace

std::optional<Blob> read_certificate(const std::string& reader) {
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenTries);
    if (auto certificate = read_from(Card(reader))) return certificate;
  }
  return std::nullopt;
}

}  // namespace jpki::guard
