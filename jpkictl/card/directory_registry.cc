// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/directory_registry.h"

#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/directory_trouble.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

using ad::bindings::End;
using ad::bindings::Find;
using ad::bindings::Outcome;

std::vector<std::string> canonical(std::span<const std::string> mappings) {
  std::vector<std::string> all;
  for (const std::string& mapping : mappings)
    if (auto one = mapping::canonical_mapping(mapping, mapping::kAllWeakForms))
      all.push_back(std::move(*one));
  return all;
}

Trouble no_account(const std::string& name) {
  return refused(
      say(N_("Active Directory has no user account {account}; check the name"), {{"{account}", name}}));
}

}  // namespace

bool DirectoryRegistry::is_same_account(const std::string& one, const std::string& other) const {
  return equal_ignoring_case(one, other);
}

Expected<DirectoryRegistry::Objects, Trouble> DirectoryRegistry::find(Find find) {
  auto listing = directory_->find(find);
  if (listing.end.outcome != Outcome::kDone)
    return Unexpected{trouble_of(listing.end, find.what == Find::What::kAccount ? find.text.front() : "-")};
  return std::move(listing.objects);
}

Expected<DirectoryRegistry::Objects, Trouble> DirectoryRegistry::holders(
    std::span<const std::string> mappings) {
  return find({Find::What::kHolders, canonical(mappings)});
}

Expected<DirectoryObject, Trouble> DirectoryRegistry::account(const std::string& name) {
  auto found = find({Find::What::kAccount, {name}});
  if (!found) return Unexpected{found.error()};
  if (found->size() != 1) return Unexpected{no_account(name)};
  return std::move(found->front());
}

Expected<Unit, Trouble> DirectoryRegistry::knows(const std::string& name) {
  const auto found = account(name);
  if (!found) return Unexpected{found.error()};
  return Unit{};
}

Expected<std::vector<Held>, Trouble> DirectoryRegistry::of_account(const std::string& name) {
  const auto found = name.empty() ? find({}) : find({Find::What::kAccount, {name}});
  if (!found) return Unexpected{found.error()};
  return bindings_of(*found);
}

Expected<std::vector<Held>, Trouble> DirectoryRegistry::holders_of(std::span<const std::string> mappings) {
  const auto found = holders(mappings);
  if (!found) return Unexpected{found.error()};
  return holding(*found, mappings);
}

Expected<std::vector<std::string>, Trouble> DirectoryRegistry::malformed() {
  const auto found = find({});
  if (!found) return Unexpected{found.error()};
  return malformed_in(*found);
}

// --- plans
Expected<std::vector<Step>, Trouble> DirectoryRegistry::planned(const Claim& claim) {
  const auto whose = account(claim.account);
  if (!whose) return Unexpected{whose.error()};
  const auto found = holders(claim.mappings);
  if (!found) return Unexpected{found.error()};
  return plan_add(*whose, claim, *found);
}

// An account that is gone has no binding.
Expected<std::vector<Step>, Trouble> DirectoryRegistry::planned(const Held& binding) {
  const auto found = find({Find::What::kAccount, {binding.account}});
  if (!found) return Unexpected{found.error()};
  std::vector<Step> steps;
  for (const DirectoryObject& object : *found)
    std::ranges::move(plan_remove(object, binding.mapping), std::back_inserter(steps));
  return steps;
}

Expected<std::vector<Step>, Trouble> DirectoryRegistry::planned(const std::string& from,
                                                                const std::string& to) {
  const auto old = account(from);
  if (!old) return Unexpected{old.error()};
  const auto now = account(to);
  if (!now) return Unexpected{now.error()};
  if (old->guid == now->guid) return std::vector<Step>();
  return plan_move(*old, *now);
}

// --- changes
Expected<Change, Trouble> DirectoryRegistry::look_again(const Step& step, const End& end) {
  const auto listing = directory_->find({Find::What::kHolders, {step.value}});
  if (listing.end.outcome != Outcome::kDone)
    return Unexpected{interrupted(Doubt::kUnknown, end, step.account)};
  const auto object = std::ranges::find(listing.objects, step.guid, &DirectoryObject::guid);
  const bool there = object != listing.objects.end() &&
                     std::ranges::find(object->values, step.value) != object->values.end();
  if (there == step.add) return Change::kDone;
  // Another controller may not know yet.
  const bool same = !end.controller.empty() && listing.end.controller == end.controller;
  return Unexpected{interrupted(same ? Doubt::kNotDone : Doubt::kUnknown, end, step.account)};
}

Expected<Change, Trouble> DirectoryRegistry::carry_out(const Step& step) {
  const End end = directory_->change({step.guid, step.add, step.value});
  switch (end.outcome) {
    case Outcome::kDone:
      return Change::kDone;
    case Outcome::kValueExists:
    case Outcome::kNoSuchValue:
      return Change::kNothingToDo;
    case Outcome::kNotKnown:
      return look_again(step, end);
    case Outcome::kNoObject:
    case Outcome::kNoRight:
    case Outcome::kReferral:
    case Outcome::kLimit:
    case Outcome::kRefused:
    case Outcome::kNoTicket:
    case Outcome::kUnreachable:
    case Outcome::kNotAvailable:
      break;
  }
  return Unexpected{trouble_of(end, step.account)};
}

Expected<Change, Trouble> DirectoryRegistry::carry_out(std::span<const Step> steps) {
  Change all = Change::kNothingToDo;
  for (std::size_t done = 0; done < steps.size(); ++done) {
    const auto changed = carry_out(steps[done]);
    if (!changed) return Unexpected{in_the_middle(changed.error(), done, steps.size())};
    if (*changed == Change::kDone) all = Change::kDone;
  }
  return all;
}

Expected<Change, Trouble> DirectoryRegistry::verified(const Step& step, const Claim& claim) {
  const auto found = holders(claim.mappings);
  if (!found) {
    Trouble trouble = found.error();
    return Unexpected{could_not(
        say(N_("the card was written to {account}, but could not be read back; when Active Directory answers "
               "again, run: jpkictl card check --directory ({cause})"),
            {{"{account}", step.account}, {"{cause}", trouble.text}}))};
  }
  bool own = false;
  const DirectoryObject* other = nullptr;
  for (const DirectoryObject& object : *found) {
    if (holding({&object, 1}, claim.mappings).empty()) continue;
    if (object.guid == step.guid)
      own = true;
    else
      other = &object;
  }
  if (other != nullptr) {
    Step back = step;
    back.add = false;
    if (const auto taken = carry_out(back); !taken)
      return Unexpected{could_not(
          say(N_("somebody gave this card to {other} at the same moment, and it could not be taken back from "
                 "{account}: run jpkictl card revoke {account} ({cause})"),
              {{"{other}", other->account},
               {"{account}", step.account},
               {"{account}", step.account},
               {"{cause}", taken.error().text}}))};
    return Unexpected{bound_to_other(holding({other, 1}, claim.mappings).front())};
  }
  if (own) return Change::kDone;
  return Unexpected{could_not(
      say(N_("Active Directory took the card for {account}, but does not have it now: somebody else is "
             "changing it, or another controller answered; run the same command again"),
          {{"{account}", step.account}}))};
}

Expected<Change, Trouble> DirectoryRegistry::add(const Claim& claim) {
  const auto steps = planned(claim);
  if (!steps) return Unexpected{steps.error()};
  if (steps->empty()) return Change::kNothingToDo;
  const auto added = carry_out(steps->front());
  if (!added || *added == Change::kNothingToDo) return added;
  return verified(steps->front(), claim);
}

Expected<Change, Trouble> DirectoryRegistry::remove(const Held& binding) {
  const auto steps = planned(binding);
  if (!steps) return Unexpected{steps.error()};
  return carry_out(*steps);
}

Expected<std::size_t, Trouble> DirectoryRegistry::move(const std::string& from, const std::string& to) {
  const auto steps = planned(from, to);
  if (!steps) return Unexpected{steps.error()};
  if (const auto moved = carry_out(*steps); !moved) return Unexpected{moved.error()};
  return static_cast<std::size_t>(std::ranges::count_if(*steps, [](const Step& step) { return !step.add; }));
}

// --- previews
Expected<std::string, Trouble> DirectoryRegistry::preview_add(const Claim& claim) {
  const auto steps = planned(claim);
  if (!steps) return Unexpected{steps.error()};
  return to_ldif(*steps);
}

Expected<std::string, Trouble> DirectoryRegistry::preview_remove(std::span<const Held> bindings) {
  std::string text;
  for (const Held& binding : bindings) {
    const auto steps = planned(binding);
    if (!steps) return Unexpected{steps.error()};
    text += to_ldif(*steps);
  }
  return text;
}

Expected<std::string, Trouble> DirectoryRegistry::preview_move(const std::string& from,
                                                               const std::string& to) {
  const auto steps = planned(from, to);
  if (!steps) return Unexpected{steps.error()};
  return to_ldif(*steps);
}

}  // namespace jpki::ctl::card
