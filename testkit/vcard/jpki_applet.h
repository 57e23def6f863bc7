// SPDX-License-Identifier: LGPL-2.1-or-later
//
// JpkiApplet: what a MyNumber card's JPKI application answers. A pure state machine: command bytes in,
// response bytes out, no I/O and no clock.
//
// Files: 0001 signature certificate (read after its PIN), 0002 its CA, 0006 token info, 000A authentication
// certificate, 000B its CA, 0017/001A authentication/signature key, 0018/001B authentication/signature PIN. A
// card without a signature certificate has the signature's files too, but they are empty and its key does not
// sign.
//
// Commands, and where each rule comes from ([I] = ISO/IEC 7816-4:2005, [8] = ISO/IEC 7816-8, [O] = what
// OpenSC's card-jpki.c sends and relies on, [D] = seen on real cards):
//
//   class       00 for SELECT, READ BINARY and VERIFY, 80 for the signature [O]; a logical channel 6881,
//   secure
//               messaging 6882, chaining 6884, any other class 6E00 [I 5.1.1, 5.1.3]; unknown instruction
//               6D00 [I 5.1.3]
//   SELECT      P1-P2 040C: the AID D392F000260100000001, another one 6A82 [O; I 7.1.1]. A name has 1 to 16
//   bytes,
//               else 6700. Success drops the file selection and both PIN states: "application-specific
//               security status may be lost on application selection" [I 5.4.1; D]. A failure changes
//               nothing. P1-P2 020C: a file of the selected application by its two-byte identifier, else 6A82
//               [O; I 7.1.1]. Other P1-P2 6A86.
//   READ BINARY P1-P2 is the offset (15 bits), or P1 names the file by its short identifier, the lower five
//               bits of its own, and P2 is the offset; that selects the file [I 7.2.3, 5.3.1.1]. The library
//               jsapdu reads these cards' files so; whether every card takes it is not known: without the
//               rule, 6A86. No file selected 6986,
//               a key or PIN file 6981, signature certificate before its PIN 6982, an offset at or behind the
//               end 6B00. Le 00 answers what is left up to 256; a longer Le than what is left answers it with
//               6282 [I 7.2.3].
//   VERIFY      P1-P2 0080 with a PIN file selected [O]; no file 6986, another kind of file 6981, other P1-P2
//   6A86 [I 7.5.6].
//               With data: a length the PIN cannot have is 6700 and costs nothing; a wrong PIN costs a try
//               and answers 63Cx, the locking one 63C0; a blocked PIN answers 6984, or 6983 [D]. The right
//               PIN refills the counter. Without data: 63Cx with the tries left, also after a correct PIN
//               [D]; on a blocked PIN 63C0, or the blocked status word, as both variants exist [D].
//   SIGN        80 2A 00 80 with a key file selected [O; 8: PSO COMPUTE DIGITAL SIGNATURE]; no key file, or
//   an empty
//               one, 6985; PIN not verified 6982; an input the key does not take, or no Le, 6700; Le too
//               small 6Cxx.
//   power, reset  clear the selection and both PIN states, never the counters.
//
// As a smartphone (JPKI on Android) it says JPKIAPGPSETOKEN in 0006, and answers 6982 to a READ BINARY of
// 000A before the authentication PIN: that the PIN is verified first is what programs do that read phones;
// how a phone refuses is not public, and a guess.
#pragma once

#include "base/bytes.h"
#include "testkit/vcard/apdu.h"
#include "testkit/vcard/card_key.h"
#include "testkit/vcard/card_pin.h"
#include "testkit/vcard/status_word.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace jpki::vcard {

enum class FileId : std::uint16_t {
  kSignCertificate = 0x0001,
  kSignCa = 0x0002,
  kTokenInfo = 0x0006,
  kAuthCertificate = 0x000A,
  kAuthCa = 0x000B,
  kAuthKey = 0x0017,
  kAuthPin = 0x0018,
  kSignKey = 0x001A,
  kSignPin = 0x001B,
};

// What is on the card. An empty certificate, or no key, is a card without it.
struct CardContents {
  Blob auth_certificate;
  Blob auth_ca;
  Blob sign_certificate;
  Blob sign_ca;
  std::shared_ptr<const CardKey> auth_key;
  std::shared_ptr<const CardKey> sign_key;
};

struct AppletRules {
  PinRule auth_pin{.value = "1234", .max_tries = 3, .min_length = 4, .max_length = 4};
  PinRule sign_pin{.value = "ABC123", .max_tries = 5, .min_length = 6, .max_length = 16};
  StatusWord blocked = sw::kPinUnusable;  // VERIFY with data on a blocked PIN: 6984 or 6983
  bool blocked_empty_verify = false;      // answer `blocked` to the empty form too, instead of 63C0
  bool smartphone = false;
  bool short_identifiers = true;  // READ BINARY takes one
};

class JpkiApplet {
 public:
  JpkiApplet(CardContents contents, AppletRules rules);

  // The response to `command`: data and status word, never empty.
  Blob process(Bytes command);

  // Power off, power on or reset.
  void reset() noexcept;

  CardPin& auth_pin() noexcept { return auth_pin_; }
  CardPin& sign_pin() noexcept { return sign_pin_; }
  const CardPin& auth_pin() const noexcept { return auth_pin_; }
  const CardPin& sign_pin() const noexcept { return sign_pin_; }

  // The elementary file that READ BINARY would read now.
  std::optional<FileId> current_file() const noexcept { return current_file_; }

  const CardContents& contents() const noexcept { return contents_; }
  void replace_auth_key(std::shared_ptr<const CardKey> key) { contents_.auth_key = std::move(key); }

 private:
  std::optional<StatusWord> class_error(const CommandApdu& command) const noexcept;
  Blob select(const CommandApdu& command);
  Blob select_application(Bytes name);
  Blob select_file(Bytes identifier);
  std::optional<StatusWord> select_by_short_identifier(std::uint8_t p1) noexcept;
  Blob read_binary(const CommandApdu& command);
  Blob verify(const CommandApdu& command);
  Blob compute_digital_signature(const CommandApdu& command) const;

  CardPin* selected_pin() noexcept;
  std::optional<Bytes> readable_file(FileId file) const noexcept;

  CardContents contents_;
  AppletRules rules_;
  CardPin auth_pin_;
  CardPin sign_pin_;
  bool application_selected_ = false;
  std::optional<FileId> current_file_;
};

}  // namespace jpki::vcard
