// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/schedule/source_rule.h"

namespace jpki::schedule {

std::string_view name_of(SourceType type) noexcept {
  switch (type) {
    case SourceType::kOcsp:
      return "ocsp";
    case SourceType::kCrl:
      return "crl";
    case SourceType::kCvs:
      return "cvs";
  }
  return "";
}

std::optional<SourceType> source_type_from(std::string_view name) noexcept {
  for (const SourceType type : {SourceType::kOcsp, SourceType::kCrl, SourceType::kCvs})
    if (name == name_of(type)) return type;
  return std::nullopt;
}

bool needs_network(SourceType type) noexcept {
  switch (type) {
    case SourceType::kOcsp:
    case SourceType::kCvs:
      break;
    case SourceType::kCrl:
      return false;
  }
  return true;
}

}  // namespace jpki::schedule
