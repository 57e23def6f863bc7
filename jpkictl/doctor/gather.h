// SPDX-License-Identifier: LGPL-2.1-or-later
//
// gather(): the facts of this machine. Reads and asks only: it changes nothing, spends no try of a PIN, and
// ends in bounded time, whatever pcscd, systemd or a server does.
#pragma once

#include "jpkictl/context.h"
#include "jpkictl/doctor/facts.h"
#include "validator/schedule/source_rule.h"

#include <functional>
#include <string>

namespace jpki::ctl::doctor {

inline constexpr char kCardDaemon[] = "/usr/sbin/pcscd";
inline constexpr char kPolkitDaemon[] = "/usr/lib/polkit-1/polkitd";
inline constexpr char kOldPolkitDaemon[] = "/usr/libexec/polkitd";
inline constexpr char kPolkitRule[] = "/usr/share/polkit-1/rules.d/50-jpki.rules";
inline constexpr char kLightdm[] = "/usr/sbin/lightdm";
inline constexpr char kGreeterSettings[] = "/usr/share/lightdm/lightdm.conf.d/60-jpki-greeter.conf";
inline constexpr char kLockerSocketFile[] = "/run/jpki/validator.sock";
inline constexpr char kAccountSocketFile[] = "/run/jpki/account.sock";
inline constexpr char kCrlTimer[] = "jpki-crl-refresh.timer";
inline constexpr char kCrlService[] = "jpki-crl-refresh.service";
inline constexpr char kDirectoryTimer[] = "nss-ad-refresh.timer";
inline constexpr char kDirectoryService[] = "nss-ad-refresh.service";
inline constexpr char kLockerSocket[] = "jpki-validator.socket";
inline constexpr char kAccountSocket[] = "jpki-account.socket";
inline constexpr char kGuardService[] = "jpki-session-guard.service";

// What is being looked at: for a person who waits.
using Progress = std::function<void(const char* what)>;

Facts gather(const Context& context, const Progress& progress);

// The parts, for tests. `text` is what systemctl show prints for units, a blank line between two.
std::map<std::string, UnitState> parse_units(const std::string& text);
std::map<std::string, std::vector<std::string>> parse_nsswitch(const std::string& text);
// The first span of 24 hours from `now` in which no rule for this segment is in service.
std::optional<Gap> first_gap(const std::vector<schedule::SourceRule>& rules, const std::string& segment,
                             Time now);

}  // namespace jpki::ctl::doctor
