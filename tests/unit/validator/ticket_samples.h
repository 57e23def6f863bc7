// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the tests of the ticket and the program that stands in for jpki-ticket agree upon.
#pragma once

#include "validator/ticket/ticket_protocol.h"

namespace jpki::test {

inline ticket::Job sample_job() {
  return {"taro", {Blob(1500, 3), Blob{4}}};
}

inline Blob sample_certificate() {
  return Blob(1300, 5);
}

// Of SHA-256 (1), SHA-384 (2) or SHA-512 (3), RFC 8017 9.2 note 1.
inline Blob digest_info(std::uint8_t hash) {
  const auto size = static_cast<std::uint8_t>(16 + 16 * hash);
  Blob out = {0x30, static_cast<std::uint8_t>(17 + size),
              0x30, 0x0d,
              0x06, 0x09,
              0x60, 0x86,
              0x48, 0x01,
              0x65, 0x03,
              0x04, 0x02,
              hash, 0x05,
              0x00, 0x04,
              size};
  out.resize(out.size() + size, 0xEE);
  return out;
}

inline Blob sha1_digest_info() {
  Blob out = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14};
  out.resize(out.size() + 20, 0xEE);
  return out;
}

}  // namespace jpki::test
