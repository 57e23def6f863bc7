// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/card/findings.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/words.h"
#include "validator/map/mapping_strings.h"
#include "validator/trust/trust_store.h"

#include <algorithm>
#include <set>

#include <pwd.h>

namespace jpki::ctl::card {
namespace {

// Those for which no serial number names one certificate.
Expected<std::vector<std::string>, Trouble> shared_issuers(const Site& site, const Context& context) {
  const auto anchors = trust::load_trust_store(site.config.anchors_directory, context.trust);
  if (!anchors) return Unexpected{could_not(anchors.error())};
  std::vector<std::string> issuers;
  for (const trust::Anchor& anchor : *anchors) {
    if (!anchor.vouches_for(x509::Kind::kJpkiAuthentication)) continue;
    const auto whole = mapping::canonical_mapping(std::string(mapping::kIssuerPrefix) +
                                                  to_ad_string(anchor.certificate.subject()) +
                                                  std::string(mapping::kSerialInfix) + "01");
    if (whole) issuers.push_back(whole->substr(0, whole->size() - 2));
  }
  return issuers;
}

// Names that some part of the system knows; the directory itself has those that it names.
std::set<std::string> existing(const Facts& facts, bool in_directory) {
  std::set<std::string> known;
  for (const Held& held : in_directory ? facts.directory : std::vector<Held>()) known.insert(held.account);
  for (const auto* all : {&facts.local, &facts.directory})
    for (const Held& held : *all)
      if (!known.contains(held.account) && ::getpwnam(held.account.c_str()) != nullptr)
        known.insert(held.account);
  return known;
}

// A copy that does not decode any more says nothing.
std::vector<Facts::Certificate> decoded(const std::vector<Copies::Copy>& copies, Time now) {
  std::vector<Facts::Certificate> certificates;
  for (const Copies::Copy& copy : copies) {
    const auto certificate = x509::Certificate::decode(copy.certificate);
    if (!certificate) continue;
    Facts::Certificate known{{}, certificate->not_after() < now};
    for (const std::string& spelled : map::strong_mapping_strings(*certificate))
      if (auto mapping = mapping::canonical_mapping(spelled)) known.mappings.push_back(std::move(*mapping));
    certificates.push_back(std::move(known));
  }
  return certificates;
}

// What logins here also read: the local map beside the directory, or the directory's snapshot beside the map.
Expected<std::vector<Held>, Trouble> held_elsewhere(const Site& site, const Context& context) {
  if (!site.in_directory) return held_in_snapshot(site, {});
  const auto local = local_registry(site.config, context);
  if (!local) return Unexpected{local.error()};
  return (*local)->of_account({});
}

// As root; what is hostile is only read.
Expected<Facts, Trouble> gather(const Site& site, const Context& context) {
  Facts facts;
  auto malformed = site.registry->malformed();
  if (!malformed) return Unexpected{malformed.error()};
  facts.malformed = std::move(*malformed);
  auto registered = site.registry->of_account({});
  if (!registered) return Unexpected{registered.error()};
  auto elsewhere = held_elsewhere(site, context);
  if (!elsewhere) return Unexpected{elsewhere.error()};
  facts.local = std::move(site.in_directory ? *elsewhere : *registered);
  facts.directory = std::move(site.in_directory ? *registered : *elsewhere);
  auto in_overlay = held_in_overlay(site, {});
  if (!in_overlay) return Unexpected{in_overlay.error()};
  std::ranges::move(*in_overlay, std::back_inserter(facts.local));
  auto issuers = shared_issuers(site, context);
  if (!issuers) return Unexpected{issuers.error()};
  facts.shared_issuers = std::move(*issuers);
  return facts;
}

Json json_of(const std::vector<Finding>& findings, std::size_t bindings) {
  Json json = Json::array();
  for (const Finding& finding : findings)
    json.push_back({{"kind", std::string(name_of(finding.kind))},
                    {"account", finding.account.empty() ? Json() : Json(finding.account)},
                    {"where", finding.where},
                    {"text", text_of(finding)}});
  return {{"bindings", bindings}, {"findings", std::move(json)}};
}

std::string text_of_all(const std::vector<Finding>& findings, std::size_t bindings) {
  std::string text;
  for (const Finding& finding : findings) text += text_of(finding) + "\n";
  if (findings.empty())
    text = say(N_("{count} registration(s), nothing wrong."), {{"{count}", std::to_string(bindings)}}) + "\n";
  return text;
}

}  // namespace

ExitStatus check(const CheckOptions& options, const Context& context) {
  const auto site = open_site(context, options.place, Use::kRead);
  if (!site) return tell(site.error(), context);
  auto facts = gather(*site, context);
  if (!facts) return tell(facts.error(), context);
  const auto copies = site->copies.all();
  if (!copies) return tell(could_not(copies.error()), context);
  const auto known = existing(*facts, site->in_directory);
  facts->exists = [&known](const std::string& account) { return known.contains(account); };
  if (context.become_helper)
    if (auto became = context.become_helper(); !became) return tell(could_not(became.error()), context);
  facts->certificates = decoded(*copies, context.now);

  const auto findings = find_faults(*facts);
  const std::size_t bindings = facts->local.size() + facts->directory.size();
  context.print(context.json ? print_json(json_of(findings, bindings)) : text_of_all(findings, bindings));
  return findings.empty() ? ExitStatus::kGood : ExitStatus::kBad;
}

}  // namespace jpki::ctl::card
