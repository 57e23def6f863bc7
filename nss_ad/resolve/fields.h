// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The fields of a passwd entry from templates (config::UserRules).
#pragma once

#include "base/expected.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/directory/directory.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace jpki::ad {

struct TemplateValues {
  std::string_view account;
  std::uint32_t uid;
  std::string_view realm;         // "AD.TEST"
  std::string_view netbios;       // "ADT"
  std::string_view display_name;  // may be empty
};

// `pattern` with its % letters replaced; unknown ones stay.
std::string expand(std::string_view pattern, const TemplateValues& values);

struct Fields {
  std::string gecos;
  std::string home;
  std::string shell;
  bool gecos_dropped = false;  // it held characters that a passwd entry cannot
};

// The error tells the field and why it cannot be used.
Expected<Fields, std::string> fields_of(const User& user, std::uint32_t uid, const Directory& directory,
                                        const config::UserRules& rules);

}  // namespace jpki::ad
