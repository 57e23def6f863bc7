// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LoggedRegistry: a registry whose changes the machine's log tells: which account, where, by whom. Of the
// card nothing: a mapping string may hold a serial number.
#pragma once

#include "jpkictl/card/registry.h"

#include <memory>

namespace jpki::ctl::card {

// What the log says of cards that are another account's now.
void announce_move(std::size_t count, const std::string& from, const std::string& to,
                   const std::string& where);

class LoggedRegistry final : public Registry {
 public:
  explicit LoggedRegistry(std::unique_ptr<Registry> registry) : registry_(std::move(registry)) {}

  std::string name() const override { return registry_->name(); }
  bool is_same_account(const std::string& one, const std::string& other) const override {
    return registry_->is_same_account(one, other);
  }
  Expected<Unit, Trouble> knows(const std::string& account) override { return registry_->knows(account); }
  Expected<std::vector<Held>, Trouble> of_account(const std::string& account) override {
    return registry_->of_account(account);
  }
  Expected<std::vector<Held>, Trouble> holders_of(std::span<const std::string> mappings) override {
    return registry_->holders_of(mappings);
  }
  Expected<std::vector<std::string>, Trouble> malformed() override { return registry_->malformed(); }
  Expected<std::string, Trouble> preview_add(const Claim& claim) override {
    return registry_->preview_add(claim);
  }
  Expected<std::string, Trouble> preview_remove(std::span<const Held> bindings) override {
    return registry_->preview_remove(bindings);
  }
  Expected<std::string, Trouble> preview_move(const std::string& from, const std::string& to) override {
    return registry_->preview_move(from, to);
  }

  // Those that are told.
  Expected<Change, Trouble> add(const Claim& claim) override;
  Expected<Change, Trouble> remove(const Held& binding) override;
  Expected<std::size_t, Trouble> move(const std::string& from, const std::string& to) override;

 private:
  std::unique_ptr<Registry> registry_;
};

}  // namespace jpki::ctl::card
