// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is to be changed in the directory, as a pure function of what it holds: one value more or less at each
// step, spelled as it is there.
#pragma once

#include "jpkictl/card/directory.h"
#include "jpkictl/card/registry.h"

#include <span>

namespace jpki::ctl::card {

struct Step {
  ad::Guid guid{};
  std::string dn;
  std::string account;
  bool add = true;  // or take away
  std::string value;

  bool operator==(const Step&) const = default;
};

// Bindings: values in a canonical spelling, weak forms too; `where` is the object's distinguished name. What
// is no mapping string of a certificate is passed over.
std::vector<Held> bindings_of(std::span<const DirectoryObject> objects);
// Those of `wanted`, in any spelling.
std::vector<Held> holding(std::span<const DirectoryObject> objects, std::span<const std::string> wanted);
// "DN: what is wrong" of values that look like mapping strings and are none.
std::vector<std::string> malformed_in(std::span<const DirectoryObject> objects);

// `holders`: who holds one of claim.mappings. No step: this account has the certificate. Refused when another
// object holds it.
Expected<std::vector<Step>, Trouble> plan_add(const DirectoryObject& account, const Claim& claim,
                                              std::span<const DirectoryObject> holders);
// Every spelling of it goes.
std::vector<Step> plan_remove(const DirectoryObject& account, std::string_view mapping);
// Everything is added before anything goes: what stops in between leaves a card with two accounts, which logs
// nobody in and which the same command finishes, but never a card with none.
std::vector<Step> plan_move(const DirectoryObject& from, const DirectoryObject& to);

// RFC 2849, as ldapmodify takes it.
std::string to_ldif(std::span<const Step> steps);

}  // namespace jpki::ctl::card
