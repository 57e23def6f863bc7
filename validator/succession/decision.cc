// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/decision.h"

#include "base/mapping/mapping_text.h"
#include "validator/map/mapping_strings.h"

#include <algorithm>

namespace jpki::succession {
namespace {

Unexpected<std::string> refuse(std::string why) {
  return Unexpected{std::move(why)};
}

// The accounts that the sources lead to are one.
Expected<Successor, std::string> agreed(const Facts& facts) {
  Successor found;
  for (const auto& [source, answer] : facts.claims) {
    if (answer.kind == Answer::Kind::kFailed) return refuse(source + " could not tell: " + answer.cause);
    if (answer.kind == Answer::Kind::kNone)
      return refuse(source + " says that it stands in place of no other certificate");
    if (answer.kind == Answer::Kind::kUnknown) continue;
    const auto account = facts.accounts.account_of_strings(answer.old, facts.kind);
    if (!account) return refuse("the older certificate of " + source + ": " + account.error().cause);
    if (!found.account.empty() && found.account != *account)
      return refuse("the sources lead to different accounts");
    found.account = *account;
    for (const std::string& old : answer.old)
      if (std::ranges::find(found.old_names, old) == found.old_names.end()) found.old_names.push_back(old);
  }
  if (found.account.empty()) return refuse("no source knows an older certificate");
  return found;
}

bool is_of_family(const std::string& old, const std::string& issuer) {
  return !old.starts_with(mapping::kIssuerPrefix) || old.starts_with(issuer);
}

}  // namespace

std::string issuer_of(const x509::Certificate& certificate) {
  for (const std::string& string : map::strong_mapping_strings(certificate))
    if (const auto mapping = mapping::canonical_mapping(string);
        mapping && mapping->starts_with(mapping::kIssuerPrefix))
      // The serial is hexadecimal: the infix is the last one.
      return mapping->substr(0, mapping->rfind(mapping::kSerialInfix) + mapping::kSerialInfix.size());
  return std::string(mapping::kIssuerPrefix);
}

Expected<Successor, std::string> decide(const Facts& facts) {
  auto found = agreed(facts);
  if (!found) return found;
  const std::string name = registered_name(facts.names);
  if (name.empty()) return refuse("the certificate has no name to register it under");
  if (found->old_names.size() > kMostOld)
    return refuse("the sources name more older certificates than can be one");
  if (!std::ranges::all_of(found->old_names,
                           [&](const std::string& old) { return is_of_family(old, facts.issuer); }))
    return refuse("the older certificate is of another issuer");
  const auto& names = facts.names;
  if (std::ranges::any_of(found->old_names, [&](const std::string& old) {
        return std::ranges::find(names, old) != names.end();
      }))
    return refuse("a source names the certificate in place of itself");
  if (!facts.named.empty() && facts.named != found->account)
    return refuse("the older certificate is bound to another account than the one that was named");
  if (!facts.ordinary(found->account))
    return refuse(
        "the account is privileged or does not exist here; register its card with jpkictl card enroll");
  if (is_refused(facts.overlay, name, found->old_names))
    return refuse("an administrator refused this pair (jpkictl card pending refuse)");
  const Entry* const other = successor_of(facts.overlay, found->old_names);
  if (other != nullptr && other->new_name != name)
    return refuse("another certificate stands in place of that older one already");
  return found;
}

}  // namespace jpki::succession
