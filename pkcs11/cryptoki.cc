// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/cryptoki.h"

#include "pkcs11/call_count.h"
#include "pkcs11/fields.h"
#include "pkcs11/release_timer.h"
#include "pkcs11/wishes.h"

#include <atomic>
#include <new>

#include <unistd.h>

namespace jpki::pkcs11 {
namespace {

std::unique_ptr<Readers> no_readers() {
  return nullptr;
}

std::unique_ptr<Readers> (*g_make_readers)() = no_readers;

// From C_Initialize to C_Finalize, of one process.
struct Instance {
  Instance(std::unique_ptr<Readers> readers, const Wishes& wishes)
      : module(std::move(readers), {.holding = wishes.holding,
                                    .pin_on_reader = wishes.pin_on_reader,
                                    .wake = [this] { timer.wake(module); }}) {}
  ~Instance() {
    module.stop();
    timer.stop();
  }

  pid_t process = ::getpid();
  Module module;
  ReleaseTimer timer;
};

// What a parent process left here is never freed: its connection to pcscd is the parent's.
std::atomic<Instance*> g_instance{nullptr};

Instance* instance() {
  Instance* const found = g_instance.load();
  return found != nullptr && found->process == ::getpid() ? found : nullptr;
}

// Calls under way; C_Finalize waits for them.
CallCount g_calls;
CallCount g_waits;  // for slot events, which Module::stop() ends

class Call {
 public:
  explicit Call(CallCount& count) noexcept : count_(count) { count_.begin(); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { count_.end(); }

 private:
  CallCount& count_;
};

// Nobody finds it any more.
void end(Instance* found) noexcept {
  found->module.stop();
  g_calls.wait_for_none();
  g_waits.wait_for_none();
  delete found;
}

// A program that unloads the module without C_Finalize leaves no thread in memory that is gone. One that ends
// may have a thread in a call that waits for the card: it is not waited for, and pcscd resets the card.
struct AtUnload {
  ~AtUnload() {
    Instance* found = instance();
    if (found == nullptr || !g_instance.compare_exchange_strong(found, nullptr)) return;
    Instance* none = nullptr;
    if (g_calls.none())  // and none can begin any more
      end(found);
    else
      (void)g_instance.compare_exchange_strong(none, found);
  }
} g_at_unload;

template <class Work>
CK_RV guarded(Work work) noexcept {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return CKR_HOST_MEMORY;
  } catch (...) {
    return CKR_FUNCTION_FAILED;
  }
}

template <class Work>
CK_RV with_module(Work work, CallCount& count = g_calls) noexcept {
  return guarded([&]() -> CK_RV {
    const Call call(count);
    Instance* const found = instance();
    if (found == nullptr) return CKR_CRYPTOKI_NOT_INITIALIZED;
    return work(found->module);
  });
}

Bytes bytes_of(const CK_BYTE* data, CK_ULONG size) {
  return {data, data == nullptr ? 0 : size};
}

// --- general ----------------------------------------------------------------------------------------
CK_RV initialize(void* arguments) {
  return guarded([&]() -> CK_RV {
    Instance* before = g_instance.load();
    if (before != nullptr && before->process == ::getpid()) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    Wishes wishes;
    const CK_RV rv = take_wishes(static_cast<const CK_C_INITIALIZE_ARGS*>(arguments), wishes);
    if (rv != CKR_OK) return rv;
    auto made = std::make_unique<Instance>(g_make_readers(), wishes);
    CK_ULONG count = 0;
    (void)made->module.get_slot_list(false, nullptr, count);  // connects to pcscd, if it is there
    if (!g_instance.compare_exchange_strong(before, made.get())) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    (void)made.release();
    return CKR_OK;
  });
}

CK_RV finalize(void* reserved) {
  return guarded([&]() -> CK_RV {
    if (reserved != nullptr) return CKR_ARGUMENTS_BAD;
    Instance* found = instance();
    if (found == nullptr || !g_instance.compare_exchange_strong(found, nullptr))
      return CKR_CRYPTOKI_NOT_INITIALIZED;
    end(found);
    return CKR_OK;
  });
}

CK_RV get_info(CK_INFO* info) {
  return with_module([&](Module&) -> CK_RV {
    if (info == nullptr) return CKR_ARGUMENTS_BAD;
    *info = {};
    info->cryptokiVersion = {2, 40};
    info->libraryVersion = {0, 1};
    pad(info->manufacturerID, kLibraryMaker);
    pad(info->libraryDescription, kLibraryName);
    return CKR_OK;
  });
}

CK_RV get_function_list(CK_FUNCTION_LIST** list) {
  if (list == nullptr) return CKR_ARGUMENTS_BAD;
  *list = &functions();
  return CKR_OK;
}

// --- slots and tokens -------------------------------------------------------------------------------
CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID* list, CK_ULONG* count) {
  return with_module([&](Module& module) -> CK_RV {
    return count == nullptr ? CKR_ARGUMENTS_BAD : module.get_slot_list(present != CK_FALSE, list, *count);
  });
}

CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* info) {
  return with_module([&](Module& module) -> CK_RV {
    return info == nullptr ? CKR_ARGUMENTS_BAD : module.get_slot_info(slot, *info);
  });
}

CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* info) {
  return with_module([&](Module& module) -> CK_RV {
    return info == nullptr ? CKR_ARGUMENTS_BAD : module.get_token_info(slot, *info);
  });
}

CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  return with_module([&](Module& module) -> CK_RV {
    return count == nullptr ? CKR_ARGUMENTS_BAD : module.get_mechanism_list(slot, list, *count);
  });
}

CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* info) {
  return with_module([&](Module& module) -> CK_RV {
    return info == nullptr ? CKR_ARGUMENTS_BAD : module.get_mechanism_info(slot, type, *info);
  });
}

CK_RV wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID* slot, void* reserved) {
  const auto work = [&](Module& module) -> CK_RV {
    if (slot == nullptr || reserved != nullptr) return CKR_ARGUMENTS_BAD;
    return module.wait_for_slot_event((flags & CKF_DONT_BLOCK) == 0, *slot);
  };
  return with_module(work, g_waits);
}

// --- sessions ---------------------------------------------------------------------------------------
CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void*, CK_NOTIFY, CK_SESSION_HANDLE* session) {
  return with_module([&](Module& module) -> CK_RV {
    return session == nullptr ? CKR_ARGUMENTS_BAD : module.open_session(slot, flags, *session);
  });
}

CK_RV close_session(CK_SESSION_HANDLE session) {
  return with_module([&](Module& module) { return module.close_session(session); });
}

CK_RV close_all_sessions(CK_SLOT_ID slot) {
  return with_module([&](Module& module) { return module.close_all_sessions(slot); });
}

CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO* info) {
  return with_module([&](Module& module) -> CK_RV {
    return info == nullptr ? CKR_ARGUMENTS_BAD : module.get_session_info(session, *info);
  });
}

CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR* pin, CK_ULONG size) {
  return with_module([&](Module& module) -> CK_RV {
    return pin == nullptr ? module.login_on_reader(session, user)
                          : module.login(session, user, bytes_of(pin, size));
  });
}

CK_RV logout(CK_SESSION_HANDLE session) {
  return with_module([&](Module& module) { return module.logout(session); });
}

// --- objects ----------------------------------------------------------------------------------------
CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                          CK_ULONG count) {
  return with_module([&](Module& module) -> CK_RV {
    if (wanted == nullptr) return CKR_ARGUMENTS_BAD;
    return module.get_attribute_value(session, object, {wanted, count});
  });
}

CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  return with_module([&](Module& module) -> CK_RV {
    if (wanted == nullptr && count != 0) return CKR_ARGUMENTS_BAD;
    return module.find_objects_init(session, {wanted, count});
  });
}

CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE* found, CK_ULONG places, CK_ULONG* count) {
  return with_module([&](Module& module) -> CK_RV {
    if (count == nullptr || (found == nullptr && places != 0)) return CKR_ARGUMENTS_BAD;
    return module.find_objects(session, {found, places}, *count);
  });
}

CK_RV find_objects_final(CK_SESSION_HANDLE session) {
  return with_module([&](Module& module) { return module.find_objects_final(session); });
}

// --- signatures -------------------------------------------------------------------------------------
CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  return with_module([&](Module& module) -> CK_RV {
    return mechanism == nullptr ? CKR_ARGUMENTS_BAD : module.sign_init(session, *mechanism, key);
  });
}

CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE* data, CK_ULONG data_size, CK_BYTE* signature, CK_ULONG* size) {
  return with_module([&](Module& module) -> CK_RV {
    if (size == nullptr || (data == nullptr && data_size != 0)) return CKR_ARGUMENTS_BAD;
    return module.sign(session, bytes_of(data, data_size), signature, *size);
  });
}

CK_RV sign_update(CK_SESSION_HANDLE session, CK_BYTE* part, CK_ULONG size) {
  return with_module([&](Module& module) -> CK_RV {
    if (part == nullptr && size != 0) return CKR_ARGUMENTS_BAD;
    return module.sign_update(session, bytes_of(part, size));
  });
}

CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE* signature, CK_ULONG* size) {
  return with_module([&](Module& module) -> CK_RV {
    return size == nullptr ? CKR_ARGUMENTS_BAD : module.sign_final(session, signature, *size);
  });
}

// --- what this token cannot do ----------------------------------------------------------------------
template <CK_RV Answer, class... Arguments>
CK_RV cannot(Arguments...) {
  return with_module([](Module&) { return Answer; });
}

// Converts to any function pointer of PKCS#11.
template <class... Arguments>
using Function = CK_RV (*)(Arguments...);
template <CK_RV Answer>
struct Cannot {
  template <class... Arguments>
  constexpr operator Function<Arguments...>() const {  // NOLINT: implicit by design
    return &cannot<Answer, Arguments...>;
  }
};

constexpr Cannot<CKR_FUNCTION_NOT_SUPPORTED> kUnsupported;
constexpr Cannot<CKR_TOKEN_WRITE_PROTECTED> kReadOnly;
constexpr Cannot<CKR_RANDOM_NO_RNG> kNoRandom;
constexpr Cannot<CKR_FUNCTION_NOT_PARALLEL> kNotParallel;

CK_FUNCTION_LIST g_functions = {
    .version = {2, 40},
    .C_Initialize = initialize,
    .C_Finalize = finalize,
    .C_GetInfo = get_info,
    .C_GetFunctionList = get_function_list,
    .C_GetSlotList = get_slot_list,
    .C_GetSlotInfo = get_slot_info,
    .C_GetTokenInfo = get_token_info,
    .C_GetMechanismList = get_mechanism_list,
    .C_GetMechanismInfo = get_mechanism_info,
    .C_InitToken = kUnsupported,
    .C_InitPIN = kUnsupported,
    .C_SetPIN = kUnsupported,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_CloseAllSessions = close_all_sessions,
    .C_GetSessionInfo = get_session_info,
    .C_GetOperationState = kUnsupported,
    .C_SetOperationState = kUnsupported,
    .C_Login = login,
    .C_Logout = logout,
    .C_CreateObject = kReadOnly,
    .C_CopyObject = kReadOnly,
    .C_DestroyObject = kReadOnly,
    .C_GetObjectSize = kUnsupported,
    .C_GetAttributeValue = get_attribute_value,
    .C_SetAttributeValue = kReadOnly,
    .C_FindObjectsInit = find_objects_init,
    .C_FindObjects = find_objects,
    .C_FindObjectsFinal = find_objects_final,
    .C_EncryptInit = kUnsupported,
    .C_Encrypt = kUnsupported,
    .C_EncryptUpdate = kUnsupported,
    .C_EncryptFinal = kUnsupported,
    .C_DecryptInit = kUnsupported,
    .C_Decrypt = kUnsupported,
    .C_DecryptUpdate = kUnsupported,
    .C_DecryptFinal = kUnsupported,
    .C_DigestInit = kUnsupported,
    .C_Digest = kUnsupported,
    .C_DigestUpdate = kUnsupported,
    .C_DigestKey = kUnsupported,
    .C_DigestFinal = kUnsupported,
    .C_SignInit = sign_init,
    .C_Sign = sign,
    .C_SignUpdate = sign_update,
    .C_SignFinal = sign_final,
    .C_SignRecoverInit = kUnsupported,
    .C_SignRecover = kUnsupported,
    .C_VerifyInit = kUnsupported,
    .C_Verify = kUnsupported,
    .C_VerifyUpdate = kUnsupported,
    .C_VerifyFinal = kUnsupported,
    .C_VerifyRecoverInit = kUnsupported,
    .C_VerifyRecover = kUnsupported,
    .C_DigestEncryptUpdate = kUnsupported,
    .C_DecryptDigestUpdate = kUnsupported,
    .C_SignEncryptUpdate = kUnsupported,
    .C_DecryptVerifyUpdate = kUnsupported,
    .C_GenerateKey = kUnsupported,
    .C_GenerateKeyPair = kUnsupported,
    .C_WrapKey = kUnsupported,
    .C_UnwrapKey = kUnsupported,
    .C_DeriveKey = kUnsupported,
    .C_SeedRandom = kNoRandom,
    .C_GenerateRandom = kNoRandom,
    .C_GetFunctionStatus = kNotParallel,
    .C_CancelFunction = kNotParallel,
    .C_WaitForSlotEvent = wait_for_slot_event,
};

}  // namespace

CK_FUNCTION_LIST& functions() {
  return g_functions;
}

void take_readers_from(std::unique_ptr<Readers> (*make)()) {
  g_make_readers = make;
}

}  // namespace jpki::pkcs11
