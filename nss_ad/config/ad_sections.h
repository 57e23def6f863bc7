// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The sections of ad.toml. For ad_config.cc.
#pragma once

#include "base/settings/strict_toml.h"
#include "nss_ad/config/ad_config.h"

namespace jpki::ad::config {

using settings::TomlTable;

void apply_directory_section(TomlTable table, ldap::Settings& settings);
void apply_ids(TomlTable table, idmap::Settings& settings);
void apply_users(TomlTable table, UserRules& rules);
void apply_groups(TomlTable table, GroupRules& rules);
void apply_account(TomlTable table, AccountRules& rules);  // with [[account.rule]]
void apply_certificates(TomlTable table, CertificateRules& rules);

}  // namespace jpki::ad::config
