// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Two questions to the process that holds the card, over the socket that jpki-ticket has inherited. Each
// waits as long as it takes: who holds the card ends this process when its time is up.
#pragma once

#include "base/bytes.h"

#include <optional>

namespace jpki::ticket {

// The person's certificate. Nothing: it is not given.
std::optional<Blob> ask_certificate(int socket);

// The signature by PKCS#1 v1.5 over `digest_info`. Nothing: it is not given.
std::optional<Blob> ask_signature(int socket, Bytes digest_info);

}  // namespace jpki::ticket
