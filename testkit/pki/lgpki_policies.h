// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificate policies of LGPKI-TEST, below the example arc 2.999; the real ones are not public.
#pragma once

#include <string_view>

namespace jpki::testpki {

struct LgpkiPolicy {
  std::string_view kind;  // as written in kinds.toml
  const char* oid;
};

inline constexpr LgpkiPolicy kLgpkiPolicies[] = {
    {"lgpki-user", "2.999.1.1"},   {"lgpki-role", "2.999.1.2"},    {"document-signing", "2.999.1.3"},
    {"encryption", "2.999.1.4"},   {"web-server", "2.999.1.5"},    {"mail", "2.999.1.6"},
    {"code-signing", "2.999.1.7"}, {"cirs-terminal", "2.999.1.8"},
};

// The policy of `kind`; a kind that is not in the table does not compile.
consteval const char* lgpki_policy(std::string_view kind) {
  for (const LgpkiPolicy& policy : kLgpkiPolicies) {
    if (policy.kind == kind) return policy.oid;
  }
  throw "no such kind";
}

}  // namespace jpki::testpki
