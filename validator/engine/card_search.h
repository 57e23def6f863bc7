// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CardSearch: from "somebody wants to log in" to the certificates that might do it.
#pragma once

#include "validator/engine/authenticate.h"
#include "validator/engine/candidate.h"
#include "validator/engine/record.h"

#include <vector>

namespace jpki::engine {

// What could log in: candidates, or instead of them one smartphone, whose certificate nobody has seen yet.
struct FoundCards {
  std::vector<Candidate> candidates;
  card::Token* smartphone = nullptr;
};

// Waits up to `wait` for a card where there is a reader, reads the certificates of persons on every token of
// every reader, and leaves out what cannot log in. Several smartphones are kSeveralCards. What two modules
// show of one reader is read through the first that knows a login certificate there. Waiting ends early when
// the other side hangs up (kCancelled).
Expected<FoundCards, Refusal> find_candidates(const Services& services, std::chrono::milliseconds wait,
                                              Record& record);

// The certificates of persons on one token, decoded and classified. One that does not decode is
// kCertificateMalformed.
Expected<std::vector<Candidate>, Refusal> read_candidates(card::Token& token, const Services& services);

// The CA certificates that lie on the candidate's token: untrusted intermediates for path building, nothing
// more.
std::vector<x509::Certificate> read_intermediates(const Candidate& candidate);

}  // namespace jpki::engine
