// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/filter_attributes.h"

#include "base/ascii_case.h"

#include <algorithm>
#include <array>

namespace jpki::ad::ldap {
namespace {

constexpr std::string_view kAnd = ":1.2.840.113556.1.4.803:=";
constexpr std::string_view kOr = ":1.2.840.113556.1.4.804:=";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_of_name(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

std::string_view without_spaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// The attribute of "cn=Taro)…"; empty when it does not tell.
std::string_view attribute_of_item(std::string_view item) {
  const auto name =
      item.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(item, is_of_name) - item.begin()));
  if (name.empty() || !is_letter(name.front()) || equal_ignoring_case(name, "anr")) return {};
  const auto rest = item.substr(name.size());
  const bool plain = std::ranges::any_of(std::to_array<std::string_view>({"=", "~=", ">=", "<=", kAnd, kOr}),
                                         [rest](std::string_view type) { return rest.starts_with(type); });
  return plain ? name : std::string_view();
}

}  // namespace

std::optional<std::vector<std::string>> attributes_of_filter(std::string_view filter) {
  std::vector<std::string> names;
  if (filter.empty()) return names;
  if (!filter.starts_with('(')) return std::nullopt;
  // A parenthesis within a value is written \28.
  for (std::size_t at = filter.find('('); at != filter.npos; at = filter.find('(', at + 1)) {
    const auto inside = without_spaces(filter.substr(at + 1));
    if (inside.starts_with('&') || inside.starts_with('|') || inside.starts_with('!')) {
      if (!without_spaces(inside.substr(1)).starts_with('(')) return std::nullopt;
      continue;
    }
    const auto name = attribute_of_item(inside);
    if (name.empty()) return std::nullopt;
    names.emplace_back(name);
  }
  return names;
}

}  // namespace jpki::ad::ldap
