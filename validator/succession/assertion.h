// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a succession source asserts: that a certificate was issued in place of an older one (R9). Both are
// named by mapping strings of the strong forms (base/mapping), the new one also by the SHA-256 of its DER. A
// person is never a name: whoever is called alike is somebody else.
#pragma once

#include "base/expected.h"
#include "validator/x509/certificate.h"
#include "validator/x509/kind.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::succession {

inline constexpr std::size_t kMostOld = 8;  // strings that name the older certificate
inline constexpr std::string_view kSha256Prefix = "SHA256:";

// The answer of one source about one certificate.
struct Answer {
  enum class Kind {
    kOld,      // it stands in place of the certificate that `old` names
    kNone,     // it stands in place of none
    kUnknown,  // the source knows nothing of it
    kFailed,   // the source could not tell; `cause`
  };
  Kind kind = Kind::kUnknown;
  std::vector<std::string> old = {};  // canonical; of kOld at least one, at most kMostOld
  std::string cause = {};             // for the log; no personal data

  bool operator==(const Answer&) const = default;
};

// How sources may name `certificate`: canonical mapping strings that name one certificate of `kind` alone
// (map::names_one_certificate), and "SHA256:" with lower-case digits.
std::vector<std::string> names_of(const x509::Certificate& certificate, x509::Kind kind);
// The one of them under which a certificate is registered: its thumbprint ("X509:<SHA1-PUKEY>…").
std::string registered_name(const std::vector<std::string>& names);

// One canonical name; nothing for what is none. `sha256`: whether that form is allowed.
std::optional<std::string> canonical_name(std::string_view text, bool sha256);

}  // namespace jpki::succession
