// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/config/ad_config.h"

#include "nss_ad/config/ad_sections.h"

#include <algorithm>

namespace jpki::ad::config {
namespace {

constexpr std::size_t kMaxConfigSize = 256 * 1024;
using Reason = FileError::Reason;

Expected<Unit, FileError> apply_file(const std::string& path, const FileTrust& trust, AdConfig& config) {
  const auto text = read_trusted_file(path, trust);
  if (!text) return Unexpected{text.error()};
  if (auto applied = apply_ad_config(as_text(*text), path, config); !applied)
    return Unexpected{FileError{Reason::kNotReadable, applied.error()}};
  return Unit{};
}

Expected<Unit, FileError> apply_directory(const std::string& directory, const FileTrust& trust,
                                          AdConfig& config) {
  const auto names = list_trusted_directory(directory, ".toml", trust);
  if (!names) {
    if (names.error().reason == Reason::kMissing) return Unit{};
    return Unexpected{names.error()};
  }
  for (const std::string& name : *names) {
    if (auto applied = apply_file(directory + "/" + name, trust, config); !applied)
      return Unexpected{FileError{Reason::kNotReadable, applied.error().text}};
  }
  return Unit{};
}

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

}  // namespace

Expected<Unit, std::string> apply_ad_config(std::string_view text, const std::string& file,
                                            AdConfig& config) {
  auto document = settings::TomlDocument::parse(text, file);
  if (!document) return Unexpected{document.error()};
  TomlTable root = document->root();
  apply_directory_section(root.table("directory"), config.directory);
  apply_ids(root.table("ids"), config.ids);
  apply_users(root.table("users"), config.users);
  apply_groups(root.table("groups"), config.groups);
  apply_account(root.table("account"), config.account);
  apply_certificates(root.table("certificates"), config.certificates);
  root.refuse_unknown();
  if (document->problem()) return Unexpected{*document->problem()};
  return Unit{};
}

Expected<Unit, std::string> complete_ad_config(const AdConfig& config) {
  const ldap::Settings& directory = config.directory;
  if (directory.realm.empty()) return refuse("directory.realm is missing; add: realm = \"AD.EXAMPLE.JP\"");
  const bool tls = directory.transport != ldap::Transport::kSealed;
  if (directory.authentication == ldap::Authentication::kPassword) {
    if (!tls)
      return refuse(
          "directory.authentication \"password\" needs transport = \"starttls\" or \"ldaps\": "
          "without TLS the password would be sent in clear");
    if (directory.bind_dn.empty() || directory.password_file.empty())
      return refuse("directory.authentication \"password\" needs bind_dn and password_file");
  }
  if (tls && directory.ca_file.empty())
    return refuse(
        "directory.transport \"starttls\" and \"ldaps\" need ca_file: the CA certificates of the directory "
        "servers");
  if (tls && directory.servers.empty())
    return refuse(
        "directory.transport \"starttls\" and \"ldaps\" need servers: a certificate must be for a name that "
        "you wrote, since anybody may have one for a name that DNS gives; add: servers = "
        "[\"dc1.ad.example.jp\"]");
  return Unit{};
}

Expected<AdConfig, FileError> load_ad_config(const std::string& path, const FileTrust& trust) {
  const FileTrust bounded{.max_size = kMaxConfigSize, .owner = trust.owner};
  AdConfig config;
  if (auto applied = apply_file(path, bounded, config); !applied) return Unexpected{applied.error()};
  if (auto applied = apply_directory(path + ".d", bounded, config); !applied)
    return Unexpected{applied.error()};
  if (auto complete = complete_ad_config(config); !complete)
    return Unexpected{FileError{Reason::kNotReadable, path + ": " + complete.error()}};
  return config;
}

}  // namespace jpki::ad::config
