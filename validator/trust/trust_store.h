// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Trust anchors and the rules an administrator attached to each (R3): kinds and the administrative window.
// Anchors come from anchors.d alone; never from a card, never from AIA.
#pragma once

#include "base/safe_file.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <string>
#include <vector>

namespace jpki::trust {

struct Anchor {
  std::string name;                 // file name without suffix: "jpki-auth-g3"; appears in logs
  x509::Certificate certificate;    // trusted for its name and key
  std::vector<x509::Kind> kinds;    // the kinds of certificates it may vouch for
  std::optional<Time> accept_from;  // outside of [accept_from, accept_until) it vouches for nothing (R3)
  std::optional<Time> accept_until;

  bool accepted_at(Time when) const;
  bool vouches_for(x509::Kind kind) const;
};

using TrustStore = std::vector<Anchor>;

// Reads every NAME.toml of `directory` and the certificate it names:
//   certificate  = "NAME.pem"          PEM or DER, in the same directory
//   sha256       = "AB:CD:…"           fingerprint typed from the official publication; must match
//   kinds        = ["jpki-authentication"]
//   accept_from  = 2023-07-16T00:00:00+09:00    optional; an offset is required
//   accept_until = 2033-07-15T00:00:00+09:00    optional
// Unknown keys, a wrong fingerprint, a certificate that is no CA, an unsafe file or an empty directory: an
// error with file:line and a hint. One bad anchor makes the whole store unusable: the admin must see it.
Expected<TrustStore, std::string> load_trust_store(const std::string& directory, const FileTrust& trust = {});

}  // namespace jpki::trust
