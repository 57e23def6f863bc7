// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_source.h"

#include "validator/card/card_service.h"
#include "validator/card/login_pin_probe.h"
#include "validator/card/pcsc_probe.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::chrono::milliseconds kReaderNotices{500};  // pcscd asks a reader every 0.4 s

// The description of a slot that holds something, which is its reader's name, cut at 64 bytes. Asking costs
// the card nothing.
std::optional<std::string> occupied_slot(const Pkcs11Module& module, CK_SLOT_ID slot) {
  CK_SLOT_INFO info{};
  if (module.functions().C_GetSlotInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_PRESENT) == 0)
    return std::nullopt;
  std::string name(reinterpret_cast<const char*>(info.slotDescription), sizeof info.slotDescription);
  name.erase(name.find_last_not_of(' ') + 1);
  return name;
}

}  // namespace

Expected<std::unique_ptr<Pkcs11Source>, CardError> Pkcs11Source::open(
    const std::vector<std::string>& module_names, const std::function<void(const CardError&)>& report) {
  std::deque<Pkcs11Module> modules;
  CardError last{Verdict::kModuleUnusable, "no PKCS#11 module is configured"};
  for (const std::string& name : module_names) {
    auto module = Pkcs11Module::load(name);
    if (module) {
      modules.push_back(std::move(*module));
    } else {
      last = module.error();
      report(last);
    }
  }
  if (modules.empty()) return Unexpected{last};
  return std::unique_ptr<Pkcs11Source>(new Pkcs11Source(std::move(modules)));
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
    any_slot = any_slot || !slots->empty();
    for (const CK_SLOT_ID slot : *slots) {
      auto reader = occupied_slot(module, slot);
      if (!reader) continue;
      if (std::ranges::find(occupied_, *reader) == occupied_.end()) occupied_.push_back(*reader);
      Pkcs11Token& token = tokens_.emplace_back(module, slot, std::move(*reader));
      if (const auto opened = token.open(); !opened) {
        trouble = opened.error();
        tokens_.pop_back();
      }
    }
  }
  if (tokens_.empty()) {
    if (trouble && trouble->verdict == Verdict::kCardNotRecognised)
      if (auto known = explain_unrecognised(occupied_)) return Unexpected{std::move(*known)};
    if (trouble) return Unexpected{*trouble};
    MissingToken missing = explain_missing_token(any_slot);
    occupied_ = std::move(missing.occupied);
    return Unexpected{std::move(missing.error)};
  }
  std::vector<Token*> found;
  for (Pkcs11Token& token : tokens_) found.push_back(&token);
  return found;
}

bool Pkcs11Source::card_left() {
  if (occupied_.empty()) return false;
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
