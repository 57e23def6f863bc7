// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pkcs11_source.h"

#include "base/padded_text.h"
#include "validator/card/departure.h"
#include "validator/card/login_pin_probe.h"
#include "validator/card/module_probe.h"
#include "validator/card/pcsc_probe.h"

#include <algorithm>
#include <iterator>

namespace jpki::card {
namespace {

constexpr std::size_t kSlotDescription = 64;              // PKCS#11 v2.40, CK_SLOT_INFO
constexpr std::chrono::milliseconds kReaderNotices{500};  // pcscd asks a reader every 0.4 s

struct Seen {
  std::string reader;  // its description, which is its reader's name, cut at 64 bytes
  bool occupied;
};

// Asking costs the card nothing.
std::optional<Seen> look_at(const Pkcs11Module& module, CK_SLOT_ID slot) {
  CK_SLOT_INFO info{};
  if (module.functions().C_GetSlotInfo(slot, &info) != CKR_OK) return std::nullopt;
  const std::string_view name(reinterpret_cast<const char*>(info.slotDescription),
                              sizeof info.slotDescription);
  return Seen{std::string(without_padding(name)), (info.flags & CKF_TOKEN_PRESENT) != 0};
}

bool holds(const std::vector<std::string>& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

// What is connected to, anew where it does not stand any more.
Expected<const CardService*, CardError> service_of(Pkcs11Source::Options& options) {
  if (!options.reach.has_card_service())
    return Unexpected{CardError{Verdict::kCardServiceDown, "a thin client's is out of reach"}};
  auto& service = options.service;
  if (service && !service->names()) service.reset();
  if (!service) {
    auto connected = CardService::connect();
    if (!connected) return Unexpected{connected.error()};
    service.emplace(std::move(*connected));
  }
  return &*service;
}

// What lies in the readers that may be used, where a card service tells.
std::vector<CardService::PlacedCard> placed_now(Pkcs11Source::Options& options) {
  const auto service = service_of(options);
  return service ? (*service)->cards(options.reach) : std::vector<CardService::PlacedCard>{};
}

// A name of PKCS#11 is cut.
bool is_called(const std::string& reader, const std::string& slot) {
  return reader == slot || (slot.size() == kSlotDescription && reader.starts_with(slot));
}

// By place; alone, a module has nobody whom it could bar.
std::vector<std::optional<CardError>> failed_trials(Pkcs11Source::Options& options) {
  std::vector<std::optional<CardError>> failed(options.modules.size());
  // What a session's socket makes of a module is its user's doing, so there even our own may crash. It may be
  // far away as well: the card is read once.
  const bool all = options.reach.socket.has_value();
  const auto tried = [all](const std::string& name) { return all || is_foreign(name); };
  if (failed.size() < 2 && !all) return failed;
  std::vector<std::string> foreign;
  std::ranges::copy_if(options.modules, std::back_inserter(foreign), tried);
  if (foreign.empty()) return failed;
  options.service.reset();  // what is tried is to inherit no connection
  auto results = probe_modules(foreign, options.patience, !all);
  auto next = results.begin();
  for (std::size_t i = 0; i < failed.size(); ++i)
    if (tried(options.modules[i])) failed[i] = std::move(*next++);
  return failed;
}

}  // namespace

Verdict verdict_without_token(Verdict of_others, bool card_there, bool module_left_out) noexcept {
  const bool unknown_card =
      of_others == Verdict::kCardNotRecognised || (of_others == Verdict::kNoCard && card_there);
  return module_left_out && unknown_card ? Verdict::kModuleUnusable : of_others;
}

Expected<std::unique_ptr<Pkcs11Source>, CardError> Pkcs11Source::open(Options options) {
  std::deque<Loaded> modules;
  std::optional<CardError> left_out;
  // Before a module talks to a card; a session's card service is first talked to in a child.
  auto placed = options.reach.is_here() ? placed_now(options) : std::vector<CardService::PlacedCard>{};
  auto failed = failed_trials(options);
  for (std::size_t i = 0; i < options.modules.size(); ++i) {
    if (!failed[i]) {
      auto module = Pkcs11Module::load(options.modules[i]);
      if (module) {
        modules.push_back({std::move(*module), i});
        continue;
      }
      failed[i] = module.error();
    }
    left_out = std::move(failed[i]);
    if (!options.reach.is_here()) left_out->verdict = Verdict::kSeatUnreachable;
    options.report(*left_out);
  }
  if (modules.empty())
    return Unexpected{
        left_out.value_or(CardError{Verdict::kModuleUnusable, "no PKCS#11 module is configured"})};
  return std::unique_ptr<Pkcs11Source>(
      new Pkcs11Source(std::move(options), std::move(modules), std::move(left_out), std::move(placed)));
}

bool Pkcs11Source::shows_reader() const {
  return std::ranges::any_of(modules_, [&](const Loaded& loaded) {
    const auto slots = loaded.module.slots(false);
    return slots && std::ranges::any_of(*slots, [&](CK_SLOT_ID slot) {
             const auto seen = look_at(loaded.module, slot);
             return seen && options_.reach.admits(seen->reader);
           });
  });
}

// A token that nobody has initialised, as SoftHSM always shows one, holds nothing and is no card.
Pkcs11Source::Slot Pkcs11Source::look_into(const Loaded& loaded, CK_SLOT_ID slot) {
  auto seen = look_at(loaded.module, slot);
  if (!seen || !options_.reach.admits(seen->reader)) return Slot::kOutOfReach;
  if (!seen->occupied) return Slot::kEmpty;
  const std::string reader = seen->reader;
  Pkcs11Token& token = tokens_.emplace_back(
      loaded.module,
      Pkcs11Token::Place{slot, std::move(seen->reader), options_.reach.has_card_service(), loaded.place});
  const auto ruled = token.take_rule(options_.rules, options_.modules[loaded.place]);
  const bool hidden = token.rule() != nullptr && token.rule()->hides();
  const auto opened = hidden || !ruled ? ruled : token.open();
  const bool blank = !opened && opened.error().verdict == Verdict::kCardNotRecognised && token.blank();
  if (hidden) hidden_.push_back(reader);
  if (!hidden && !blank && !holds(occupied_, reader)) occupied_.push_back(reader);
  if (opened && !hidden) {
    if (modules_.size() > 1) token.let_others_use_it();
    return Slot::kToken;
  }
  tokens_.pop_back();
  if (!opened && !blank) troubles_.push_back({reader, opened.error()});
  return Slot::kEmpty;
}

Expected<std::vector<Token*>, CardError> Pkcs11Source::tokens() {
  tokens_.clear();
  occupied_.clear();
  hidden_.clear();
  troubles_.clear();
  bool any_slot = false;
  for (const Loaded& loaded : modules_) {
    const auto slots = loaded.module.slots(false);
    if (!slots) {
      troubles_.push_back({{}, slots.error()});
      continue;
    }
    for (const CK_SLOT_ID slot : *slots) {
      any_slot = look_into(loaded, slot) != Slot::kOutOfReach || any_slot;
    }
  }
  // One reader, one card: what is hidden in one module is in the others.
  std::erase_if(occupied_, [&](const std::string& reader) { return holds(hidden_, reader); });
  std::erase_if(troubles_, [&](const Trouble& trouble) { return holds(hidden_, trouble.reader); });
  std::vector<Token*> found;
  for (Pkcs11Token& token : tokens_)
    if (!holds(hidden_, token.reader())) found.push_back(&token);
  if (found.empty())
    return no_token(any_slot, troubles_.empty() ? std::nullopt : std::optional(troubles_.back().error));
  for (const Trouble& trouble : troubles_)
    if (trouble.error.verdict != Verdict::kCardNotRecognised) options_.report(trouble.error);
  note_what_lies_there();
  std::erase_if(placed_, [&](const CardService::PlacedCard& card) {
    return std::ranges::any_of(hidden_,
                               [&](const std::string& slot) { return is_called(card.reader, slot); });
  });
  return found;
}

// A card that was lifted meanwhile stays noted.
void Pkcs11Source::note_what_lies_there() {
  auto now = placed_now(options_);
  for (CardService::PlacedCard& card : placed_)
    if (std::ranges::find(now, card.reader, &CardService::PlacedCard::reader) == now.end())
      now.push_back(std::move(card));
  placed_ = std::move(now);
}

CardError Pkcs11Source::explain(CardError nothing_found, bool card_there) const {
  const Verdict verdict = verdict_without_token(nothing_found.verdict, card_there, left_out_.has_value());
  return verdict == nothing_found.verdict ? std::move(nothing_found) : *left_out_;
}

Expected<std::vector<Token*>, CardError> Pkcs11Source::no_token(bool any_slot,
                                                                std::optional<CardError> trouble) {
  const Reach& reach = options_.reach;
  if (!reach.has_card_service()) {
    const CardError no_card{Verdict::kNoCard, "the thin client shows no card"};
    return Unexpected{trouble ? std::move(*trouble) : no_card};
  }
  if (trouble && trouble->verdict == Verdict::kCardNotRecognised)
    if (auto known = explain_unrecognised(occupied_)) return Unexpected{std::move(*known)};
  if (trouble) return Unexpected{explain(std::move(*trouble), true)};
  MissingToken missing = explain_missing_token(any_slot, reach, service_of(options_));
  occupied_ = std::move(missing.occupied);
  std::erase_if(occupied_, [&](const std::string& reader) { return holds(hidden_, reader); });
  return Unexpected{explain(std::move(missing.error), !occupied_.empty())};
}

bool Pkcs11Source::await_change(std::chrono::milliseconds at_most) {
  const auto service = service_of(options_);
  if (!service) return false;
  const bool told = (*service)->await_change(at_most);
  placed_ = placed_now(options_);
  return told;
}

bool Pkcs11Source::leaves(std::chrono::milliseconds within) {
  if (placed_.empty()) return false;
  const auto service = service_of(options_);
  return service && (*service)->card_leaves(placed_, within);
}

bool Pkcs11Source::card_left() {
  return leaves(kReaderNotices);
}

bool Pkcs11Source::card_has_left() {
  return leaves(std::chrono::milliseconds(0));
}

std::unique_ptr<Departure> Pkcs11Source::watch(const std::string& reader) {
  const auto meant = [&](const CardService::PlacedCard& card) { return is_called(card.reader, reader); };
  if (!options_.reach.is_here() || std::ranges::count_if(placed_, meant) != 1) return nullptr;
  return watch_departure(*std::ranges::find_if(placed_, meant));
}

void Pkcs11Source::let_others_use_them() noexcept {
  for (Pkcs11Token& token : tokens_) token.let_others_use_it();
}

void Pkcs11Source::close() noexcept {
  tokens_.clear();
  modules_.clear();
  options_.service.reset();
}

}  // namespace jpki::card
