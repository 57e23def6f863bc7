// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writing and removing the two files of an anchor, NAME.toml and its certificate, so that no login ever meets
// a half of them.
#pragma once

#include "base/expected.h"
#include "validator/trust/fingerprint.h"
#include "validator/trust/trust_store.h"

#include <optional>
#include <string>
#include <vector>

namespace jpki::ctl {

struct NewAnchor {
  std::string name;
  Blob certificate;  // DER
  trust::Fingerprint fingerprint{};
  std::vector<std::string> kinds;
  std::vector<std::string> functions;
  std::string accept_from;  // RFC 3339 with an offset; empty: none
  std::string accept_until;
};

// Letters, digits, '-', '_' and '.', not first.
bool is_anchor_name(std::string_view name);

// NAME.toml, and the certificate in PEM as NAME.pem.
std::string to_toml(const NewAnchor& anchor);
std::string to_pem(Bytes der);

// The error: the file that has the anchor's name already.
Expected<Unit, std::string> is_free(const std::string& directory, const std::string& name);

// Refuses names that are taken. The certificate is on the disk before the rules that name it.
Expected<Unit, std::string> write_anchor(const std::string& directory, const NewAnchor& anchor);

// Removes NAME.toml, then its certificate when no other anchor names it.
Expected<Unit, std::string> remove_anchor(const std::string& directory, const std::string& name,
                                          const FileTrust& trust);

}  // namespace jpki::ctl
