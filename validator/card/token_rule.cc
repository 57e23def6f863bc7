// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/token_rule.h"

#include <algorithm>

namespace jpki::card {
namespace {

constexpr std::uint16_t kJpkiLength = 4;
constexpr std::uint8_t kJpkiTries = 3;

bool agrees(const std::string& pattern, std::string_view text) {
  return pattern.empty() || matches(pattern, text);
}

PinRule rule_of_kind(x509::Kind kind) {
  if (kind != x509::Kind::kJpkiAuthentication) return {};
  return {.min_length = kJpkiLength,
          .max_length = kJpkiLength,
          .characters = PinCharacters::kDigits,
          .tries = TriesTold::kExactly,
          .max_tries = kJpkiTries};
}

}  // namespace

bool TokenRule::admits(x509::Kind kind) const noexcept {
  return !kinds || std::ranges::find(*kinds, kind) != kinds->end();
}

// After a mismatch the last * takes one octet more; what stood before it need not be tried again.
bool matches(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t taken = 0;  // where the text goes on after what the star took
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

bool concerns(const TokenRule& rule, std::string_view module) noexcept {
  return rule.modules.empty() || std::ranges::find(rule.modules, module) != rule.modules.end();
}

const TokenRule* rule_for(std::span<const TokenRule> rules, std::string_view module,
                          const TokenIdentity& token) noexcept {
  const auto found = std::ranges::find_if(rules, [&](const TokenRule& rule) {
    return concerns(rule, module) && agrees(rule.manufacturer, token.manufacturer) &&
           agrees(rule.model, token.model) && agrees(rule.label, token.label);
  });
  return found == rules.end() ? nullptr : &*found;
}

PinRule pin_rule_of(x509::Kind kind, const PinSettings& said) {
  PinRule rule = rule_of_kind(kind);
  if (said.min_length) rule.min_length = said.min_length;
  if (said.max_length) rule.max_length = said.max_length;
  rule.characters = said.characters.value_or(rule.characters);
  rule.tries = said.tries.value_or(rule.tries);
  rule.max_tries = said.max_tries.value_or(rule.max_tries);
  rule.entry = said.entry;
  rule.state_told = said.state_told;
  return rule;
}

}  // namespace jpki::card
