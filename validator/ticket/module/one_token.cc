// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ticket/module/one_token.h"

#include "validator/ticket/module/exchange.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace jpki::ticket {
namespace {

constexpr CK_SLOT_ID kSlot = 1;
constexpr CK_SESSION_HANDLE kSession = 1;
constexpr CK_OBJECT_HANDLE kCertificate = 1;
constexpr CK_OBJECT_HANDLE kKey = 2;
constexpr std::uint8_t kId = 1;
constexpr std::size_t kLongestSignature = 1024;  // RSA with 8192 bits

struct State {
  bool open = false;
  std::vector<CK_OBJECT_HANDLE> found;  // not yet told, last first
  bool finding = false;
  bool signing = false;
  bool signed_once = false;
  Blob digest_info;  // that `signature` is of
  Blob signature;
};

int g_socket = STDIN_FILENO;
Blob g_certificate;  // empty: not asked for yet
State* g_state = nullptr;

template <class Work>
CK_RV guarded(Work work) noexcept {
  if (g_state == nullptr) return CKR_CRYPTOKI_NOT_INITIALIZED;
  try {
    return work(*g_state);
  } catch (const std::bad_alloc&) {
    return CKR_HOST_MEMORY;
  } catch (...) {
    return CKR_FUNCTION_FAILED;
  }
}

template <class Work>
CK_RV in_session(CK_SESSION_HANDLE session, Work work) noexcept {
  return guarded([&](State& state) {
    return session == kSession && state.open ? work(state) : CKR_SESSION_HANDLE_INVALID;
  });
}

template <std::size_t Size>
void pad(CK_UTF8CHAR (&field)[Size], std::string_view text) {
  std::memset(field, ' ', Size);
  std::memcpy(field, text.data(), std::min(Size, text.size()));
}

// The octets of an attribute; nothing: the object has none of that type, or tells it to nobody.
std::optional<Blob> attribute_of(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  const auto number = [](CK_ULONG value) {
    Blob octets(sizeof value);
    std::memcpy(octets.data(), &value, sizeof value);
    return octets;
  };
  const bool certificate = object == kCertificate;
  if (type == CKA_CLASS) return number(certificate ? CKO_CERTIFICATE : CKO_PRIVATE_KEY);
  if (type == CKA_ID) return Blob{kId};
  if (type == CKA_TOKEN) return Blob{CK_TRUE};
  if (certificate && type == CKA_CERTIFICATE_TYPE) return number(CKC_X_509);
  if (certificate && type == CKA_VALUE) return g_certificate;
  if (!certificate && type == CKA_KEY_TYPE) return number(CKK_RSA);
  if (!certificate && type == CKA_SIGN) return Blob{CK_TRUE};
  return std::nullopt;
}

bool matches(CK_OBJECT_HANDLE object, const CK_ATTRIBUTE* wanted, CK_ULONG count) {
  return std::all_of(wanted, wanted + count, [&](const CK_ATTRIBUTE& attribute) {
    const auto octets = attribute_of(object, attribute.type);
    const Bytes given(static_cast<const std::uint8_t*>(attribute.pValue), attribute.ulValueLen);
    return octets && std::ranges::equal(*octets, given);
  });
}

CK_RV initialize(void*) noexcept {
  if (g_state != nullptr) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
  try {
    if (g_certificate.empty()) {
      auto certificate = ask_certificate(g_socket);
      if (!certificate) return CKR_DEVICE_ERROR;
      g_certificate = std::move(*certificate);
    }
    g_state = new State;
    return CKR_OK;
  } catch (...) {
    return CKR_HOST_MEMORY;
  }
}

CK_RV finalize(void*) noexcept {
  return guarded([](State&) {
    delete g_state;
    g_state = nullptr;
    return CKR_OK;
  });
}

CK_RV get_info(CK_INFO* info) noexcept {
  return guarded([&](State&) {
    if (info == nullptr) return CKR_ARGUMENTS_BAD;
    *info = {};
    info->cryptokiVersion = {2, 40};
    pad(info->manufacturerID, "jpki-login");
    pad(info->libraryDescription, "JPKI ticket");
    return CKR_OK;
  });
}

CK_RV get_slot_list(CK_BBOOL, CK_SLOT_ID* list, CK_ULONG* count) noexcept {
  return guarded([&](State&) {
    if (count == nullptr) return CKR_ARGUMENTS_BAD;
    const CK_ULONG places = *count;
    *count = 1;
    if (list == nullptr) return CKR_OK;
    if (places < 1) return CKR_BUFFER_TOO_SMALL;
    list[0] = kSlot;
    return CKR_OK;
  });
}

CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info) noexcept {
  return guarded([&](State&) {
    if (slot != kSlot) return CKR_SLOT_ID_INVALID;
    if (info == nullptr) return CKR_ARGUMENTS_BAD;
    *info = {};
    pad(info->slotDescription, "jpki-validator");
    pad(info->manufacturerID, "jpki-login");
    info->flags = CKF_TOKEN_PRESENT;
    return CKR_OK;
  });
}

// Without CKF_LOGIN_REQUIRED nobody is asked for a PIN.
CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) noexcept {
  return guarded([&](State&) {
    if (slot != kSlot) return CKR_SLOT_ID_INVALID;
    if (info == nullptr) return CKR_ARGUMENTS_BAD;
    *info = {};
    pad(info->label, "jpki-login");
    pad(info->manufacturerID, "jpki-login");
    pad(info->model, "");
    pad(info->serialNumber, "");
    info->flags = CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED;
    info->ulMaxSessionCount = 1;
    return CKR_OK;
  });
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void*, CK_NOTIFY, CK_SESSION_HANDLE* session) noexcept {
  return guarded([&](State& state) {
    if (slot != kSlot) return CKR_SLOT_ID_INVALID;
    if (session == nullptr) return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0) return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    if (state.open) return CKR_SESSION_COUNT;
    state.open = true;
    *session = kSession;
    return CKR_OK;
  });
}

CK_RV close_session(CK_SESSION_HANDLE session) noexcept {
  return in_session(session, [](State& state) {
    state.open = state.finding = state.signing = false;
    return CKR_OK;
  });
}

CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE* wanted, CK_ULONG count) noexcept {
  return in_session(session, [&](State& state) {
    if (wanted == nullptr && count != 0) return CKR_ARGUMENTS_BAD;
    if (state.finding) return CKR_OPERATION_ACTIVE;
    state.found.clear();
    for (const CK_OBJECT_HANDLE object : {kKey, kCertificate})
      if (matches(object, wanted, count)) state.found.push_back(object);
    state.finding = true;
    return CKR_OK;
  });
}

CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* list, CK_ULONG places,
                   CK_ULONG* count) noexcept {
  return in_session(session, [&](State& state) {
    if (list == nullptr || count == nullptr) return CKR_ARGUMENTS_BAD;
    if (!state.finding) return CKR_OPERATION_NOT_INITIALIZED;
    for (*count = 0; *count < places && !state.found.empty(); ++*count) {
      list[*count] = state.found.back();
      state.found.pop_back();
    }
    return CKR_OK;
  });
}

CK_RV find_objects_final(CK_SESSION_HANDLE session) noexcept {
  return in_session(session, [](State& state) {
    if (!state.finding) return CKR_OPERATION_NOT_INITIALIZED;
    state.finding = false;
    return CKR_OK;
  });
}

// v2.40 5.7: each attribute is answered, and the worst of the answers is the function's.
CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                          CK_ULONG count) noexcept {
  return in_session(session, [&](State&) -> CK_RV {
    if (wanted == nullptr) return CKR_ARGUMENTS_BAD;
    if (object != kCertificate && object != kKey) return CKR_OBJECT_HANDLE_INVALID;
    CK_RV result = CKR_OK;
    for (CK_ATTRIBUTE& attribute : std::span(wanted, count)) {
      const auto octets = attribute_of(object, attribute.type);
      const CK_ULONG places = attribute.ulValueLen;
      attribute.ulValueLen = octets ? octets->size() : CK_UNAVAILABLE_INFORMATION;
      if (!octets) {
        result = CKR_ATTRIBUTE_TYPE_INVALID;
      } else if (attribute.pValue != nullptr && places < octets->size()) {
        attribute.ulValueLen = CK_UNAVAILABLE_INFORMATION;
        result = CKR_BUFFER_TOO_SMALL;
      } else if (attribute.pValue != nullptr) {
        std::memcpy(attribute.pValue, octets->data(), octets->size());
      }
    }
    return result;
  });
}

CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) noexcept {
  return in_session(session, [&](State& state) {
    if (mechanism == nullptr) return CKR_ARGUMENTS_BAD;
    if (mechanism->mechanism != CKM_RSA_PKCS) return CKR_MECHANISM_INVALID;
    if (key != kKey) return CKR_KEY_HANDLE_INVALID;
    state.signing = true;
    return CKR_OK;
  });
}

// Told by length only, or to a buffer that is too small, the signature stays for the call that follows.
CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG size, CK_BYTE* out, CK_ULONG* places) noexcept {
  return in_session(session, [&](State& state) -> CK_RV {
    if (data == nullptr || places == nullptr) return CKR_ARGUMENTS_BAD;
    if (!state.signing) return CKR_OPERATION_NOT_INITIALIZED;
    const Bytes given(data, size);
    if (!state.signed_once) {
      state.signed_once = true;
      state.digest_info = to_blob(given);
      if (auto signature = ask_signature(g_socket, given)) state.signature = std::move(*signature);
    }
    if (state.signature.empty() || state.signature.size() > kLongestSignature ||
        !std::ranges::equal(state.digest_info, given)) {
      state.signing = false;
      return CKR_DEVICE_ERROR;
    }
    const CK_ULONG room = *places;
    *places = state.signature.size();
    if (out == nullptr) return CKR_OK;
    if (room < state.signature.size()) return CKR_BUFFER_TOO_SMALL;
    std::ranges::copy(state.signature, out);
    state.signing = false;
    return CKR_OK;
  });
}

CK_RV get_function_list(CK_FUNCTION_LIST** list) noexcept {
  if (list == nullptr) return CKR_ARGUMENTS_BAD;
  *list = &functions();
  return CKR_OK;
}

// Of every function that is not here; a cast to another type of function than is called is undefined, so each
// has its own.
template <class... Arguments>
CK_RV not_supported(Arguments...) noexcept {
  return CKR_FUNCTION_NOT_SUPPORTED;
}

template <class... Arguments>
void refuse(CK_RV (*&function)(Arguments...)) {
  if (function == nullptr) function = &not_supported<Arguments...>;
}

CK_FUNCTION_LIST all_functions() {
  CK_FUNCTION_LIST list{};
  list.version = {2, 40};
  list.C_Initialize = initialize;
  list.C_Finalize = finalize;
  list.C_GetInfo = get_info;
  list.C_GetFunctionList = get_function_list;
  list.C_GetSlotList = get_slot_list;
  list.C_GetSlotInfo = get_slot_info;
  list.C_GetTokenInfo = get_token_info;
  list.C_OpenSession = open_session;
  list.C_CloseSession = close_session;
  list.C_FindObjectsInit = find_objects_init;
  list.C_FindObjects = find_objects;
  list.C_FindObjectsFinal = find_objects_final;
  list.C_GetAttributeValue = get_attribute_value;
  list.C_SignInit = sign_init;
  list.C_Sign = sign;
  const auto refuse_all = [](auto&... functions) { (refuse(functions), ...); };
  refuse_all(list.C_GetMechanismList, list.C_GetMechanismInfo, list.C_InitToken, list.C_InitPIN,
             list.C_SetPIN, list.C_CloseAllSessions, list.C_GetSessionInfo, list.C_GetOperationState,
             list.C_SetOperationState, list.C_Login, list.C_Logout, list.C_CreateObject, list.C_CopyObject,
             list.C_DestroyObject, list.C_GetObjectSize, list.C_SetAttributeValue, list.C_EncryptInit,
             list.C_Encrypt, list.C_EncryptUpdate, list.C_EncryptFinal, list.C_DecryptInit, list.C_Decrypt,
             list.C_DecryptUpdate, list.C_DecryptFinal, list.C_DigestInit, list.C_Digest, list.C_DigestUpdate,
             list.C_DigestKey, list.C_DigestFinal, list.C_SignUpdate, list.C_SignFinal,
             list.C_SignRecoverInit, list.C_SignRecover, list.C_VerifyInit, list.C_Verify,
             list.C_VerifyUpdate, list.C_VerifyFinal, list.C_VerifyRecoverInit, list.C_VerifyRecover,
             list.C_DigestEncryptUpdate, list.C_DecryptDigestUpdate, list.C_SignEncryptUpdate,
             list.C_DecryptVerifyUpdate, list.C_GenerateKey, list.C_GenerateKeyPair, list.C_WrapKey,
             list.C_UnwrapKey, list.C_DeriveKey, list.C_SeedRandom, list.C_GenerateRandom,
             list.C_GetFunctionStatus, list.C_CancelFunction, list.C_WaitForSlotEvent);
  return list;
}

}  // namespace

CK_FUNCTION_LIST& functions() {
  static CK_FUNCTION_LIST list = all_functions();
  return list;
}

void ask_over(int socket) {
  g_socket = socket;
  g_certificate.clear();
}

}  // namespace jpki::ticket
