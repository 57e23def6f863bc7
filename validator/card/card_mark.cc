// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/card_mark.h"

#include <nettle/hmac.h>

namespace jpki::card {

CardMark card_mark(Bytes key, Bytes certificate_der) {
  hmac_sha256_ctx state;
  ::hmac_sha256_set_key(&state, key.size(), key.data());
  ::hmac_sha256_update(&state, certificate_der.size(), certificate_der.data());
  CardMark mark{};
  ::hmac_sha256_digest(&state, mark.size(), mark.data());
  return mark;
}

}  // namespace jpki::card
