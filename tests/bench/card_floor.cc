// SPDX-License-Identifier: LGPL-2.1-or-later
//
// card_floor READER: the least that a login with a MyNumber card can send: reads the certificate, asks for
// the tries, prompts, and after Enter sends the PIN and signs. Decides nothing and checks nothing but status
// words; in one transaction, so nothing is selected twice.
#include "base/bytes.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include <winscard.h>

namespace {

using jpki::Blob;

void expect(LONG rv, const char* what) {
  if (rv == SCARD_S_SUCCESS) return;
  std::fprintf(stderr, "%s: %s\n", what, ::pcsc_stringify_error(rv));
  std::exit(1);
}

class Card {
 public:
  explicit Card(const char* reader) {
    expect(::SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_), "SCardEstablishContext");
    expect(::SCardConnect(context_, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card_,
                          &protocol_),
           "SCardConnect");
    expect(::SCardBeginTransaction(card_), "SCardBeginTransaction");
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;
  ~Card() {
    ::SCardEndTransaction(card_, SCARD_RESET_CARD);
    ::SCardDisconnect(card_, SCARD_LEAVE_CARD);
    ::SCardReleaseContext(context_);
  }

  // The data of an answer whose first status byte is that.
  Blob send(const Blob& command, std::uint8_t status = 0x90) const {
    Blob answer(258);
    auto size = static_cast<DWORD>(answer.size());
    const SCARD_IO_REQUEST* const protocol = protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    expect(::SCardTransmit(card_, protocol, command.data(), static_cast<DWORD>(command.size()), nullptr,
                           answer.data(), &size),
           "SCardTransmit");
    if (size < 2 || answer[size - 2] != status) {
      std::fprintf(stderr, "the card refuses\n");
      std::exit(1);
    }
    answer.resize(size - 2);
    return answer;
  }
  void select_file(std::uint8_t low) const { send({0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, low}); }

 private:
  SCARDCONTEXT context_ = 0;
  SCARDHANDLE card_ = 0;
  DWORD protocol_ = 0;
};

void read_certificate(const Card& card) {
  Blob read = card.send({0x00, 0xB0, 0x8A, 0x00, 0x00});  // by its short identifier, which selects it
  const std::size_t size = 4u + (static_cast<std::size_t>(read.at(2)) << 8 | read.at(3));
  while (read.size() < size) {
    const std::size_t offset = read.size();
    const std::size_t wanted = std::min<std::size_t>(size - offset, 256);
    jpki::append_bytes(read,
                       card.send({0x00, 0xB0, static_cast<std::uint8_t>(offset >> 8),
                                  static_cast<std::uint8_t>(offset), static_cast<std::uint8_t>(wanted)}));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const Card card(argv[1]);
  card.send({0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01});
  read_certificate(card);
  card.select_file(0x18);
  card.send({0x00, 0x20, 0x00, 0x80}, 0x63);
  std::cout << "PIN: " << std::flush;
  std::string pin;
  std::getline(std::cin, pin);
  Blob verify = {0x00, 0x20, 0x00, 0x80, static_cast<std::uint8_t>(pin.size())};
  jpki::append_bytes(verify, jpki::as_bytes(pin));
  card.send(verify);
  card.select_file(0x17);
  Blob sign = {0x80, 0x2A, 0x00, 0x80, 51,   0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60,
               0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  sign.resize(5 + 51);
  sign.push_back(0);
  return card.send(sign).size() == 256 ? 0 : 1;
}
