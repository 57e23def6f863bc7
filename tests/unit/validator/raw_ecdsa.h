// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ECDSA signatures as a card gives them, from what GnuTLS makes.
#pragma once

#include "base/bytes.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>

#include <gnutls/crypto.h>

namespace jpki::test {

// What PKCS#11 gives for ECDSA: r and s, each of `size` bytes; `signature` is DER.
inline Blob raw_ecdsa(const gnutls_datum_t& signature, std::size_t size) {
  gnutls_datum_t numbers[2]{};
  ck_assert_int_eq(gnutls_decode_rs_value(&signature, &numbers[0], &numbers[1]), 0);
  Blob out(2 * size);
  for (std::size_t i = 0; i < 2; ++i) {
    const Bytes number(numbers[i].data, numbers[i].size);
    const Bytes digits = number.last(std::min(number.size(), size));  // without the sign
    std::ranges::copy(digits, out.begin() + static_cast<std::ptrdiff_t>((i + 1) * size - digits.size()));
    gnutls_free(numbers[i].data);
  }
  return out;
}

}  // namespace jpki::test
