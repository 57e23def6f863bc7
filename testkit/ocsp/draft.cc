// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/draft.h"

namespace jpki::testocsp {

Blob finish(const Draft& draft) {
  Blob der;
  if (draft.error) {
    der = error_response(*draft.error);
  } else {
    ResponseBuilder response = draft.response;
    if (draft.embed) response.certificates.push_back(draft.delegate.sign(*draft.delegate_issuer));
    for (const Blob& certificate : draft.further_certificates) response.certificates.push_back(certificate);
    der = response.sign(*draft.signer);
  }
  if (draft.bend_bytes) draft.bend_bytes(der);
  return der;
}

}  // namespace jpki::testocsp
