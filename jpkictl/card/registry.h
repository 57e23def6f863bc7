// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Registry: where bindings of certificates to accounts are kept and changed: the local map, or Active
// Directory.
#pragma once

#include "base/expected.h"
#include "jpkictl/trouble.h"

#include <span>
#include <string>
#include <vector>

namespace jpki::ctl::card {

struct Held {
  std::string account;
  std::string mapping;  // canonical
  std::string where;    // "/etc/jpki/accounts.map:17", a distinguished name

  bool operator==(const Held&) const = default;
};

// One certificate for one account.
struct Claim {
  std::string account;
  std::vector<std::string> mappings;  // all that name the certificate; the first is what is written
};

// The refusal of a card that another account has.
Trouble bound_to_other(const Held& held);

enum class Change { kDone, kNothingToDo };

class Registry {
 public:
  virtual ~Registry() = default;

  // For people: "/etc/jpki/accounts.map".
  virtual std::string name() const = 0;

  virtual bool is_same_account(const std::string& one, const std::string& other) const {
    return one == other;
  }

  // Whether the account is known here, else what to do.
  virtual Expected<Unit, Trouble> knows(const std::string& account) = 0;

  // Every binding of an account; who holds one of these strings. In the order of the registry.
  virtual Expected<std::vector<Held>, Trouble> of_account(const std::string& account) = 0;
  virtual Expected<std::vector<Held>, Trouble> holders_of(std::span<const std::string> mappings) = 0;

  // kNothingToDo: this account has the certificate already. Refused when another one has, looked up again
  // where it is written.
  virtual Expected<Change, Trouble> add(const Claim& claim) = 0;
  // Exactly this binding; kNothingToDo: there is none.
  virtual Expected<Change, Trouble> remove(const Held& binding) = 0;
  // Every binding of `from` to `to`; how many were moved.
  virtual Expected<std::size_t, Trouble> move(const std::string& from, const std::string& to) = 0;

  // "WHERE: what is wrong" of what looks like a binding and binds nobody.
  virtual Expected<std::vector<std::string>, Trouble> malformed() = 0;

  // What add(), remove() and move() would send, as LDIF; empty where that is no directory, or nothing to do.
  virtual Expected<std::string, Trouble> preview_add(const Claim&) { return std::string(); }
  virtual Expected<std::string, Trouble> preview_remove(std::span<const Held>) { return std::string(); }
  virtual Expected<std::string, Trouble> preview_move(const std::string&, const std::string&) {
    return std::string();
  }
};

}  // namespace jpki::ctl::card
