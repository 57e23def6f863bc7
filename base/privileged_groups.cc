// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/privileged_groups.h"

#include "base/ascii_case.h"

#include <algorithm>

namespace jpki {
namespace {

constexpr std::string_view kOfMachine[] = {
    // Rules of sudo and polkit.
    "root",
    "wheel",
    "sudo",
    "sudoers",
    "admin",
    // Who may start a container or a virtual machine of root's has the disk of the machine in it.
    "docker",
    "podman",
    "lxd",
    "incus",
    "incus-admin",
    "microk8s",
    "libvirt",
    // Block devices, memory, the hashes of passwords, logs, the keys that somebody presses.
    "disk",
    "kmem",
    "shadow",
    "adm",
    "input",
    // /usr/local, which stands first in root's PATH; sources that dkms builds.
    "staff",
    "src",
    // What our own helpers decide and keep.
    "_jpki",
    "_jpki-guard",
};

constexpr std::string_view kOfDirectory[] = {
    "account operators",     "administrators", "backup operators", "domain admins", "enterprise admins",
    "enterprise key admins", "key admins",     "print operators",  "schema admins", "server operators",
};

// Without the domain that SSSD or winbind may write before or behind it.
std::string_view in_its_domain(std::string_view name) {
  if (const auto slash = name.rfind('\\'); slash != name.npos) name.remove_prefix(slash + 1);
  return name.substr(0, name.find('@'));
}

bool holds(std::span<const std::string_view> table, std::string_view name) {
  return std::ranges::any_of(table, [&](std::string_view entry) { return equal_ignoring_case(entry, name); });
}

}  // namespace

std::span<const std::string_view> privileged_groups() {
  return kOfMachine;
}

bool is_privileged_group(std::string_view name) {
  return holds(kOfMachine, name) || holds(kOfDirectory, in_its_domain(name));
}

}  // namespace jpki
