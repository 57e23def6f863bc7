// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/fuzz/targets.h"

#include <algorithm>

namespace jpki::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"certificate", certificate},
    {"crl", crl},
    {"ocsp", ocsp},
    {"index", index},
    {"frame", frame},
    {"fetch", fetch},
    {"http", http},
    {"config", config},
    {"files", files},
    {"time_zone", time_zone},
    {"path", path},
    {"names", names},
    {"extensions", extensions},
    {"snapshot", snapshot},
    {"card", card},
};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

const Target* target_named(std::string_view name) {
  const auto* const found = std::ranges::find(kTargets, name, &Target::name);
  return found == std::end(kTargets) ? nullptr : found;
}

}  // namespace jpki::fuzz
