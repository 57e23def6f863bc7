// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/resolve/fields.h"

#include "base/ascii_case.h"
#include "nss_ad/snapshot/writer.h"

#include <algorithm>

namespace jpki::ad {
namespace {

constexpr std::size_t kMaxField = 1024;

// The first character, which may be several bytes of UTF-8.
std::string_view first_letter(std::string_view text) {
  std::size_t size = text.empty() ? 0 : 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return text.substr(0, size);
}

std::string why_no_field(std::string_view text) {
  if (text.size() > kMaxField) return "is too long";
  const bool control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control) return "has a control character";
  if (text.find(':') != std::string_view::npos) return "has a colon";
  if (!snapshot::folded_key(text)) return "is not UTF-8";
  return {};
}

std::string why_no_path(std::string_view text) {
  if (!text.starts_with('/')) return "is not an absolute path";
  const std::string with_end = std::string(text) + "/";
  if (with_end.find("/../") != std::string::npos) return "leads out of its directory";
  return why_no_field(text);
}

}  // namespace

std::string expand(std::string_view pattern, const TemplateValues& values) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out.push_back(pattern[i]);
      continue;
    }
    const char letter = pattern[++i];
    if (letter == 'u') {
      out += values.account;
    } else if (letter == 'U') {
      out += std::to_string(values.uid);
    } else if (letter == 'l') {
      out += first_letter(values.account);
    } else if (letter == 'd') {
      out += to_lower(values.realm);
    } else if (letter == 'D') {
      out += values.netbios;
    } else if (letter == 'n') {
      out += values.display_name;
    } else {
      if (letter != '%') out.push_back('%');
      out.push_back(letter);
    }
  }
  return out;
}

Expected<Fields, std::string> fields_of(const User& user, std::uint32_t uid, const Directory& directory,
                                        const config::UserRules& rules) {
  const TemplateValues values{user.name, uid, directory.realm, directory.netbios, user.display_name};
  Fields fields;
  const bool own_home = rules.home_from_directory && !user.unix_home.empty();
  fields.home = own_home ? user.unix_home : expand(rules.home, values);
  const bool own_shell = rules.shell_from_directory && !user.login_shell.empty();
  fields.shell = own_shell ? user.login_shell : expand(rules.shell, values);
  fields.gecos = expand(rules.gecos, values);
  if (const std::string why = why_no_path(fields.home); !why.empty())
    return Unexpected{"its home directory " + why + "; correct unixHomeDirectory or users.home"};
  if (const std::string why = why_no_path(fields.shell); !why.empty())
    return Unexpected{"its shell " + why + "; correct loginShell or users.shell"};
  if (!why_no_field(fields.gecos).empty()) {
    fields.gecos.clear();
    fields.gecos_dropped = true;
  }
  return fields;
}

}  // namespace jpki::ad
