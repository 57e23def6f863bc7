// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/module.h"

namespace jpki::pkcs11 {
namespace {

CK_STATE state_of(bool logged_in, bool read_write) {
  if (logged_in) return read_write ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
  return read_write ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
}

}  // namespace

Module::Session* Module::session_at(CK_SESSION_HANDLE handle) {
  const auto found = sessions_.find(handle);
  return found == sessions_.end() ? nullptr : &found->second;
}

CK_RV Module::open_session(CK_SLOT_ID id, CK_FLAGS flags, CK_SESSION_HANDLE& session) {
  const std::lock_guard lock(mutex_);
  if ((flags & CKF_SERIAL_SESSION) == 0) return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
  const auto slot = present_slot(id);
  if (!slot) return slot.error();
  if (const auto medium = (*slot)->token->recognise(); !medium) return rv_of(id, medium.error());
  const CK_SESSION_HANDLE handle = last_session_ + 1;
  sessions_.insert({handle, Session{.slot = id, .flags = flags, .found = {}, .sign = {}}});
  session = last_session_ = handle;
  return CKR_OK;
}

CK_RV Module::close_session(CK_SESSION_HANDLE handle) {
  const std::lock_guard lock(mutex_);
  const Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  const CK_SLOT_ID slot = session->slot;
  sessions_.erase(handle);
  leave_alone(slot);
  return CKR_OK;
}

CK_RV Module::close_all_sessions(CK_SLOT_ID id) {
  const std::lock_guard lock(mutex_);
  if (slot_at(id) == nullptr) return CKR_SLOT_ID_INVALID;
  drop_sessions(id);
  leave_alone(id);
  return CKR_OK;
}

CK_RV Module::get_session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO& info) {
  const std::lock_guard lock(mutex_);
  const Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  const bool read_write = (session->flags & CKF_RW_SESSION) != 0;
  info = {};
  info.slotID = session->slot;
  info.state = state_of(token_of(*session).logged_in(), read_write);
  info.flags = session->flags;
  return CKR_OK;
}

CK_RV Module::login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, Bytes pin) {
  const std::lock_guard lock(mutex_);
  const auto session = session_to_log_in(handle, user);
  if (!session) return session.error();
  const CK_SLOT_ID slot = (*session)->slot;
  Token& token = token_of(**session);
  const auto medium = token.recognise();
  if (!medium) return rv_of(slot, medium.error());
  switch (form_of(pin, **medium)) {
    case PinForm::kGood:
      break;
    case PinForm::kWrongLength:
      return CKR_PIN_LEN_RANGE;
    case PinForm::kWrongCharacter:
      return CKR_PIN_INVALID;
  }
  return conclude_login(slot, token.login(pin));
}

CK_RV Module::login_on_reader(CK_SESSION_HANDLE handle, CK_USER_TYPE user) {
  const std::lock_guard lock(mutex_);
  if (!settings_.pin_on_reader) return CKR_ARGUMENTS_BAD;
  const auto session = session_to_log_in(handle, user);
  if (!session) return session.error();
  const CK_SLOT_ID slot = (*session)->slot;
  Token& token = token_of(**session);
  const auto keys = token.reader_has_keys();
  if (!keys) return rv_of(slot, keys.error());
  if (!*keys) return CKR_ARGUMENTS_BAD;
  return conclude_login(slot, token.login_on_reader());
}

Expected<Module::Session*, CK_RV> Module::session_to_log_in(CK_SESSION_HANDLE handle, CK_USER_TYPE user) {
  Session* const session = session_at(handle);
  if (session == nullptr) return Unexpected{CK_RV{CKR_SESSION_HANDLE_INVALID}};
  if (user == CKU_CONTEXT_SPECIFIC) return Unexpected{CK_RV{CKR_OPERATION_NOT_INITIALIZED}};
  if (user != CKU_USER) return Unexpected{CK_RV{CKR_USER_TYPE_INVALID}};
  if (token_of(*session).logged_in()) return Unexpected{CK_RV{CKR_USER_ALREADY_LOGGED_IN}};
  return session;
}

CK_RV Module::conclude_login(CK_SLOT_ID slot, const Expected<PinAnswer, Trouble>& answer) {
  if (!answer) return rv_of(slot, answer.error());
  switch (*answer) {
    case PinAnswer::kRight:
      keep_a_while(slot);
      return CKR_OK;
    case PinAnswer::kWrong:
      return CKR_PIN_INCORRECT;
    case PinAnswer::kLocked:
      return CKR_PIN_LOCKED;
    case PinAnswer::kNotTyped:
      return CKR_FUNCTION_CANCELED;
    case PinAnswer::kWrongNumberOfKeys:
      return CKR_PIN_LEN_RANGE;
  }
  return CKR_GENERAL_ERROR;
}

CK_RV Module::logout(CK_SESSION_HANDLE handle) {
  const std::lock_guard lock(mutex_);
  const Session* const session = session_at(handle);
  if (session == nullptr) return CKR_SESSION_HANDLE_INVALID;
  const CK_SLOT_ID slot = session->slot;
  const bool was_logged_in = token_of(*session).logged_in();
  let_go(slot);
  for (auto& [other, state] : sessions_)
    if (state.slot == slot) state.sign.reset();
  return was_logged_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

}  // namespace jpki::pkcs11
