// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Module: the slots, sessions and operations of PKCS#11 v2.40 behind entry.cc, from C_Initialize to
// C_Finalize. One slot for each reader that was ever seen; its number stays when the reader goes and comes
// back. All functions lock the module, but those that say otherwise; they throw nothing but std::bad_alloc
// and what Settings::wake throws.
//
// The functions are PKCS#11's of the same names; only what is special here is told.
#pragma once

#include "pkcs11/digest.h"
#include "pkcs11/objects.h"
#include "pkcs11/token.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>

namespace jpki::pkcs11 {

using SteadyTime = std::chrono::steady_clock::time_point;

class Module {
 public:
  // How long a program other than a login keeps the card for itself after it last signed.
  static constexpr std::chrono::seconds kKeep{5};

  struct Settings {
    Holding holding = Holding::kWhileVerified;
    bool pin_on_reader = false;  // tokens tell where it can be typed, and login_on_reader() is possible there
    std::function<SteadyTime()> now = std::chrono::steady_clock::now;
    // due() has changed; called with the module locked. May throw: then the card is let go of at once.
    std::function<void()> wake = [] {};
  };

  Module(std::unique_ptr<Readers> readers, Settings settings)
      : readers_(std::move(readers)), settings_(std::move(settings)) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() { stop(); }

  // When the next card is to be let go of; nothing: none is.
  std::optional<SteadyTime> due();
  // Lets go of every card whose time is up.
  void on_time(SteadyTime now);
  // Ends every wait_for_slot_event(), and returns when none is under way. Before the destructor.
  void stop() noexcept;

  CK_RV get_slot_list(bool present_only, CK_SLOT_ID* list, CK_ULONG& count);
  CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO& info);
  CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO& info);
  CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG& count);
  CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO& info);
  // Waits without the lock. CKR_CRYPTOKI_NOT_INITIALIZED after stop().
  CK_RV wait_for_slot_event(bool block, CK_SLOT_ID& slot);

  CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE& session);
  CK_RV close_session(CK_SESSION_HANDLE session);
  CK_RV close_all_sessions(CK_SLOT_ID slot);
  CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO& info);
  // At most one VERIFY; none when the PIN has not the medium's form.
  CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, Bytes pin);
  // The same with a PIN that is typed on the reader: CKR_FUNCTION_CANCELED when none was.
  CK_RV login_on_reader(CK_SESSION_HANDLE session, CK_USER_TYPE user);
  // Also lets go of a card that is held without a login; CKR_USER_NOT_LOGGED_IN then, too.
  CK_RV logout(CK_SESSION_HANDLE session);

  CK_RV find_objects_init(CK_SESSION_HANDLE session, std::span<const CK_ATTRIBUTE> wanted);
  CK_RV find_objects(CK_SESSION_HANDLE session, std::span<CK_OBJECT_HANDLE> found, CK_ULONG& count);
  CK_RV find_objects_final(CK_SESSION_HANDLE session);
  CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                            std::span<CK_ATTRIBUTE> wanted);

  CK_RV sign_init(CK_SESSION_HANDLE session, const CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key);
  CK_RV sign(CK_SESSION_HANDLE session, Bytes data, CK_BYTE* signature, CK_ULONG& size);
  CK_RV sign_update(CK_SESSION_HANDLE session, Bytes part);
  CK_RV sign_final(CK_SESSION_HANDLE session, CK_BYTE* signature, CK_ULONG& size);

 private:
  struct Slot {
    std::unique_ptr<Token> token;
    std::string reader;
    bool attached = false;
    bool told = false;  // what wait_for_slot_event() last told of it
    std::optional<SteadyTime> release;
  };
  struct SignOperation {
    CK_MECHANISM_TYPE mechanism;
    std::size_t size;                        // of the signature
    std::optional<HashAlgorithm> algorithm;  // nothing: the data is signed as it is
    std::optional<Hash> hash;                // after the first sign_update()
  };
  struct Session {
    CK_SLOT_ID slot;
    CK_FLAGS flags;
    std::optional<std::vector<CK_OBJECT_HANDLE>> found;  // while a search is on: what is not told yet
    std::optional<SignOperation> sign;
  };

  std::optional<std::vector<ReaderState>> refresh();
  Slot* slot_at(CK_SLOT_ID id);
  Expected<Slot*, CK_RV> present_slot(CK_SLOT_ID id);
  Session* session_at(CK_SESSION_HANDLE handle);
  Expected<Session*, CK_RV> session_to_log_in(CK_SESSION_HANDLE handle, CK_USER_TYPE user);
  CK_RV conclude_login(CK_SLOT_ID slot, const Expected<PinAnswer, Trouble>& answer);
  Token& token_of(const Session& session) { return *slots_[session.slot].token; }
  CK_RV rv_of(CK_SLOT_ID slot, Trouble trouble);
  void drop_sessions(CK_SLOT_ID slot);
  void leave_alone(CK_SLOT_ID slot);
  std::size_t sessions_of(CK_SLOT_ID slot) const;
  void keep_a_while(CK_SLOT_ID slot);
  void let_go(CK_SLOT_ID slot);
  std::optional<CK_SLOT_ID> changed_slot();

  CK_RV describe_token(CK_SLOT_ID slot, CK_TOKEN_INFO& info);
  Expected<Attribute, CK_RV> attribute(const Session& session, ObjectKind object, CK_ATTRIBUTE_TYPE type);
  Expected<bool, CK_RV> matches(const Session& session, ObjectKind object,
                                std::span<const CK_ATTRIBUTE> wanted);
  CK_RV finish_sign(Session& session, Bytes input, CK_BYTE* signature, CK_ULONG& size);
  Expected<const CertificateFields*, CK_RV> key_of(CK_SLOT_ID slot);
  Expected<std::vector<KeyKind>, CK_RV> kinds_of_key(CK_SLOT_ID slot);

  std::mutex mutex_;
  std::unique_ptr<Readers> readers_;
  Settings settings_;
  std::vector<Slot> slots_;  // the index is the CK_SLOT_ID
  std::map<CK_SESSION_HANDLE, Session> sessions_;
  CK_SESSION_HANDLE last_session_ = 0;

  std::condition_variable none_waits_;
  int waiting_ = 0;
  bool stopped_ = false;
};

}  // namespace jpki::pkcs11
