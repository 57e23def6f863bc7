// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/site.h"

#include "base/mapping/mapping_text.h"
#include "jpkictl/card/directory_process.h"
#include "jpkictl/card/directory_registry.h"
#include "jpkictl/card/local_registry.h"
#include "jpkictl/card/logged_registry.h"
#include "jpkictl/card/ticket_file.h"
#include "jpkictl/words.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/snapshot/reader.h"

#include <cstdlib>

#include <grp.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

using ad::snapshot::AccountFields;
using ad::snapshot::BindingFields;
using ad::snapshot::Look;
using ad::snapshot::OpenedRestricted;
using ad::snapshot::RestrictedView;

// False when the file is damaged.
bool add_accounts(const RestrictedView& view, const BindingFields& binding, const std::string& where,
                  std::vector<Held>& held) {
  for (std::uint32_t n = 0; n < binding.account_count; ++n) {
    AccountFields account{};
    if (view.bound_account(binding, n, account) != Look::kFound) return false;
    held.push_back({text_of(account.name), text_of(binding.mapping), where});
  }
  return true;
}

bool add_all(const RestrictedView& view, const std::string& where, std::vector<Held>& held) {
  for (std::uint32_t i = 0; i < view.second_count(); ++i) {
    BindingFields binding{};
    if (view.binding_at(i, binding) != Look::kFound || !add_accounts(view, binding, where, held))
      return false;
  }
  return true;
}

bool add_those(const RestrictedView& view, std::span<const std::string> mappings, const std::string& where,
               std::vector<Held>& held) {
  for (const std::string& spelled : mappings) {
    const auto mapping = mapping::canonical_mapping(spelled, mapping::kAllWeakForms);
    if (!mapping) continue;
    BindingFields binding{};
    const Look look = view.binding(mapping->data(), mapping->size(), binding);
    if (look == Look::kNone) continue;
    if (look == Look::kDamaged || !add_accounts(view, binding, where, held)) return false;
  }
  return true;
}

std::string_view from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

Expected<std::unique_ptr<Registry>, Trouble> directory_registry(const Place& place, const Context& context) {
  const auto ad = ad::config::load_ad_config(ad::config::kDefaultConfigFile, context.trust);
  if (!ad)
    return Unexpected{could_not(
        say(N_("Active Directory is not set up on this computer: {cause}"), {{"{cause}", ad.error().text}}))};
  auto ticket =
      ticket_file({place.ticket_file, from_environment("KRB5CCNAME"), from_environment("SUDO_UID")});
  if (!ticket) return Unexpected{ticket.error()};
  return std::unique_ptr<Registry>(std::make_unique<DirectoryRegistry>(
      ad->directory.realm, std::make_unique<DirectoryProcess>(std::move(*ticket))));
}

}  // namespace

Expected<std::unique_ptr<Registry>, Trouble> local_registry(const config::Config& config,
                                                            const Context& context) {
  const group* const helper = ::getgrnam(JPKI_HELPER_USER);
  if (helper == nullptr)
    return Unexpected{
        could_not(say(N_("the group {group} does not exist; reinstall the package jpki-validator"),
                      {{"{group}", JPKI_HELPER_USER}}))};
  return std::unique_ptr<Registry>(
      std::make_unique<LocalRegistry>(config.account_map_file, context.trust.owner, helper->gr_gid));
}

Expected<Site, Trouble> open_site(const Context& context, const Place& place, Use use) {
  if (::geteuid() != 0) return Unexpected{could_not(say(N_("cards are registered by root; run it as root")))};
  auto config = config::load_config(context.config_file, context.trust);
  if (!config) return Unexpected{could_not(config.error())};
  const bool by_configuration = config->account_source == config::AccountSource::kActiveDirectory;
  const bool in_directory = place.directory || (by_configuration && use == Use::kWrite && !place.local);
  auto registry = in_directory ? directory_registry(place, context) : local_registry(*config, context);
  if (!registry) return Unexpected{registry.error()};
  auto logged = std::make_unique<LoggedRegistry>(std::move(*registry));
  return Site{std::move(*config), std::move(logged), in_directory};
}

Expected<std::vector<Held>, Trouble> held_in_snapshot(const Site& site,
                                                      std::span<const std::string> mappings) {
  std::vector<Held> held;
  if (site.in_directory || site.config.account_source != config::AccountSource::kActiveDirectory) return held;
  const std::string path = site.config.account_snapshots + "/" + ad::snapshot::kRestrictedFile;
  const auto opened = OpenedRestricted::open(path);
  if (!opened) return Unexpected{could_not(opened.error().text)};
  const bool whole = mappings.empty() ? add_all(opened->view(), path, held)
                                      : add_those(opened->view(), mappings, path, held);
  if (!whole) return Unexpected{could_not(path + ": " + say(N_("is damaged; run: nss-ad-refresh")))};
  return held;
}

}  // namespace jpki::ctl::card
