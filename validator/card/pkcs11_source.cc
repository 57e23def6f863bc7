// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_source.h"

#include "validator/card/pcsc_probe.h"

namespace jpki::card {
namespace {

// Slots that hold something; asking costs the card nothing.
bool holds_token(const Pkcs11Module& module, CK_SLOT_ID slot) {
  CK_SLOT_INFO info{};
  return module.functions().C_GetSlotInfo(slot, &info) == CKR_OK && (info.flags & CKF_TOKEN_PRESENT) != 0;
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
      if (!holds_token(module, slot)) continue;
      Pkcs11Token& token = tokens_.emplace_back(module, slot);
      if (const auto opened = token.open(); !opened) {
        trouble = opened.error();
        tokens_.pop_back();
      }
    }
  }
  if (tokens_.empty()) return Unexpected{trouble ? *trouble : explain_missing_token(any_slot)};
  std::vector<Token*> found;
  for (Pkcs11Token& token : tokens_) found.push_back(&token);
  return found;
}

void Pkcs11Source::close() noexcept {
  tokens_.clear();
  modules_.clear();
}

}  // namespace jpki::card
