// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The objects of a token and their attributes (PKCS#11 v2.40, 4.4 to 4.9): the certificate of the person, its
// public and its private key, and the certificate of the CA. All are token objects with fixed handles, and
// cannot be changed.
#pragma once

#include "pkcs11/certificate_fields.h"
#include "pkcs11/medium.h"

#include <optional>

#include <p11-kit/pkcs11.h>

namespace jpki::pkcs11 {

enum class ObjectKind : CK_OBJECT_HANDLE {
  kCertificate = 1,
  kPublicKey = 2,
  kPrivateKey = 3,
  kAuthority = 4
};

inline constexpr ObjectKind kAllObjects[] = {ObjectKind::kCertificate, ObjectKind::kPublicKey,
                                             ObjectKind::kPrivateKey, ObjectKind::kAuthority};

std::optional<ObjectKind> object_of(CK_OBJECT_HANDLE handle);

// Attributes come from the card as late as possible: what is said of every card needs none.
struct Attribute {
  enum class Kind {
    kValue,
    kFromCertificate,  // of the person's certificate or the CA's: ask again with it
    kSensitive,        // never told
    kUnknown,          // not an attribute of this object
  };
  Kind kind = Kind::kUnknown;
  Blob value = {};
};

// The person's certificate and keys, of which nobody knows anything before it.
bool is_from_persons_certificate(ObjectKind object);

// What needs no card. `after_pin`: the person's certificate is told only to who is logged in.
Attribute fixed_attribute(ObjectKind object, CK_ATTRIBUTE_TYPE type, bool after_pin = false);

// What the certificate says; for kAuthority `der` is the CA's. `fields` are those of `der`.
Attribute attribute_from(ObjectKind object, CK_ATTRIBUTE_TYPE type, Bytes der,
                         const CertificateFields& fields);

}  // namespace jpki::pkcs11
