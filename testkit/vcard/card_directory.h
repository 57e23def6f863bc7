// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Reads a card from a directory, as jpki-testpki makes it: auth.der, auth.key, auth-ca.der and, for a card
// with a signature certificate, sign.der, sign.key, sign-ca.der. Keys are PEM (PKCS #8). A key need not fit
// its certificate: that is how a cloned certificate is rehearsed.
#pragma once

#include "base/expected.h"
#include "testkit/vcard/jpki_applet.h"

#include <string>

namespace jpki::vcard {

// The card's contents, or one line that names the file and the cause.
Expected<CardContents, std::string> load_card(const std::string& directory, KeyType key_type);

}  // namespace jpki::vcard
