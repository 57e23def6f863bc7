// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Applet: the JPKI application of a card, within one transaction. Nothing that was selected in another
// transaction is relied upon, so no command can meet a file that somebody else selected.
#pragma once

#include "pkcs11/card.h"
#include "pkcs11/exchange.h"
#include "pkcs11/medium.h"
#include "pkcs11/pin_on_reader.h"

#include <optional>

namespace jpki::pkcs11 {

// What the card says about a PIN that was sent to it; or the reader, which was asked for one and sent none.
enum class PinAnswer { kRight, kWrong, kLocked, kNotTyped, kWrongNumberOfKeys };

// What was found out about a card, once an insertion.
struct Findings {
  bool extended_refused = false;           // reads with extended lengths are not worth trying
  bool short_identifiers_refused = false;  // a file must be selected before it is read
  const Medium* medium = nullptr;          // that it says it is; null: it was not asked, or is as any
};

class Applet {
 public:
  // The largest certificate that is read, bytes.
  static constexpr std::size_t kMaxCertificate = 16384;

  // Selects the application of the first medium that the card knows; kNotRecognised when it knows none. A
  // medium that it said it is, it must say again: else kCardError. The transaction must be open, and the card
  // and `findings` must outlive the applet.
  static Expected<Applet, Trouble> select(Card& card, Findings& findings);

  const Medium& medium() const noexcept { return *medium_; }

  // Tries left for the PIN: asks the card, costs none. A locked PIN is 0, whichever status word tells it
  // (63C0, 6983, 6984).
  Expected<std::uint8_t, Trouble> tries_left();

  // One VERIFY, never more, and none unless form_of() is kGood. An answer that is none, as when the card is
  // pulled, is a Trouble; a try may then be spent.
  Expected<PinAnswer, Trouble> verify(Bytes pin);

  bool can_verify_on_reader() const { return can_be_typed_on_reader(*medium_) && card_->has_keys(); }
  // The same with a PIN that is typed on the reader; kCardError, and no VERIFY, where that is not possible.
  Expected<PinAnswer, Trouble> verify_on_reader();

  // A whole certificate (DER), which its first bytes give the size of, in as few reads as card and reader
  // allow. Its contents are not looked at. Empty when the card has none. A card that does not tell the
  // person's is asked what it is; kPinNeeded when it says that it is a medium whose PIN comes first.
  Expected<Blob, Trouble> certificate();
  Expected<Blob, Trouble> authority();

  // PSO: COMPUTE DIGITAL SIGNATURE over `input`: a DigestInfo for RSA, a digest for ECDSA. What comes back is
  // whatever the card says; nothing when it says that the PIN is not verified.
  Expected<std::optional<Blob>, Trouble> sign(Bytes input);

 private:
  Applet(Card& card, Findings& findings, const Medium& medium) noexcept
      : card_(&card), findings_(&findings), medium_(&medium) {}

  // The status word of the selection, good or not.
  Expected<StatusWord, Trouble> try_select(const FileId& file);
  Expected<Unit, Trouble> select_file(const FileId& file);
  // Nothing: the card refuses. The first read names the file, where the card takes that; else it is selected.
  Expected<std::optional<Blob>, Trouble> read_file(const FileId& file);
  Expected<std::optional<Blob>, Trouble> read_selected(const FileId& file);
  // All of the certificate whose beginning was read. Nothing: it is none, or the card does not give the rest.
  Expected<std::optional<Blob>, Trouble> read_rest(Blob content);
  Expected<const Medium*, Trouble> medium_by_its_own_word();
  Expected<Answer, Trouble> read_beginning(std::uint8_t p1);
  Expected<Answer, Trouble> read(std::size_t offset, std::size_t ne);

  Card* card_;
  Findings* findings_;
  const Medium* medium_;
  std::optional<FileId> selected_;
};

}  // namespace jpki::pkcs11
