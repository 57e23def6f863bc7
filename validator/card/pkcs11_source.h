// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pkcs11Source: the tokens of all configured PKCS#11 modules (R2).
#pragma once

#include "validator/card/pkcs11_module.h"
#include "validator/card/pkcs11_token.h"
#include "validator/card/seat.h"
#include "validator/card/token.h"

#include <deque>
#include <functional>

namespace jpki::card {

class Pkcs11Source final : public TokenSource {
 public:
  // Loads and initialises every module. One that cannot be used is told to `report` and left out, so that a
  // missing vendor driver does not stop everybody else; kModuleUnusable, or kSeatUnreachable, when none is
  // left. Readers that `reach` does not admit are as if they were not there.
  static Expected<std::unique_ptr<Pkcs11Source>, CardError> open(
      const std::vector<std::string>& module_names, Reach reach,
      const std::function<void(const CardError&)>& report);

  // Whether some module shows a reader that `reach` admits, with a card or without.
  bool shows_reader() const;

  Expected<std::vector<Token*>, CardError> tokens() override;
  bool await_change(std::chrono::milliseconds at_most) override;
  bool card_left() override;
  void let_others_use_them() noexcept override;
  void close() noexcept override;

 private:
  Pkcs11Source(std::deque<Pkcs11Module> modules, Reach reach)
      : reach_(std::move(reach)), modules_(std::move(modules)) {}
  Expected<std::vector<Token*>, CardError> no_token(bool any_slot, std::optional<CardError> trouble);

  Reach reach_;
  std::deque<Pkcs11Module> modules_;  // a deque: tokens refer to its elements
  std::deque<Pkcs11Token> tokens_;
  std::vector<std::string> occupied_;  // readers that held a card at the last look
};

}  // namespace jpki::card
