// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pkcs11Source: the tokens of all configured PKCS#11 modules (R2).
#pragma once

#include "validator/card/card_service.h"
#include "validator/card/pkcs11_module.h"
#include "validator/card/pkcs11_token.h"
#include "validator/card/seat.h"
#include "validator/card/token.h"

#include <chrono>
#include <deque>
#include <functional>

namespace jpki::card {

// What is told where no token was found. Of a module that cannot be used nobody knows what it would have made
// of a card that the others do not know, or do not see at all.
Verdict verdict_without_token(Verdict of_others, bool card_there, bool module_left_out) noexcept;

class Pkcs11Source final : public TokenSource {
 public:
  struct Options {
    std::vector<std::string> modules;
    std::vector<TokenRule> rules{};
    Reach reach{};
    // Told what is left out: modules; beside good tokens, those that cannot be used, but none that a module
    // merely does not know.
    std::function<void(const CardError&)> report;
    std::chrono::milliseconds patience{3000};  // with a module that is tried (module_probe.h)
    std::optional<CardService> service{};      // of the reach, if it was asked already
  };

  // Loads and initialises every module. One that cannot be used is left out, so that a missing or broken
  // vendor driver does not stop everybody else; kModuleUnusable, or kSeatUnreachable, when none is left.
  // Readers that the reach does not admit, and tokens that a rule hides, are as if they were not there.
  static Expected<std::unique_ptr<Pkcs11Source>, CardError> open(Options options);

  // Whether some module shows a reader that `reach` admits, with a card or without.
  bool shows_reader() const;

  Expected<std::vector<Token*>, CardError> tokens() override;
  bool await_change(std::chrono::milliseconds at_most) override;
  bool card_left() override;
  bool card_has_left() override;
  std::unique_ptr<Departure> watch(const std::string& reader) override;
  void let_others_use_them() noexcept override;
  void close() noexcept override;

 private:
  struct Loaded {
    Pkcs11Module module;
    std::size_t place;  // in options_.modules
  };
  struct Trouble {
    std::string reader;
    CardError error;
  };
  enum class Slot { kOutOfReach, kEmpty, kToken };

  Pkcs11Source(Options options, std::deque<Loaded> modules, std::optional<CardError> left_out,
               std::vector<CardService::PlacedCard> placed)
      : options_(std::move(options)),
        modules_(std::move(modules)),
        left_out_(std::move(left_out)),
        placed_(std::move(placed)) {}
  void note_what_lies_there();
  bool leaves(std::chrono::milliseconds within);
  // What is wrong with the token in it goes to troubles_.
  Slot look_into(const Loaded& loaded, CK_SLOT_ID slot);
  Expected<std::vector<Token*>, CardError> no_token(bool any_slot, std::optional<CardError> trouble);
  CardError explain(CardError nothing_found, bool card_there) const;

  Options options_;                    // its service is this object's one connection, as long as it stands
  std::deque<Loaded> modules_;         // a deque: tokens refer to its elements
  std::optional<CardError> left_out_;  // the last module that is
  std::deque<Pkcs11Token> tokens_;
  std::vector<Trouble> troubles_;      // of the last look, as what follows
  std::vector<std::string> hidden_;    // readers with a token that a rule hides
  std::vector<std::string> occupied_;  // readers that held a card at the last look
  std::vector<CardService::PlacedCard> placed_;
};

}  // namespace jpki::card
