// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/registration/card_binding.h"

#include "validator/map/mapping_strings.h"

#include <algorithm>

namespace jpki::registration {

std::vector<std::string> strings_to_bind(const x509::Certificate& certificate, x509::Kind kind) {
  auto strings = map::strong_mapping_strings(certificate);
  std::erase_if(strings, [kind](const std::string& s) { return !map::names_one_certificate(s, kind); });
  // Not std::ranges: clang 14, which compiles the fuzz targets, cannot with what libstdc++ returns there.
  std::stable_partition(strings.begin(), strings.end(),
                        [](const std::string& s) { return s.starts_with(mapping::kThumbprintPrefix); });
  return strings;
}

std::string issuer_and_serial(const x509::Certificate& certificate) {
  return map::strong_mapping_strings(certificate).front();
}

}  // namespace jpki::registration
