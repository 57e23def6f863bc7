// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which certificates on the cards in all readers can log a person in. A pure decision by profile (R15):
// slot numbers, labels and token serials say nothing (every JPKI token has the serial 00000000).
#pragma once

#include "base/expected.h"
#include "validator/card/token.h"
#include "validator/engine/refusal.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <span>
#include <vector>

namespace jpki::engine {

struct Candidate {
  card::Token* token;  // where it lies; belongs to the TokenSource. None: a certificate alone
  card::ObjectId id;
  x509::Certificate certificate;
  x509::Kind kind;
};

card::PinRule pin_rule_of(const Candidate& candidate);

// Whether its kind is allowed, and may come from its token.
bool may_log_in(const Candidate& candidate, std::span<const x509::Kind> allowed_kinds);

// The places of the certificates of an allowed kind, each object once; at least one. None: the refusal of the
// first certificate's kind, or kNoLoginCertificate when there is no certificate of a person at all.
Expected<std::vector<std::size_t>, Refusal> login_candidates(std::span<const Candidate> found,
                                                             std::span<const x509::Kind> allowed_kinds);

// A certificate that lies on several tokens, of which some show a key for it: the others hold a mere copy,
// and their PIN is not the one that the person would type. Drops those.
void drop_copies_without_key(std::vector<Candidate>& candidates);

// Whether a card lies there that was read already, through a module that is preferred.
bool is_read_already(std::span<const Candidate> found, const card::Token& token,
                     std::span<const x509::Kind> allowed_kinds);

}  // namespace jpki::engine
