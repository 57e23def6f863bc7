// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/self_registration/decision.h"

#include <algorithm>

namespace jpki::self_registration {
namespace {

using succession::Entry;

Unexpected<std::string> refuse(std::string why) {
  return Unexpected{std::move(why)};
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// Why the maps are against it; empty: they are not.
std::string against_by_maps(const Facts& facts) {
  const auto bound = facts.accounts.account_of_strings(facts.names, facts.kind);
  if (bound) return "a map binds the certificate already";
  if (bound.error().verdict != Verdict::kNotMapped) return bound.error().cause;
  return {};
}

// Why one entry of the overlay is against it; empty: it is not.
std::string against_by(const Entry& entry, const Facts& facts) {
  const bool of_card = is_among(facts.names, entry.new_name);
  const bool of_account = entry.account == facts.account;
  if (entry.state == Entry::State::kRefused)
    return of_card && of_account ? "an administrator refused it (jpkictl card pending refuse)" : "";
  if (std::ranges::any_of(entry.old_names,
                          [&](const std::string& old) { return is_among(facts.names, old); }))
    return "another certificate stands in its place";
  if (of_card && !entry.is_own()) return "the certificate stands in place of an older one";
  if (of_card && !of_account) return "the card is registered for another account already";
  if (of_account && !of_card) return "another card of the account waits for an administrator";
  return {};
}

}  // namespace

const Entry* entry_of(const std::vector<Entry>& overlay, const std::vector<std::string>& names) {
  const auto found = std::ranges::find_if(overlay, [&](const Entry& entry) {
    return entry.is_own() && entry.is_undecided() && is_among(names, entry.new_name);
  });
  return found == overlay.end() ? nullptr : &*found;
}

bool has_other_card(const std::vector<Entry>& overlay, const std::string& account,
                    const std::vector<std::string>& names) {
  return std::ranges::any_of(overlay, [&](const Entry& entry) {
    return entry.is_own() && entry.is_undecided() && entry.account == account &&
           !is_among(names, entry.new_name);
  });
}

Expected<Grant, std::string> decide(const Facts& facts) {
  if (!facts.policy.wanted_for(facts.service))
    return refuse("[self_registration] does not name this service");
  if (facts.kind == x509::Kind::kLgpkiRole)
    return refuse("role certificates are registered by administrators");
  if (!succession::is_account_text(facts.account) || !facts.ordinary(facts.account))
    return refuse(
        "the account is privileged or does not exist here; register its card with jpkictl card enroll");
  if (std::string why = against_by_maps(facts); !why.empty()) return refuse(std::move(why));
  for (const Entry& entry : facts.overlay)
    if (std::string why = against_by(entry, facts); !why.empty()) return refuse(std::move(why));
  if (entry_of(facts.overlay, facts.names) != nullptr) return Grant::kAlready;
  return facts.policy.at_once ? Grant::kAtOnce : Grant::kOnApproval;
}

}  // namespace jpki::self_registration
