// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlPolicy: how old a CRL may be, and with which algorithms it may be signed.
#pragma once

#include "validator/x509/signature.h"

#include <chrono>

namespace jpki::crl {

struct CrlPolicy {
  // Hard limit since thisUpdate, whatever nextUpdate says (R8).
  std::chrono::seconds max_age{std::chrono::hours(48)};
  std::chrono::seconds clock_skew{std::chrono::minutes(5)};  // thisUpdate may be this far in the future
  x509::AlgorithmPolicy algorithms = {};
};

}  // namespace jpki::crl
