// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/module.h"

#include "pkcs11/fields.h"

#include <algorithm>

namespace jpki::pkcs11 {
namespace {

constexpr std::chrono::milliseconds kInterruptAgain{20};
constexpr std::size_t kSerialBytes = 8;  // two characters each in the 16 of CK_TOKEN_INFO

CK_FLAGS pin_flags(std::uint8_t tries_left, const Medium& medium) {
  CK_FLAGS flags = 0;
  if (tries_left < medium.pin_tries) flags |= CKF_USER_PIN_COUNT_LOW;
  if (tries_left == 1) flags |= CKF_USER_PIN_FINAL_TRY;
  if (tries_left == 0) flags |= CKF_USER_PIN_LOCKED;
  return flags;
}

// Tells two cards apart and says nothing about the person. Of a certificate that is told only after the PIN
// it is empty before and after it: a token is known again by its serial.
std::string serial_of(const CardCertificate& certificate, const Medium& medium) {
  if (medium.certificate_after_pin) return {};
  const Bytes named = certificate.fields ? certificate.fields->public_key_info : Bytes(certificate.der);
  const Blob digest = digest_of(HashAlgorithm::kSha256, named);
  return to_hex(Bytes(digest).first(kSerialBytes));
}

}  // namespace

std::optional<SteadyTime> Module::due() {
  const std::lock_guard lock(mutex_);
  std::optional<SteadyTime> first;
  for (const Slot& slot : slots_)
    if (slot.release && (!first || *slot.release < *first)) first = slot.release;
  return first;
}

void Module::on_time(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  for (CK_SLOT_ID id = 0; id < slots_.size(); ++id)
    if (slots_[id].release && *slots_[id].release <= now) let_go(id);
}

void Module::stop() noexcept {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  while (waiting_ > 0) {
    readers_->interrupt();
    none_waits_.wait_for(lock, kInterruptAgain);
  }
}

// The readers as they are now. Nothing: pcscd does not answer; then there are none.
std::optional<std::vector<ReaderState>> Module::refresh() {
  auto states = readers_->list();
  if (states) {
    for (const ReaderState& state : *states)
      if (std::ranges::find(slots_, state.name, &Slot::reader) == slots_.end())
        slots_.push_back({.token = std::make_unique<Token>(*readers_, state.name, settings_.holding),
                          .reader = state.name,
                          .release = {}});
  }
  for (CK_SLOT_ID id = 0; id < slots_.size(); ++id) {
    Slot& slot = slots_[id];
    const ReaderState* state = nullptr;
    if (states) {
      const auto found = std::ranges::find(*states, slot.reader, &ReaderState::name);
      if (found != states->end()) state = &*found;
    }
    slot.attached = state != nullptr;
    const bool had_card = slot.token->present();
    bool other_card = false;
    if (state != nullptr) {
      other_card = slot.token->reader_says(*state);
    } else {
      slot.token->reader_is_gone();
    }
    if (had_card && (other_card || !slot.token->present())) drop_sessions(id);
  }
  if (!states) return std::nullopt;
  return std::move(*states);
}

Module::Slot* Module::slot_at(CK_SLOT_ID id) {
  return id < slots_.size() ? &slots_[id] : nullptr;
}

// With a card in it, as far as the reader knows.
Expected<Module::Slot*, CK_RV> Module::present_slot(CK_SLOT_ID id) {
  Slot* slot = slot_at(id);
  if (slot != nullptr && slot->token->held()) return slot;
  refresh();
  slot = slot_at(id);
  if (slot == nullptr) return Unexpected{CK_RV{CKR_SLOT_ID_INVALID}};
  if (!slot->token->present()) return Unexpected{CK_RV{CKR_TOKEN_NOT_PRESENT}};
  return slot;
}

// What went wrong with the card, for the program; a card that is gone takes its sessions along (PKCS#11
// v2.40, 2.6.7 of the usage guide).
CK_RV Module::rv_of(CK_SLOT_ID slot, Trouble trouble) {
  switch (trouble) {
    case Trouble::kNoService:
    case Trouble::kNoReader:
    case Trouble::kNoCard:
      drop_sessions(slot);
      return CKR_DEVICE_REMOVED;
    case Trouble::kNotRecognised:
      leave_alone(slot);
      return CKR_TOKEN_NOT_RECOGNIZED;
    case Trouble::kPinNeeded:  // is no trouble of Token's
    case Trouble::kBusy:
    case Trouble::kCardError:
      leave_alone(slot);
      return CKR_DEVICE_ERROR;
  }
  return CKR_GENERAL_ERROR;
}

void Module::drop_sessions(CK_SLOT_ID slot) {
  std::erase_if(sessions_, [slot](const auto& entry) { return entry.second.slot == slot; });
  slots_[slot].release.reset();
}

std::size_t Module::sessions_of(CK_SLOT_ID slot) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sessions_, [slot](const auto& entry) { return entry.second.slot == slot; }));
}

// A program without a session keeps no connection to the card.
void Module::leave_alone(CK_SLOT_ID slot) {
  if (sessions_of(slot) != 0) return;
  slots_[slot].token->disconnect();
  slots_[slot].release.reset();
}

void Module::keep_a_while(CK_SLOT_ID slot) {
  if (settings_.holding == Holding::kUntilLetGo || !slots_[slot].token->logged_in()) return;
  slots_[slot].release = settings_.now() + kKeep;
  try {
    settings_.wake();
  } catch (...) {  // nobody would let go of it in time, and the program is told that it is not logged in
    let_go(slot);
    throw;
  }
}

void Module::let_go(CK_SLOT_ID slot) {
  slots_[slot].token->let_go();
  slots_[slot].release.reset();
}

CK_RV Module::get_slot_list(bool present_only, CK_SLOT_ID* list, CK_ULONG& count) {
  const std::lock_guard lock(mutex_);
  refresh();
  std::vector<CK_SLOT_ID> ids;
  for (CK_SLOT_ID id = 0; id < slots_.size(); ++id)
    if (slots_[id].attached && (!present_only || slots_[id].token->present())) ids.push_back(id);
  return give_list(ids, list, count);
}

CK_RV Module::get_slot_info(CK_SLOT_ID id, CK_SLOT_INFO& info) {
  const std::lock_guard lock(mutex_);
  refresh();
  const Slot* const slot = slot_at(id);
  if (slot == nullptr) return CKR_SLOT_ID_INVALID;
  info = {};
  pad(info.slotDescription, slot->reader);
  pad(info.manufacturerID, "");
  info.flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT;
  if (slot->token->present()) info.flags |= CKF_TOKEN_PRESENT;
  return CKR_OK;
}

CK_RV Module::get_token_info(CK_SLOT_ID id, CK_TOKEN_INFO& info) {
  const std::lock_guard lock(mutex_);
  if (const auto slot = present_slot(id); !slot) return slot.error();
  const CK_RV rv = describe_token(id, info);
  leave_alone(id);
  return rv;
}

CK_RV Module::describe_token(CK_SLOT_ID id, CK_TOKEN_INFO& info) {
  Token& token = *slots_[id].token;
  const auto certificate = token.certificate();
  if (!certificate) return rv_of(id, certificate.error());
  const auto medium = token.recognise();
  if (!medium) return rv_of(id, medium.error());
  const std::string serial = serial_of(**certificate, **medium);
  const auto tries = token.tries_left();
  if (!tries) return rv_of(id, tries.error());
  const auto keys = settings_.pin_on_reader ? token.reader_has_keys() : false;
  if (!keys) return rv_of(id, keys.error());
  info = {};
  pad(info.label, kTokenLabel);
  pad(info.manufacturerID, kManufacturer);
  pad(info.model, (*medium)->model);
  pad(info.serialNumber, serial);
  info.flags =
      CKF_TOKEN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | pin_flags(*tries, **medium);
  if (*keys) info.flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  info.ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
  info.ulSessionCount = sessions_of(id);
  info.ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
  info.ulRwSessionCount = CK_UNAVAILABLE_INFORMATION;
  info.ulMinPinLen = (*medium)->pin_min;
  info.ulMaxPinLen = (*medium)->pin_max;
  info.ulTotalPublicMemory = info.ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
  info.ulTotalPrivateMemory = info.ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
  pad(info.utcTime, "");
  return CKR_OK;
}

// The first slot in which a card has come or gone since this was last asked.
std::optional<CK_SLOT_ID> Module::changed_slot() {
  for (CK_SLOT_ID id = 0; id < slots_.size(); ++id)
    if (slots_[id].told != slots_[id].token->present()) {
      slots_[id].told = !slots_[id].told;
      return id;
    }
  return std::nullopt;
}

CK_RV Module::wait_for_slot_event(bool block, CK_SLOT_ID& slot) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_) return CKR_CRYPTOKI_NOT_INITIALIZED;
    const auto known = refresh();
    if (const auto changed = changed_slot()) {
      slot = *changed;
      return CKR_OK;
    }
    if (!block) return CKR_NO_EVENT;
    if (!known) return CKR_FUNCTION_FAILED;
    ++waiting_;
    lock.unlock();
    const auto waited = readers_->wait_for_change(*known);
    lock.lock();
    --waiting_;
    none_waits_.notify_all();
    if (!waited && !stopped_) return CKR_FUNCTION_FAILED;
  }
}

}  // namespace jpki::pkcs11
