// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Proof of possession: the card signs a challenge that exists once. The PAM module's nonce makes it fresh;
// service, account, host, terminal and time bind the signature to this login, so that it is worth nothing
// anywhere else.
#pragma once

#include "base/expected.h"
#include "base/protocol.h"
#include "base/time.h"
#include "validator/card/token.h"
#include "validator/engine/refusal.h"

namespace jpki::engine {

// The bytes that are hashed and signed: a label, the nonce, then each text with a u16 length, then the time
// as u64.
Blob make_challenge(const Start& start, std::string_view account, Time now);

// Has the card sign `challenge` and verifies the signature with the certificate's key. A card that answers
// with success but cannot sign for this certificate (a clone, a replay, an empty answer) ends in
// kProofOfPossessionFailed.
Expected<Unit, Refusal> prove_possession(card::Token& token, const card::ObjectId& id,
                                         Bytes subject_public_key_info, Bytes challenge);

}  // namespace jpki::engine
