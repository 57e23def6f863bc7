// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlBuilder: one X.509 v2 CRL (RFC 5280 section 5) with full freedom; a million entries take about a second.
#pragma once

#include "base/time.h"
#include "testkit/pki/extensions.h"
#include "testkit/pki/signed_object.h"

#include <optional>
#include <string_view>
#include <vector>

namespace jpki::testpki {

struct CrlEntry {
  Blob serial;  // contents of the INTEGER, written as they are
  Time revocation_date{};
  std::optional<std::uint8_t> reason = std::nullopt;  // CRLReason
  std::vector<Extension> extensions = {};             // further ones, after reasonCode
};

struct CrlBuilder {
  std::optional<unsigned> version = 1;  // v2; nothing = the field is left out, which means v1
  Blob issuer;                          // DER Name
  Time this_update{};
  std::optional<Time> next_update;
  std::vector<CrlEntry> entries;      // in this order; an empty list leaves the field out
  std::optional<Blob> raw_entries;    // contents of revokedCertificates in place of `entries`
  std::vector<Extension> extensions;  // an empty list leaves the field out
  SignatureOptions signature;

  CrlBuilder& add(Extension extension);
  // Puts `extension` in place of the one with its OID, or adds it.
  CrlBuilder& replace(Extension extension);
  CrlBuilder& remove(std::string_view oid);
  CrlBuilder& revoke(Bytes serial, Time when, std::optional<std::uint8_t> reason = {});

  Blob sign(const PrivateKey& signer) const;
};

}  // namespace jpki::testpki
