// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EntryReader: the entries of a CRL one by one (RFC 5280 5.1.2.6 and 5.3), in constant memory and linear
// time:
//
//   EntryReader reader(crl);
//   for (CrlEntry entry; reader.next(entry);) …
//   if (reader.error()) …      // then nothing of this CRL may be used, for any certificate
//
// Whoever looks for one certificate or compiles all of them sees the same entries and the same errors.
#pragma once

#include "validator/asn1/der_reader.h"
#include "validator/crl/crl.h"

#include <vector>

namespace jpki::crl {

// One entry; the views point into the CRL.
struct CrlEntry {
  Bytes serial;  // contents of the INTEGER, as encoded: minimal; may be negative, zero or long
  Time revocation_date{};
  Reason reason = Reason::kUnspecified;
  // Whose certificate: contents of the GeneralNames of the last certificateIssuer (5.3.3), with at least one
  // directoryName; empty: the CRL's issuer.
  Bytes certificate_issuer;
  bool issuer_changed = false;  // this entry carries the certificateIssuer
};

class EntryReader {
 public:
  // `crl` must outlive the reader.
  explicit EntryReader(const Crl& crl);

  // The next entry; false at the end and at an error. An error is anything malformed, an extension twice, a
  // critical extension that is not known, entry extensions in a version 1 CRL, certificateIssuer in a CRL
  // that is not indirect, removeFromCRL in one that is no delta.
  bool next(CrlEntry& entry);
  const std::optional<std::string>& error() const { return error_; }

 private:
  bool read(CrlEntry& entry);
  bool read_extensions(Bytes contents, CrlEntry& entry);
  bool read_reason(Bytes value, CrlEntry& entry);
  bool read_certificate_issuer(Bytes value, CrlEntry& entry);
  bool refuse(const char* why);

  asn1::DerReader rest_;
  bool version_2_;
  bool delta_;
  bool indirect_ = false;
  Bytes certificate_issuer_;
  std::optional<std::string> error_;
};

// The directoryNames of CrlEntry::certificate_issuer.
Expected<std::vector<x509::Name>, std::string> decode_certificate_issuer(Bytes general_names);

// Of two reasons for one certificate, the one that weighs more: revoked, on hold, removed.
Reason more_severe(Reason a, Reason b);

}  // namespace jpki::crl
