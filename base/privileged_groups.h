// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Groups whose members are as good as root: by a rule of sudo or polkit, by a service that works for them as
// root, or by what they may read or write. What /etc/sudoers of one site adds is not known here.
#pragma once

#include <span>
#include <string_view>

namespace jpki {

// The names that packages of this machine give a meaning to, in lower case.
std::span<const std::string_view> privileged_groups();

// One of those, or a protected group of Active Directory, as its name comes through NSS (MS-ADTS 3.1.1.6.1.2:
// sudo rules and domain controllers trust them): "domain admins", "CITY\Domain Admins", "domain
// admins@city.example". Case does not count.
bool is_privileged_group(std::string_view name);

}  // namespace jpki
