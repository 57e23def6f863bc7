// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Failure: why nothing could be read from the directory. The numbers are codes that an administrator sees
// (JPKI-801); they are never reused or renumbered. 801 to 809 of the hundred of nss_ad.
#pragma once

#include <cstdint>
#include <string>

namespace jpki::ad::ldap {

enum class Failure : std::uint16_t {
  kNoController = 801,  // none is listed, and DNS names none
  kUnreachable = 802,   // does not answer, or not in time
  kTls = 803,           // no TLS, or not with a certificate that is trusted
  kCredentials = 804,   // keytab or password cannot be read, or are refused
  kClock = 805,         // this machine's clock and the controller's differ too much
  kInterrupted = 806,   // the controller stopped in the middle
  kRefused = 807,       // the controller answers a search with an error
  kAnswer = 808,        // an answer that no controller gives
  kImpostor = 809,      // the KDC knows no controller of this name
};

struct Error {
  Failure failure;
  std::string text;  // the controller, cause, next step
  int code = 0;      // LDAP's result code (RFC 4511 4.1.9), where a controller or libldap gave one
};

}  // namespace jpki::ad::ldap
