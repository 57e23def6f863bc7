// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What Active Directory says of an account that decides whether it may log in ([MS-ADTS] 3.1.1.4,
// [MS-SAMR] 2.2.1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jpki::ad {

// Ticks of 100 ns since 1601-01-01 00:00 UTC (FILETIME). 0 and 2^63-1 mean never in accountExpires.
using FileTime = std::int64_t;

// logonHours: bit i (of byte i / 8, least significant first) is the hour i of the week, Sunday 00:00 UTC on
// ([MS-SAMR] 2.2.7.5).
using LogonHours = std::array<std::uint8_t, 21>;

struct AccountState {
  std::uint32_t user_account_control = 0;  // [MS-ADTS] 2.2.16
  FileTime account_expires = 0;
  FileTime lockout_time = 0;              // 0: not locked
  FileTime pwd_last_set = 0;              // 0: the password must be changed at the next password login
  std::optional<LogonHours> logon_hours;  // nothing: all hours
  std::vector<std::string> workstations;  // userWorkstations, NetBIOS names as written; empty: all

  bool operator==(const AccountState&) const = default;
};

}  // namespace jpki::ad
