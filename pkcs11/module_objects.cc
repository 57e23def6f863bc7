// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/module.h"

#include <algorithm>
#include <cstring>

namespace jpki::pkcs11 {
namespace {

using Kind = Attribute::Kind;

bool is_of_a_key(ObjectKind object) {
  return object == ObjectKind::kPublicKey || object == ObjectKind::kPrivateKey;
}

// From who is not logged in, as far as it is known what the medium hides.
bool is_hidden(const Token& token, ObjectKind object) {
  if (token.logged_in()) return false;
  return object == ObjectKind::kPrivateKey ||
         (token.certificate_after_pin() && is_from_persons_certificate(object));
}

CK_RV give(CK_ATTRIBUTE& wanted, const Blob& value) {
  if (wanted.pValue == nullptr) {
    wanted.ulValueLen = value.size();
    return CKR_OK;
  }
  if (wanted.ulValueLen < value.size()) {
    wanted.ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return CKR_BUFFER_TOO_SMALL;
  }
  if (!value.empty()) std::memcpy(wanted.pValue, value.data(), value.size());
  wanted.ulValueLen = value.size();
  return CKR_OK;
}

CK_RV refuse(CK_ATTRIBUTE& wanted, CK_RV why) {
  wanted.ulValueLen = CK_UNAVAILABLE_INFORMATION;
  return why;
}

bool equal(const CK_ATTRIBUTE& wanted, const Blob& value) {
  if (wanted.ulValueLen != value.size()) return false;
  return value.empty() ||
         (wanted.pValue != nullptr && std::memcmp(wanted.pValue, value.data(), value.size()) == 0);
}

}  // namespace

// The attribute, from the card if need be.
Expected<Attribute, CK_RV> Module::attribute(const Session& session, ObjectKind object,
                                             CK_ATTRIBUTE_TYPE type) {
  Token& token = token_of(session);
  Attribute fixed = fixed_attribute(object, type, token.certificate_after_pin());
  if (fixed.kind != Kind::kFromCertificate) return fixed;
  const bool authority = object == ObjectKind::kAuthority;
  const auto certificate = authority ? token.authority() : token.certificate();
  if (!certificate) return Unexpected{rv_of(session.slot, certificate.error())};
  const CardCertificate& read = **certificate;
  if (read.fields) return attribute_from(object, type, read.der, *read.fields);
  // Whoever asks for the value can see for himself that it is no certificate.
  if (type == CKA_VALUE && !read.der.empty() && !is_of_a_key(object))
    return Attribute{Kind::kValue, read.der};
  return Attribute{};
}

// Whether the object is there, may be seen and has these attributes. The card is asked last.
Expected<bool, CK_RV> Module::matches(const Session& session, ObjectKind object,
                                      std::span<const CK_ATTRIBUTE> wanted) {
  if (is_hidden(token_of(session), object)) return false;
  for (const CK_ATTRIBUTE& one : wanted) {
    const Attribute fixed = fixed_attribute(object, one.type, token_of(session).certificate_after_pin());
    if (fixed.kind == Kind::kFromCertificate) continue;
    if (fixed.kind != Kind::kValue || !equal(one, fixed.value)) return false;
  }
  if (is_from_persons_certificate(object)) {
    const auto certificate = token_of(session).certificate();
    if (!certificate) return Unexpected{rv_of(session.slot, certificate.error())};
    const CardCertificate& read = **certificate;
    if (read.der.empty()) return false;
    if (is_of_a_key(object) && (!read.fields || signature_size(*read.fields) == 0)) return false;
  }
  for (const CK_ATTRIBUTE& one : wanted) {
    const auto told = attribute(session, object, one.type);
    if (!told) return Unexpected{told.error()};
    if (told->kind != Kind::kValue || !equal(one, told->value)) return false;
  }
  return true;
}

CK_RV Module::find_objects_init(CK_SESSION_HANDLE handle, std::span<const CK_ATTRIBUTE> wanted) {
  const std::lock_guard lock(mutex_);
  Session* session = session_at(handle);
  if (session != nullptr && !token_of(*session).held()) {
    refresh();  // may find that the card is another one
    session = session_at(handle);
  }
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (session->found) return CKR_OPERATION_ACTIVE;
  std::vector<CK_OBJECT_HANDLE> found;
  for (const ObjectKind object : kAllObjects) {
    const auto match = matches(*session, object, wanted);
    if (!match) return match.error();
    if (*match) found.push_back(static_cast<CK_OBJECT_HANDLE>(object));
  }
  session->found = std::move(found);
  return CKR_OK;
}

CK_RV Module::find_objects(CK_SESSION_HANDLE handle, std::span<CK_OBJECT_HANDLE> found, CK_ULONG& count) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (!session->found) return CKR_OPERATION_NOT_INITIALIZED;
  const auto told = static_cast<std::ptrdiff_t>(std::min(found.size(), session->found->size()));
  std::copy_n(session->found->begin(), told, found.begin());
  session->found->erase(session->found->begin(), session->found->begin() + told);
  count = static_cast<CK_ULONG>(told);
  return CKR_OK;
}

CK_RV Module::find_objects_final(CK_SESSION_HANDLE handle) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (!session->found) return CKR_OPERATION_NOT_INITIALIZED;
  session->found.reset();
  return CKR_OK;
}

// All attributes are tried; the result is the first refusal (PKCS#11 v2.40, 5.7, C_GetAttributeValue).
CK_RV Module::get_attribute_value(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle,
                                  std::span<CK_ATTRIBUTE> wanted) {
  const std::lock_guard lock(mutex_);
  const Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  const auto object = object_of(object_handle);
  if (!object || is_hidden(token_of(*session), *object)) return CKR_OBJECT_HANDLE_INVALID;
  CK_RV result = CKR_OK;
  for (CK_ATTRIBUTE& one : wanted) {
    const auto told = attribute(*session, *object, one.type);
    if (!told) return told.error();  // the session may be gone with the card
    CK_RV rv = CKR_OK;
    switch (told->kind) {
      case Kind::kValue:
        rv = give(one, told->value);
        break;
      case Kind::kSensitive:
        rv = refuse(one, CKR_ATTRIBUTE_SENSITIVE);
        break;
      case Kind::kFromCertificate:
      case Kind::kUnknown:
        rv = refuse(one, CKR_ATTRIBUTE_TYPE_INVALID);
        break;
    }
    if (result == CKR_OK) result = rv;
  }
  return result;
}

}  // namespace jpki::pkcs11
