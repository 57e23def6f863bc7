// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/self_registration/registrar.h"

#include "base/mapping/mapping_text.h"
#include "validator/map/mapping_strings.h"
#include "validator/succession/assertion.h"

namespace jpki::self_registration {
namespace {

using succession::Entry;

// Of the thumbprint's form alone, which names a certificate whatever its kind is.
bool is_thumbprint(const std::string& name) {
  return name.starts_with(mapping::kThumbprintPrefix) && succession::canonical_name(name, false) == name;
}

SelfRegistrationAnswer answer_for(Entry::State state) {
  return {state == Entry::State::kBound ? Verdict::kAccepted : Verdict::kRegistrationPending, {}};
}

}  // namespace

SelfRegistrationAnswer register_card(const SelfRegistrationQuestion& question, const Registrar& registrar) {
  if (!is_thumbprint(question.certificate))
    return {Verdict::kRegistrationRefused, "what is to be registered is no thumbprint"};
  if (!question.der.empty() && map::thumbprint_string(question.der) != question.certificate)
    return {Verdict::kRegistrationRefused, "the certificate is not the one that is to be registered"};
  Entry::State state = Entry::State::kAsked;
  bool refused = false;
  const auto edit = [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    const auto grant = decide({.kind = x509::Kind::kJpkiAuthentication,
                               .names = {question.certificate},
                               .account = question.account,
                               .service = question.service,
                               .policy = registrar.policy,
                               .accounts = registrar.accounts,
                               .overlay = entries,
                               .ordinary = registrar.ordinary});
    refused = !grant;
    if (!grant) return Unexpected{grant.error()};
    if (*grant == Grant::kAlready) {
      state = entry_of(entries, {question.certificate})->state;
      return false;  // two logins at once
    }
    if (entries.size() == succession::kMostEntries)
      return Unexpected{std::string("the overlay is full; decide with jpkictl card pending")};
    state = *grant == Grant::kAtOnce ? Entry::State::kBound : Entry::State::kAsked;
    entries.push_back(
        {state, registrar.now, registrar.now, question.certificate, {}, question.account, question.der});
    return true;
  };
  const auto changed = succession::change_overlay(registrar.directory, registrar.owner, edit);
  if (changed) return answer_for(state);
  return {refused ? Verdict::kRegistrationRefused : Verdict::kRegistrationUnusable, changed.error()};
}

}  // namespace jpki::self_registration
