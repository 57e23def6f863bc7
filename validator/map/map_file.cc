// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/map_file.h"

#include "validator/map/mapping_strings.h"

#include <algorithm>

namespace jpki::map {
namespace {

constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Expected<MapFile::Binding, std::string> MapFile::parse_line(std::string_view line) {
  const auto end = line.find_first_of(kSpace);
  if (end == std::string_view::npos)
    return Unexpected{std::string("not a mapping string; write: ACCOUNT X509:<I>issuer<SR>reversed serial")};
  auto mapping = mapping::canonical_mapping(trimmed(line.substr(end)));
  if (!mapping) return Unexpected{mapping.error()};
  const std::string_view account = line.substr(0, end);
  if (has_control_characters(account) || has_control_characters(*mapping))
    return Unexpected{std::string("control characters; write plain text")};
  return Binding{std::move(*mapping), std::string(account), 0};
}

Expected<MapFile, MapError> MapFile::load(const std::string& path, const FileTrust& trust) {
  FileTrust secret = trust;
  secret.secret = true;
  const auto file = read_trusted_file(path, secret);
  if (!file) return Unexpected{MapError{Verdict::kMapUnusable, file.error().text}};

  std::vector<Binding> bindings;
  std::size_t number = 0;
  for (std::string_view rest = as_text(*file); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    auto binding = parse_line(line);
    if (!binding)
      return Unexpected{
          MapError{Verdict::kMapUnusable, path + ':' + std::to_string(number) + ": " + binding.error()}};
    binding->line = number;
    bindings.push_back(std::move(*binding));
  }
  std::ranges::stable_sort(bindings, {}, &Binding::mapping);
  return MapFile(path, std::move(bindings));
}

std::vector<std::string> MapFile::accounts() const {
  std::vector<std::string> names;
  for (const Binding& binding : bindings_) names.push_back(binding.account);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// The bindings of one mapping string.
std::span<const MapFile::Binding> MapFile::bindings_of(const std::string& mapping) const {
  const auto first = std::ranges::lower_bound(bindings_, mapping, {}, &Binding::mapping);
  const auto last = std::ranges::upper_bound(bindings_, mapping, {}, &Binding::mapping);
  return {first, last};
}

Expected<std::string, MapError> MapFile::account_of(const path::VerifiedCertificate& certificate) const {
  const Binding* found = nullptr;
  const Binding* too_weak = nullptr;
  for (const std::string& string : strong_mapping_strings(certificate.leaf())) {
    const auto mapping = mapping::canonical_mapping(string);
    if (!mapping) continue;
    const auto bindings = bindings_of(*mapping);
    if (!names_one_certificate(*mapping, certificate.kind().value_or(x509::Kind::kJpkiAuthentication))) {
      if (!bindings.empty()) too_weak = &bindings.front();
      continue;
    }
    for (const Binding& binding : bindings) {
      if (found != nullptr && found->account != binding.account)
        return Unexpected{MapError{Verdict::kMappingAmbiguous,
                                   path_ + ':' + std::to_string(found->line) +
                                       " and :" + std::to_string(binding.line) +
                                       ": one certificate under two accounts; remove one of the lines"}};
      found = &binding;
    }
  }
  if (found == nullptr && too_weak != nullptr)
    return Unexpected{MapError{Verdict::kNotMapped,
                               path_ + ':' + std::to_string(too_weak->line) +
                                   ": all JPKI generations share one issuer name, so <I>…<SR>… does not name "
                                   "one certificate; bind it with X509:<SKI>… or X509:<SHA1-PUKEY>…"}};
  if (found == nullptr)
    return Unexpected{MapError{Verdict::kNotMapped, path_ + ": no line for this certificate; add one"}};
  return found->account;
}

}  // namespace jpki::map
