// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/request_keys.h"

#include "base/atomic_file.h"

#include <memory>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <sys/stat.h>

namespace jpki::ctl::card {
namespace {

// What GnuTLS allocated.
struct Datum {
  gnutls_datum_t value{nullptr, 0};
  Datum() = default;
  Datum(const Datum&) = delete;
  Datum& operator=(const Datum&) = delete;
  ~Datum() {
    if (value.data != nullptr) gnutls_memset(value.data, 0, value.size);
    gnutls_free(value.data);
  }
  Bytes bytes() const { return {value.data, value.size}; }
};

gnutls_datum_t datum_of(Bytes bytes) {
  return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};  // it reads only
}

template <class Handle, void (*kFree)(Handle)>
struct Free {
  using pointer = Handle;
  void operator()(Handle handle) const { kFree(handle); }
};
using PrivateKey = std::unique_ptr<void, Free<gnutls_privkey_t, gnutls_privkey_deinit>>;
using PublicKey = std::unique_ptr<void, Free<gnutls_pubkey_t, gnutls_pubkey_deinit>>;
using NewKey = std::unique_ptr<void, Free<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit>>;

Unexpected<FileError> unusable(const std::string& path) {
  return Unexpected{FileError{FileError::Reason::kNotReadable,
                              path + ": is no Ed25519 key; remove it, then run: jpkictl card pending key"}};
}

Expected<PrivateKey, FileError> load(const std::string& path, FileTrust trust) {
  trust.secret = true;
  Expected<Blob, FileError> pem = read_trusted_file(path, trust);
  if (!pem) return Unexpected{pem.error()};
  gnutls_privkey_t raw = nullptr;
  const bool made = gnutls_privkey_init(&raw) == 0;
  PrivateKey key(raw);
  const gnutls_datum_t text = datum_of(*pem);
  const bool loaded = made &&
                      gnutls_privkey_import_x509_raw(raw, &text, GNUTLS_X509_FMT_PEM, nullptr, 0) == 0 &&
                      gnutls_privkey_get_pk_algorithm(raw, nullptr) == GNUTLS_PK_EDDSA_ED25519;
  gnutls_memset(pem->data(), 0, pem->size());
  if (!loaded) return unusable(path);
  return key;
}

}  // namespace

Expected<Unit, std::string> make_request_key(const std::string& path) {
  gnutls_x509_privkey_t raw = nullptr;
  const bool made = gnutls_x509_privkey_init(&raw) == 0;
  const NewKey key(raw);
  Datum pem;
  if (!made ||
      gnutls_x509_privkey_generate(raw, GNUTLS_PK_EDDSA_ED25519,
                                   GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 0) != 0 ||
      gnutls_x509_privkey_export2_pkcs8(raw, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &pem.value) !=
          0)
    return Unexpected{std::string("GnuTLS makes no Ed25519 key")};
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) return Unexpected{path + ": is there already"};
  auto file = AtomicFile::create(path, 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(pem.bytes(), 0); !written) return written;
  return file->commit();
}

Expected<Blob, FileError> sign_request(const Request& request, const std::string& path,
                                       const FileTrust& trust) {
  const auto key = load(path, trust);
  if (!key) return Unexpected{key.error()};
  const std::string text = signed_text(request);
  const gnutls_datum_t data = datum_of(as_bytes(text));
  Datum signature;
  if (gnutls_privkey_sign_data2(key->get(), GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &signature.value) != 0)
    return unusable(path);
  return to_blob(signature.bytes());
}

Expected<std::string, FileError> public_request_key(const std::string& path, const FileTrust& trust) {
  const auto key = load(path, trust);
  if (!key) return Unexpected{key.error()};
  gnutls_pubkey_t raw = nullptr;
  const bool made = gnutls_pubkey_init(&raw) == 0;
  const PublicKey half(raw);
  Datum pem;
  if (!made || gnutls_pubkey_import_privkey(raw, key->get(), 0, 0) != 0 ||
      gnutls_pubkey_export2(raw, GNUTLS_X509_FMT_PEM, &pem.value) != 0)
    return unusable(path);
  return std::string(as_text(pem.bytes()));
}

bool is_signed_by(const Request& request, std::string_view public_key) {
  gnutls_pubkey_t raw = nullptr;
  const bool made = gnutls_pubkey_init(&raw) == 0;
  const PublicKey key(raw);
  const gnutls_datum_t pem = datum_of(as_bytes(public_key));
  if (!made || gnutls_pubkey_import(raw, &pem, GNUTLS_X509_FMT_PEM) != 0 ||
      gnutls_pubkey_get_pk_algorithm(raw, nullptr) != GNUTLS_PK_EDDSA_ED25519)
    return false;
  const std::string text = signed_text(request);
  const gnutls_datum_t data = datum_of(as_bytes(text));
  const gnutls_datum_t signature = datum_of(request.signature);
  return gnutls_pubkey_verify_data2(raw, GNUTLS_SIGN_EDDSA_ED25519, 0, &data, &signature) >= 0;
}

}  // namespace jpki::ctl::card
