// SPDX-License-Identifier: LGPL-2.1-or-later
//
// By what a card is known again while its session lasts: HMAC-SHA-256 of its certificate, whole and as DER.
// The key is made for one login, so that two marks of a card have nothing in common and a mark says nothing
// of a certificate that is not at hand.
#pragma once

#include "base/protocol.h"

namespace jpki::card {

CardMark card_mark(Bytes key, Bytes certificate_der);

}  // namespace jpki::card
