// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/idmap/settings.h"

namespace jpki::ad::idmap {

std::string_view name_of(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::kSssd:
      return "sssd";
    case Scheme::kRid:
      return "rid";
    case Scheme::kRfc2307:
      return "rfc2307";
  }
  return "";
}

std::optional<Scheme> scheme_from(std::string_view name) noexcept {
  for (const Scheme scheme : {Scheme::kSssd, Scheme::kRid, Scheme::kRfc2307})
    if (name == name_of(scheme)) return scheme;
  return std::nullopt;
}

}  // namespace jpki::ad::idmap
