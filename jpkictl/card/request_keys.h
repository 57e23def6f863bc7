// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The keys that requests are signed with (Ed25519, RFC 8032): each computer has its own, root's alone; who
// takes requests has the public ones of those computers from which it does, in files NAME.pem that an
// administrator has put there.
#pragma once

#include "base/expected.h"
#include "base/safe_file.h"
#include "jpkictl/card/request.h"

#include <string>

namespace jpki::ctl::card {

inline constexpr char kRequestKey[] = JPKI_SYSCONFDIR "/request.key";        // PKCS#8, PEM
inline constexpr char kRequestHosts[] = JPKI_SYSCONFDIR "/request-hosts.d";  // NAME.pem: SubjectPublicKeyInfo

// Writes a new one. Not over one that is there.
Expected<Unit, std::string> make_request_key(const std::string& path);
// Signs; the request's signature is what it gives. The error names file and remedy.
Expected<Blob, FileError> sign_request(const Request& request, const std::string& path,
                                       const FileTrust& trust);
// PEM, to be carried to who takes requests.
Expected<std::string, FileError> public_request_key(const std::string& path, const FileTrust& trust);

// Whether the public key (PEM) is of that kind and made the request's signature.
bool is_signed_by(const Request& request, std::string_view public_key);

}  // namespace jpki::ctl::card
