// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/path/name_constraint_state.h"

#include <algorithm>

namespace jpki::path {
namespace {

using x509::Containment;
using x509::GeneralName;
using x509::GeneralSubtree;
using x509::NameForm;

// Names times subtrees that are compared for one certificate.
constexpr std::size_t kMaxComparisons = 1 << 18;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Views into the certificate. A mailbox that cannot be told is an empty one, which lies nowhere.
std::vector<GeneralName> names_of(const x509::Certificate& certificate) {
  const auto& alternative = certificate.decoded_extensions().subject_alt_names;
  std::vector<GeneralName> names = alternative;
  for (const GeneralName& name : alternative)
    if (const auto mailbox = x509::utf8_mailbox(name)) names.push_back({NameForm::kRfc822Name, *mailbox, {}});
  if (certificate.subject().empty()) return names;
  names.push_back({NameForm::kDirectoryName, certificate.subject_der(), certificate.subject()});
  for (const std::string_view address : x509::email_addresses(certificate.subject()))
    names.push_back({NameForm::kRfc822Name, is_ascii(address) ? as_bytes(address) : Bytes(), {}});
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
      return "RFC 5280 6.1.3(b): " + form + " outside of the permitted subtrees, or not to be judged";
    const auto touches = [&](const GeneralSubtree& subtree) {
      return concerns(subtree) && containment(name, subtree) != Containment::kOutside;
    };
    if (std::ranges::any_of(constraints->excluded, touches))
      return "RFC 5280 6.1.3(c): " + form + " in an excluded subtree, or not to be judged";
  }
  return std::nullopt;
}

}  // namespace jpki::path
