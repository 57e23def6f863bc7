// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LastRequest: what went to a KDC last, and how it is sent once more, octet for octet.
//
// Heimdal's KDC, and so Samba's, drops the zero octets that a Diffie-Hellman secret begins with, of which
// RFC 4556 3.2.3.1 makes the key with them (heimdal#1177): of 256 of its replies nobody can read one. A
// client that sends no clientDHNonce gets another share of the KDC's in each reply (there), so the same
// request gets one that can be read; and the card, which is no more PIN-verified by then, signs nothing for
// it.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <krb5.h>

namespace jpki::ticket {

class LastRequest {
 public:
  // Of what this context sends from now on, until this is destroyed.
  explicit LastRequest(krb5_context context);
  ~LastRequest();
  LastRequest(const LastRequest&) = delete;
  LastRequest& operator=(const LastRequest&) = delete;

  // To the KDCs of the client's realm: their reply, of which nothing has been looked at. Otherwise an error
  // of libkrb5; EINVAL: nothing has been sent yet.
  Expected<Blob, krb5_error_code> send_again(krb5_principal client);

 private:
  static krb5_error_code before_sending(krb5_context, void* self, const krb5_data* realm,
                                        const krb5_data* message, krb5_data** other_message,
                                        krb5_data** other_reply);
  static krb5_error_code after_receiving(krb5_context, void* self, krb5_error_code code,
                                         const krb5_data* realm, const krb5_data* message,
                                         const krb5_data* reply, krb5_data** other_reply);

  krb5_context context_;
  bool again_ = false;
  Blob request_;
  Blob reply_;  // to what was sent again
};

}  // namespace jpki::ticket
