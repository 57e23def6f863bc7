// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/name_constraint_state.h"

#include <algorithm>

namespace jpki::path {
namespace {

using x509::Containment;
using x509::GeneralName;
using x509::GeneralSubtree;
using x509::NameForm;

constexpr std::string_view kEmailAddress = "1.2.840.113549.1.9.1";

// Names times subtrees that are compared for one certificate.
constexpr std::size_t kMaxComparisons = 1 << 18;

std::vector<GeneralName> names_of(const x509::Certificate& certificate) {
  std::vector<GeneralName> names = certificate.decoded_extensions().subject_alt_names;
  const bool has_mailbox =
      std::ranges::any_of(names, [](const GeneralName& name) { return name.form == NameForm::kRfc822Name; });
  if (certificate.subject().empty()) return names;
  names.push_back({NameForm::kDirectoryName, certificate.subject_der(), certificate.subject()});
  if (has_mailbox) return names;
  for (const auto& rdn : certificate.subject().rdns)
    for (const auto& attribute : rdn)
      if (attribute.type == kEmailAddress) names.push_back({NameForm::kRfc822Name, attribute.value, {}});
  return names;
}

}  // namespace

void NameConstraintState::add(const x509::Certificate& certificate) {
  const auto& constraints = certificate.decoded_extensions().name_constraints;
  if (!constraints) return;
  constraints_.push_back(&*constraints);
  subtrees_ += constraints->permitted.size() + constraints->excluded.size();
}

std::optional<std::string> NameConstraintState::refusal(const x509::Certificate& certificate) const {
  if (constraints_.empty()) return std::nullopt;
  const auto names = names_of(certificate);
  if (names.size() * subtrees_ > kMaxComparisons)
    return "RFC 5280 6.1.3(b): too many names and name constraints";
  for (const GeneralName& name : names)
    if (auto clause = refusal_of(name)) return clause;
  return std::nullopt;
}

std::optional<std::string> NameConstraintState::refusal_of(const GeneralName& name) const {
  const std::string form(name_of(name.form));
  const auto concerns = [&](const GeneralSubtree& subtree) { return subtree.base.form == name.form; };
  for (const x509::NameConstraints* constraints : constraints_) {
    const bool constrained = std::ranges::any_of(constraints->permitted, concerns);
    const auto holds = [&](const GeneralSubtree& subtree) {
      return concerns(subtree) && containment(name, subtree) == Containment::kInside;
    };
    if (constrained && std::ranges::none_of(constraints->permitted, holds))
      return "RFC 5280 6.1.3(b): " + form + " outside of the permitted subtrees";
    const auto touches = [&](const GeneralSubtree& subtree) {
      return concerns(subtree) && containment(name, subtree) != Containment::kOutside;
    };
    if (std::ranges::any_of(constraints->excluded, touches))
      return "RFC 5280 6.1.3(c): " + form + " in an excluded subtree, or not to be judged";
  }
  return std::nullopt;
}

}  // namespace jpki::path
