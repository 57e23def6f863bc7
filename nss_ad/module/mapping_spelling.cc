// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/module/mapping_spelling.h"

#include <cstring>

namespace jpki::ad::module {
namespace {

constexpr char kIssuer[] = "X509:<I>";
constexpr char kSerial[] = "<SR>";
constexpr char kKeyIdentifier[] = "X509:<SKI>";
constexpr char kThumbprint[] = "X509:<SHA1-PUKEY>";

template <std::size_t kSize>
bool begins_with(const char* text, std::size_t size, const char (&prefix)[kSize]) {
  return size >= kSize - 1 && std::memcmp(text, prefix, kSize - 1) == 0;
}

void lower(char& c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
}

void lower_all(char* text, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) lower(text[i]);
}

// Attribute names stand at the beginning and after each unescaped comma or plus sign.
void lower_attribute_names(char* name, std::size_t size) {
  bool in_type = true;
  for (std::size_t i = 0; i < size; ++i) {
    if (in_type) lower(name[i]);
    if (name[i] == '\\') {
      ++i;
    } else if (name[i] == '=') {
      in_type = false;
    } else if (name[i] == ',' || name[i] == '+') {
      in_type = true;
    }
  }
}

}  // namespace

void make_canonical(char* mapping, std::size_t size) {
  if (begins_with(mapping, size, kKeyIdentifier))
    return lower_all(mapping + sizeof kKeyIdentifier - 1, size - (sizeof kKeyIdentifier - 1));
  if (begins_with(mapping, size, kThumbprint))
    return lower_all(mapping + sizeof kThumbprint - 1, size - (sizeof kThumbprint - 1));
  if (!begins_with(mapping, size, kIssuer)) return;
  for (std::size_t at = size; at >= sizeof kIssuer - 1; --at) {
    if (!begins_with(mapping + at, size - at, kSerial)) continue;
    const std::size_t serial = at + sizeof kSerial - 1;
    lower_attribute_names(mapping + sizeof kIssuer - 1, at - (sizeof kIssuer - 1));
    return lower_all(mapping + serial, size - serial);
  }
}

}  // namespace jpki::ad::module
