// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/directory_plan.h"

#include "base/mapping/mapping_text.h"
#include "validator/x509/base64.h"

#include <algorithm>
#include <iterator>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kCertificates = "X509:";  // others are Kerberos principals

Expected<std::string, std::string> canonical(std::string_view value) {
  return mapping::canonical_mapping(value, mapping::kAllWeakForms);
}

std::vector<std::string> canonical(std::span<const std::string> values) {
  std::vector<std::string> all;
  for (const std::string& value : values)
    if (auto one = canonical(std::string_view(value))) all.push_back(std::move(*one));
  return all;
}

// RFC 2849, SAFE-STRING.
bool is_safe(std::string_view text) {
  const auto plain = [](char c) { return c > 0 && c != '\n' && c != '\r'; };
  return std::ranges::all_of(text, plain) && !text.starts_with(' ') && !text.starts_with(':') &&
         !text.starts_with('<') && !text.ends_with(' ');
}

std::string ldif_line(std::string_view attribute, std::string_view value) {
  std::string line(attribute);
  return line + (is_safe(value) ? ": " + std::string(value) : ":: " + x509::to_base64(as_bytes(value))) +
         "\n";
}

}  // namespace

std::vector<Held> bindings_of(std::span<const DirectoryObject> objects) {
  std::vector<Held> held;
  for (const DirectoryObject& object : objects)
    for (const std::string& value : object.values)
      if (auto mapping = canonical(std::string_view(value)))
        held.push_back({object.account, std::move(*mapping), object.dn});
  return held;
}

std::vector<Held> holding(std::span<const DirectoryObject> objects, std::span<const std::string> wanted) {
  const auto sought = canonical(wanted);
  auto held = bindings_of(objects);
  std::erase_if(held,
                [&](const Held& one) { return std::ranges::find(sought, one.mapping) == sought.end(); });
  return held;
}

std::vector<std::string> malformed_in(std::span<const DirectoryObject> objects) {
  std::vector<std::string> wrong;
  for (const DirectoryObject& object : objects)
    for (const std::string& value : object.values) {
      const auto mapping = canonical(std::string_view(value));
      if (!mapping && value.starts_with(kCertificates)) wrong.push_back(object.dn + ": " + mapping.error());
    }
  return wrong;
}

Expected<std::vector<Step>, Trouble> plan_add(const DirectoryObject& account, const Claim& claim,
                                              std::span<const DirectoryObject> holders) {
  bool bound = false;
  for (const DirectoryObject& holder : holders) {
    const auto held = holding({&holder, 1}, claim.mappings);
    if (held.empty()) continue;
    if (holder.guid != account.guid) return Unexpected{bound_to_other(held.front())};
    bound = true;
  }
  if (bound) return std::vector<Step>();
  return std::vector<Step>{{account.guid, account.dn, account.account, true, claim.mappings.front()}};
}

std::vector<Step> plan_remove(const DirectoryObject& account, std::string_view mapping) {
  std::vector<Step> steps;
  for (const std::string& value : account.values)
    if (const auto spelled = canonical(std::string_view(value)); spelled && *spelled == mapping)
      steps.push_back({account.guid, account.dn, account.account, false, value});
  return steps;
}

std::vector<Step> plan_move(const DirectoryObject& from, const DirectoryObject& to) {
  std::vector<Step> steps, after;
  auto there = canonical(to.values);
  for (const std::string& value : from.values) {
    auto mapping = canonical(std::string_view(value));
    if (!mapping) continue;
    after.push_back({from.guid, from.dn, from.account, false, value});
    if (std::ranges::find(there, *mapping) != there.end()) continue;
    steps.push_back({to.guid, to.dn, to.account, true, value});
    there.push_back(std::move(*mapping));
  }
  std::ranges::move(after, std::back_inserter(steps));
  return steps;
}

std::string to_ldif(std::span<const Step> steps) {
  std::string text;
  for (const Step& step : steps)
    text += ldif_line("dn", step.dn) + "changetype: modify\n" + (step.add ? "add" : "delete") +
            ": altSecurityIdentities\n" + ldif_line("altSecurityIdentities", step.value) + "-\n\n";
  return text;
}

}  // namespace jpki::ctl::card
