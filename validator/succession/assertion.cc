// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/assertion.h"

#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "validator/map/mapping_strings.h"
#include "validator/x509/digest.h"

#include <algorithm>

namespace jpki::succession {
namespace {

constexpr std::size_t kSha256Digits = 64;
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::vector<std::string> names_of(const x509::Certificate& certificate, x509::Kind kind) {
  std::vector<std::string> names;
  for (const std::string& string : map::strong_mapping_strings(certificate))
    if (auto mapping = mapping::canonical_mapping(string);
        mapping && map::names_one_certificate(*mapping, kind))
      names.push_back(std::move(*mapping));
  names.push_back(std::string(kSha256Prefix) + to_hex(x509::sha256(certificate.der())));
  return names;
}

std::string registered_name(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (name.starts_with(mapping::kThumbprintPrefix)) return name;
  return {};
}

std::optional<std::string> canonical_name(std::string_view text, bool sha256) {
  if (std::ranges::any_of(text, is_control)) return std::nullopt;
  if (sha256 && text.starts_with(kSha256Prefix)) {
    const std::string digits = to_lower(text.substr(kSha256Prefix.size()));
    if (digits.size() != kSha256Digits || digits.find_first_not_of(kDigits) != digits.npos)
      return std::nullopt;
    return std::string(kSha256Prefix) + digits;
  }
  auto mapping = mapping::canonical_mapping(text);
  return mapping ? std::optional(std::move(*mapping)) : std::nullopt;
}

}  // namespace jpki::succession
