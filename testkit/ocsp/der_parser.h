// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DerParser: reads the few DER values that a test responder must understand: requests and certificates. Not
// for hostile bytes beyond "it does not fit".
#pragma once

#include "base/bytes.h"

#include <optional>
#include <string>

namespace jpki::testocsp {

struct Value {
  std::uint8_t tag = 0;
  Bytes contents;
  Bytes encoded;
};

class DerParser {
 public:
  explicit DerParser(Bytes input) : rest_(input) {}
  bool at_end() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_.front() == tag; }
  // The next value; nothing when it is malformed or has another tag.
  std::optional<Value> read(std::uint8_t tag);

 private:
  Bytes rest_;
};

// The bits of a SubjectPublicKeyInfo's subjectPublicKey; empty when malformed.
Bytes public_key_bits(Bytes subject_public_key_info);

// What a certificate says that a responder needs; the views point into it.
struct CertificateParts {
  Bytes serial;  // contents of the INTEGER
  Bytes issuer;
  Bytes subject;
  Bytes subject_public_key_info;
};
std::optional<CertificateParts> parse_certificate(Bytes der);

}  // namespace jpki::testocsp
