// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DirectoryRegistry: bindings in altSecurityIdentities of Active Directory, read and written as the
// administrator whose ticket it is.
//
// LDAP has no transaction over several objects: a card is sought in the whole domain before it is written and
// again afterwards, and who then finds it with another account takes his own value back. Of two
// administrators who give one card to two accounts, none or one succeeds, never both. Controllers replicate
// after minutes, so this holds for those who work on one controller; `jpkictl card check --directory` finds
// the rest.
#pragma once

#include "jpkictl/card/directory_plan.h"

#include <memory>

namespace jpki::ctl::card {

class DirectoryRegistry final : public Registry {
 public:
  DirectoryRegistry(std::string realm, std::unique_ptr<Directory> directory)
      : realm_(std::move(realm)), directory_(std::move(directory)) {}

  std::string name() const override { return "Active Directory " + realm_; }
  bool is_same_account(const std::string& one, const std::string& other) const override;
  Expected<Unit, Trouble> knows(const std::string& account) override;
  Expected<std::vector<Held>, Trouble> of_account(const std::string& account) override;
  Expected<std::vector<Held>, Trouble> holders_of(std::span<const std::string> mappings) override;
  Expected<std::vector<std::string>, Trouble> malformed() override;
  Expected<Change, Trouble> add(const Claim& claim) override;
  Expected<Change, Trouble> remove(const Held& binding) override;
  Expected<std::size_t, Trouble> move(const std::string& from, const std::string& to) override;
  Expected<std::string, Trouble> preview_add(const Claim& claim) override;
  Expected<std::string, Trouble> preview_remove(std::span<const Held> bindings) override;
  Expected<std::string, Trouble> preview_move(const std::string& from, const std::string& to) override;

 private:
  using Objects = std::vector<DirectoryObject>;
  Expected<Objects, Trouble> find(ad::bindings::Find find);
  Expected<Objects, Trouble> holders(std::span<const std::string> mappings);
  Expected<DirectoryObject, Trouble> account(const std::string& name);
  Expected<std::vector<Step>, Trouble> planned(const Claim& claim);
  Expected<std::vector<Step>, Trouble> planned(const Held& binding);
  Expected<std::vector<Step>, Trouble> planned(const std::string& from, const std::string& to);

  Expected<Change, Trouble> carry_out(const Step& step);
  Expected<Change, Trouble> carry_out(std::span<const Step> steps);
  // Whether a step was done of which nobody has told.
  Expected<Change, Trouble> look_again(const Step& step, const ad::bindings::End& end);
  // Reads back what was written; takes it back when another object holds the card as well.
  Expected<Change, Trouble> verified(const Step& step, const Claim& claim);

  std::string realm_;
  std::unique_ptr<Directory> directory_;
};

}  // namespace jpki::ctl::card
