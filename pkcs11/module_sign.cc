// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/fields.h"
#include "pkcs11/module.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

struct Mechanism {
  CK_MECHANISM_TYPE type;
  KeyKind key;
  std::optional<HashAlgorithm> hash;  // made here; nothing: by the caller
};

// The card pads (PKCS#1 v1.5) and never sees more than a DigestInfo. It has no PSS.
constexpr Mechanism kMechanisms[] = {
    {CKM_RSA_PKCS, KeyKind::kRsa, std::nullopt},
    {CKM_SHA256_RSA_PKCS, KeyKind::kRsa, HashAlgorithm::kSha256},
    {CKM_SHA384_RSA_PKCS, KeyKind::kRsa, HashAlgorithm::kSha384},
    {CKM_SHA512_RSA_PKCS, KeyKind::kRsa, HashAlgorithm::kSha512},
    {CKM_ECDSA, KeyKind::kP384, std::nullopt},
};

constexpr std::size_t kPadding = 11;    // the least of PKCS#1 v1.5, bytes
constexpr std::size_t kP384Input = 48;  // the card takes a digest of that size alone
constexpr CK_ULONG kP384Bits = 384;
constexpr CK_ULONG kRsaBits = 2048;  // of a key that nobody knows before the PIN

const Mechanism* mechanism_of(CK_MECHANISM_TYPE type) {
  const auto* const found = std::ranges::find(kMechanisms, type, &Mechanism::type);
  return found == std::end(kMechanisms) ? nullptr : found;
}

bool holds(const std::vector<KeyKind>& kinds, KeyKind kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

bool fits(CK_MECHANISM_TYPE mechanism, std::size_t data, std::size_t signature) {
  if (mechanism == CKM_ECDSA) return data == kP384Input;
  return data > 0 && data + kPadding <= signature;
}

}  // namespace

// What the card's certificate says of its key, in a slot that holds a card.
Expected<const CertificateFields*, CK_RV> Module::key_of(CK_SLOT_ID slot) {
  const auto certificate = slots_[slot].token->certificate();
  if (!certificate) return Unexpected{rv_of(slot, certificate.error())};
  static const CertificateFields kNoKey{};
  return (*certificate)->fields ? &*(*certificate)->fields : &kNoKey;
}

// What is known of the key; where nobody knows it before the PIN, all that the medium has.
Expected<std::vector<KeyKind>, CK_RV> Module::kinds_of_key(CK_SLOT_ID slot) {
  const auto key = key_of(slot);
  if (!key) return Unexpected{key.error()};
  Token& token = *slots_[slot].token;
  if (!token.certificate_after_pin() || token.logged_in()) return std::vector{(*key)->key};
  const auto medium = token.recognise();
  if (!medium) return Unexpected{rv_of(slot, medium.error())};
  std::vector<KeyKind> kinds;
  if ((*medium)->rsa) kinds.push_back(KeyKind::kRsa);
  if ((*medium)->p384) kinds.push_back(KeyKind::kP384);
  return kinds;
}

CK_RV Module::get_mechanism_list(CK_SLOT_ID id, CK_MECHANISM_TYPE* list, CK_ULONG& count) {
  const std::lock_guard lock(mutex_);
  if (const auto slot = present_slot(id); !slot) return slot.error();
  const auto kinds = kinds_of_key(id);
  if (!kinds) return kinds.error();
  std::vector<CK_MECHANISM_TYPE> types;
  for (const Mechanism& mechanism : kMechanisms)
    if (holds(*kinds, mechanism.key)) types.push_back(mechanism.type);
  leave_alone(id);
  return give_list(types, list, count);
}

CK_RV Module::get_mechanism_info(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO& info) {
  const std::lock_guard lock(mutex_);
  if (const auto slot = present_slot(id); !slot) return slot.error();
  const auto key = key_of(id);
  if (!key) return key.error();
  const auto kinds = kinds_of_key(id);
  if (!kinds) return kinds.error();
  const Mechanism* const mechanism = mechanism_of(type);
  const std::size_t size = signature_size(**key);
  leave_alone(id);
  if (mechanism == nullptr || !holds(*kinds, mechanism->key)) return CKR_MECHANISM_INVALID;
  const bool rsa = mechanism->key == KeyKind::kRsa;
  const CK_ULONG bits = !rsa ? kP384Bits : size == 0 ? kRsaBits : size * 8;
  info = {.ulMinKeySize = bits, .ulMaxKeySize = bits, .flags = CKF_HW | CKF_SIGN};
  if (!rsa) info.flags |= CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS;
  return CKR_OK;
}

CK_RV Module::sign_init(CK_SESSION_HANDLE handle, const CK_MECHANISM& mechanism,
                        CK_OBJECT_HANDLE key_handle) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (session->sign) return CKR_OPERATION_ACTIVE;
  if (!token_of(*session).logged_in()) return CKR_USER_NOT_LOGGED_IN;
  if (object_of(key_handle) != ObjectKind::kPrivateKey) return CKR_KEY_HANDLE_INVALID;
  const auto key = key_of(session->slot);
  if (!key) return key.error();
  const Mechanism* const found = mechanism_of(mechanism.mechanism);
  if (found == nullptr || found->key != (*key)->key) return CKR_MECHANISM_INVALID;
  if (mechanism.ulParameterLen != 0) return CKR_MECHANISM_PARAM_INVALID;
  session->sign = SignOperation{
      .mechanism = found->type, .size = signature_size(**key), .algorithm = found->hash, .hash = {}};
  return CKR_OK;
}

CK_RV Module::sign(CK_SESSION_HANDLE handle, Bytes data, CK_BYTE* signature, CK_ULONG& size) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (!session->sign || session->sign->hash) return CKR_OPERATION_NOT_INITIALIZED;
  if (!session->sign->algorithm) return finish_sign(*session, data, signature, size);
  const HashAlgorithm algorithm = *session->sign->algorithm;
  return finish_sign(*session, digest_info(algorithm, digest_of(algorithm, data)), signature, size);
}

CK_RV Module::sign_update(CK_SESSION_HANDLE handle, Bytes part) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (!session->sign) return CKR_OPERATION_NOT_INITIALIZED;
  SignOperation& operation = *session->sign;
  if (!operation.algorithm) {  // what is signed as it is, is one part
    session->sign.reset();
    return CKR_FUNCTION_NOT_SUPPORTED;
  }
  if (!operation.hash) operation.hash.emplace(*operation.algorithm);
  operation.hash->add(part);
  return CKR_OK;
}

CK_RV Module::sign_final(CK_SESSION_HANDLE handle, CK_BYTE* signature, CK_ULONG& size) {
  const std::lock_guard lock(mutex_);
  Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  if (!session->sign || !session->sign->algorithm) return CKR_OPERATION_NOT_INITIALIZED;
  SignOperation& operation = *session->sign;
  if (!operation.hash) operation.hash.emplace(*operation.algorithm);
  Hash so_far = *operation.hash;  // the question for the size leaves the operation as it is
  return finish_sign(*session, digest_info(*operation.algorithm, so_far.digest()), signature, size);
}

// Ends the operation, unless only the size was asked for or there was no room.
CK_RV Module::finish_sign(Session& session, Bytes input, CK_BYTE* signature, CK_ULONG& size) {
  const CK_ULONG room = size;
  const std::size_t expected = session.sign->size;
  size = expected;
  if (signature == nullptr) return CKR_OK;
  if (room < expected) return CKR_BUFFER_TOO_SMALL;
  const CK_MECHANISM_TYPE mechanism = session.sign->mechanism;
  session.sign.reset();
  if (!fits(mechanism, input.size(), expected)) return CKR_DATA_LEN_RANGE;
  const CK_SLOT_ID slot = session.slot;
  const auto answer = token_of(session).sign(input);
  if (!answer) return rv_of(slot, answer.error());
  if (!*answer) {
    let_go(slot);
    return CKR_USER_NOT_LOGGED_IN;
  }
  keep_a_while(slot);
  const auto plain = mechanism == CKM_ECDSA ? plain_ecdsa_signature(**answer) : *answer;
  if (!plain || plain->size() != expected) return CKR_DEVICE_ERROR;
  std::copy(plain->begin(), plain->end(), signature);
  return CKR_OK;
}

}  // namespace jpki::pkcs11
