// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GnuTLS objects for the tests of the test PKI: an import that fails fails the test.
#pragma once

#include "base/bytes.h"

#include <memory>
#include <string_view>
#include <type_traits>

#include <check.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

namespace jpki::testpki {

template <auto Fn>
struct Deleter {
  template <class P>
  void operator()(P* p) const noexcept {
    Fn(p);
  }
};
template <class Handle, auto Fn>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Deleter<Fn>>;
using Crt = Owned<gnutls_x509_crt_t, &gnutls_x509_crt_deinit>;
using Crl = Owned<gnutls_x509_crl_t, &gnutls_x509_crl_deinit>;
using Key = Owned<gnutls_privkey_t, &gnutls_privkey_deinit>;

inline gnutls_datum_t datum(Bytes bytes) {
  return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

inline Crt import_crt(Bytes der) {
  gnutls_x509_crt_t crt = nullptr;
  const gnutls_datum_t data = datum(der);
  ck_assert_int_eq(gnutls_x509_crt_init(&crt), 0);
  Crt owned(crt);
  ck_assert_int_eq(gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_DER), 0);
  return owned;
}

inline Crl import_crl(Bytes der) {
  gnutls_x509_crl_t crl = nullptr;
  const gnutls_datum_t data = datum(der);
  ck_assert_int_eq(gnutls_x509_crl_init(&crl), 0);
  Crl owned(crl);
  ck_assert_int_eq(gnutls_x509_crl_import(crl, &data, GNUTLS_X509_FMT_DER), 0);
  return owned;
}

inline Key import_key(std::string_view pem) {
  gnutls_privkey_t key = nullptr;
  const gnutls_datum_t data = datum(as_bytes(pem));
  ck_assert_int_eq(gnutls_privkey_init(&key), 0);
  Key owned(key);
  ck_assert_int_eq(gnutls_privkey_import_x509_raw(key, &data, GNUTLS_X509_FMT_PEM, nullptr, 0), 0);
  return owned;
}

inline Blob spki_of(gnutls_pubkey_t pubkey) {
  gnutls_datum_t out{};
  ck_assert_int_eq(gnutls_pubkey_export2(pubkey, GNUTLS_X509_FMT_DER, &out), 0);
  Blob blob(out.data, out.data + out.size);
  gnutls_free(out.data);
  gnutls_pubkey_deinit(pubkey);
  return blob;
}

inline Blob spki_of(const Key& key) {
  gnutls_pubkey_t pubkey = nullptr;
  ck_assert_int_eq(gnutls_pubkey_init(&pubkey), 0);
  ck_assert_int_eq(gnutls_pubkey_import_privkey(pubkey, key.get(), 0, 0), 0);
  return spki_of(pubkey);
}

inline Blob spki_of(const Crt& crt) {
  gnutls_pubkey_t pubkey = nullptr;
  ck_assert_int_eq(gnutls_pubkey_init(&pubkey), 0);
  ck_assert_int_eq(gnutls_pubkey_import_x509(pubkey, crt.get(), 0), 0);
  return spki_of(pubkey);
}

}  // namespace jpki::testpki
