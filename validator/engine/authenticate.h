// SPDX-License-Identifier: LGPL-2.1-or-later
//
// authenticate(): the story of a login. Everything it needs comes in as an interface; what it decides depends
// on nothing else.
#pragma once

#include "base/protocol.h"
#include "base/time.h"
#include "validator/card/token.h"
#include "validator/card/wrong_pins.h"
#include "validator/engine/card_notes.h"
#include "validator/engine/dialogue.h"
#include "validator/map/account_map.h"
#include "validator/revocation/revocation_check.h"
#include "validator/self_registration/self_registration.h"
#include "validator/succession/succession.h"
#include "validator/ticket/ticketing.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/kind.h"

#include <vector>

namespace jpki::engine {

// What [smartphone] in jpki.toml says, with the account that Start names.
enum class SmartphonePolicy { kForNobody, kForOthers, kForThisAccount };

struct Services {
  card::TokenSource& cards;
  bool cards_are_here = true;  // in readers of this machine, which jpki-session-guard can watch
  const trust::TrustStore& anchors;
  const std::vector<x509::Certificate>& intermediates;  // for every path: not trusted
  revocation::RevocationCheck& revocation;
  const map::AccountMap& accounts;
  succession::Succession* succession = nullptr;  // without: a certificate that no map binds is refused
  // Without: no card is taken that its holder registered, and none is registered.
  self_registration::SelfRegistration* self_registration = nullptr;
  const std::vector<x509::Kind>& login_kinds;
  const std::vector<x509::KindRule>& kind_rules;
  card::WrongPins& wrong_pins;
  const CardNotes& notes;
  std::chrono::days expiry_notice;
  Bytes pseudonym_key;
  const Clock& clock;
  Dialogue& dialogue;
  ticket::Ticketing* ticketing = nullptr;  // none: the login brings no ticket
  SmartphonePolicy smartphones = SmartphonePolicy::kForNobody;
};

// Runs one attempt: card, certificate, revocation as far as it needs no network, account, PIN, proof of
// possession, and what the network answered about revocation, in this order, and stops at the first refusal.
// No PIN is asked for, and none sent, before everything that does not need it is found good. Bytes of the
// network are looked at when the PIN is wiped and the cards are closed and reset. Logs one line of record
// (R17).
//
// With `ticketing` the card signs a second time, still by the same VERIFY. The signature stays here until the
// login is accepted; a login that is refused has given nothing away.
//
// A certificate that no map binds may stand in place of an older one (services.succession). The PIN is then
// asked for the account that is proposed; sources that leave the machine are asked at the very end, and may
// still refuse.
//
// A card that its holder registered logs in to that account, when no map and no succession knows it. With
// Purpose::kRegister the same as for a login, but of a card that nobody has: the PIN is asked for
// `start.user`, and kAccepted says under which name it may be registered. Nothing is registered here.
//
// A smartphone tells its certificate only after its PIN. Where nothing else in a reader could log in and
// smartphone.h allows it, the PIN is asked for the account that was named; what is read then is judged like
// any certificate, and a map must bind it to that account. No session is recorded as opened by it.
//
// With Purpose::kPresence the same without PIN and proof of possession, for the card that opened the sessions
// of `start`; whether presence is worth anything there was decided before (unlock/unlock_decision.h).
Outcome authenticate(const Start& start, const Services& services);

}  // namespace jpki::engine
