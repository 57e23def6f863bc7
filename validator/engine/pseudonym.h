// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The name a certificate has in the log: HMAC-SHA-256 of the certificate under a key of this site, first 16
// hexadecimal digits. Serial, subject, municipality and expiry never appear in clear; an administrator who
// holds the key can tell whether a line is about a certificate at hand.
#pragma once

#include "base/bytes.h"

#include <string>

namespace jpki::engine {

// Empty without a key: a log without pseudonyms is better than one with personal data.
std::string pseudonym_of(Bytes certificate_der, Bytes site_key);

}  // namespace jpki::engine
