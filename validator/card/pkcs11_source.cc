// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_source.h"

#include "validator/card/card_service.h"
#include "validator/card/login_pin_probe.h"
#include "validator/card/pcsc_probe.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::chrono::milliseconds kReaderNotices{500};  // pcscd asks a reader every 0.4 s

struct Slot {
  std::string reader;  // its description, which is its reader's name, cut at 64 bytes
  bool occupied;
};

// Asking costs the card nothing.
std::optional<Slot> look_at(const Pkcs11Module& module, CK_SLOT_ID slot) {
  CK_SLOT_INFO info{};
  if (module.functions().C_GetSlotInfo(slot, &info) != CKR_OK) return std::nullopt;
  std::string name(reinterpret_cast<const char*>(info.slotDescription), sizeof info.slotDescription);
  name.erase(name.find_last_not_of(' ') + 1);
  return Slot{std::move(name), (info.flags & CKF_TOKEN_PRESENT) != 0};
}

}  // namespace

Expected<std::unique_ptr<Pkcs11Source>, CardError> Pkcs11Source::open(
    const std::vector<std::string>& module_names, Reach reach,
    const std::function<void(const CardError&)>& report) {
  std::deque<Pkcs11Module> modules;
  CardError last{Verdict::kModuleUnusable, "no PKCS#11 module is configured"};
  for (const std::string& name : module_names) {
    auto module = Pkcs11Module::load(name);
    if (module) {
      modules.push_back(std::move(*module));
    } else {
      last = module.error();
      if (!reach.is_here()) last.verdict = Verdict::kSeatUnreachable;
      report(last);
    }
  }
  if (modules.empty()) return Unexpected{last};
  return std::unique_ptr<Pkcs11Source>(new Pkcs11Source(std::move(modules), std::move(reach)));
}

bool Pkcs11Source::shows_reader() const {
  return std::ranges::any_of(modules_, [&](const Pkcs11Module& module) {
    const auto slots = module.slots(false);
    return slots && std::ranges::any_of(*slots, [&](CK_SLOT_ID slot) {
             const auto seen = look_at(module, slot);
             return seen && reach_.admits(seen->reader);
           });
  });
}

Expected<std::vector<Token*>, CardError> Pkcs11Source::tokens() {
  tokens_.clear();
  occupied_.clear();
  bool any_slot = false;
  std::optional<CardError> trouble;
  for (const Pkcs11Module& module : modules_) {
    const auto slots = module.slots(false);
    if (!slots) {
      trouble = slots.error();
      continue;
    }
    for (const CK_SLOT_ID slot : *slots) {
      auto seen = look_at(module, slot);
      if (!seen || !reach_.admits(seen->reader)) continue;
      any_slot = true;
      if (!seen->occupied) continue;
      if (std::ranges::find(occupied_, seen->reader) == occupied_.end()) occupied_.push_back(seen->reader);
      Pkcs11Token& token = tokens_.emplace_back(module, slot, std::move(seen->reader), reach_.is_here());
      if (const auto opened = token.open(); !opened) {
        trouble = opened.error();
        tokens_.pop_back();
      }
    }
  }
  if (tokens_.empty()) return no_token(any_slot, std::move(trouble));
  std::vector<Token*> found;
  for (Pkcs11Token& token : tokens_) found.push_back(&token);
  return found;
}

Expected<std::vector<Token*>, CardError> Pkcs11Source::no_token(bool any_slot,
                                                                std::optional<CardError> trouble) {
  if (!reach_.is_here()) {
    const CardError no_card{Verdict::kNoCard, "the thin client shows no card"};
    return Unexpected{trouble ? std::move(*trouble) : no_card};
  }
  if (trouble && trouble->verdict == Verdict::kCardNotRecognised)
    if (auto known = explain_unrecognised(occupied_)) return Unexpected{std::move(*known)};
  if (trouble) return Unexpected{std::move(*trouble)};
  MissingToken missing = explain_missing_token(any_slot, reach_);
  occupied_ = std::move(missing.occupied);
  return Unexpected{std::move(missing.error)};
}

bool Pkcs11Source::await_change(std::chrono::milliseconds at_most) {
  if (!reach_.is_here()) return false;
  const auto service = CardService::connect();
  return service && service->await_change(at_most);
}

bool Pkcs11Source::card_left() {
  if (!reach_.is_here() || occupied_.empty()) return false;
  const auto service = CardService::connect();
  return service && service->card_leaves(occupied_, kReaderNotices);
}

void Pkcs11Source::let_others_use_them() noexcept {
  for (Pkcs11Token& token : tokens_) token.let_others_use_it();
}

void Pkcs11Source::close() noexcept {
  tokens_.clear();
  modules_.clear();
}

}  // namespace jpki::card
