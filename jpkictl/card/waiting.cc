// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/waiting.h"

#include "base/mapping/mapping_text.h"
#include "jpkictl/announcement.h"
#include "jpkictl/card/logged_registry.h"
#include "jpkictl/words.h"

#include <algorithm>

#include <pwd.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

using succession::Entry;

constexpr std::size_t kIdDigits = 12;

// The user that logins run as, whose the overlay is.
Expected<passwd, Trouble> helper() {
  const passwd* const entry = ::getpwnam(JPKI_HELPER_USER);
  if (entry == nullptr)
    return Unexpected{
        could_not(say(N_("the user {user} does not exist; reinstall the package jpki-validator"),
                      {{"{user}", JPKI_HELPER_USER}}))};
  return *entry;
}

std::string overlay_path(const Site& site) {
  return site.config.succession.overlay_directory + succession::kOverlayFile;
}

bool is_meant(const Entry& entry, std::span<const std::string> mappings) {
  return mappings.empty() || std::ranges::any_of(mappings, [&](const std::string& spelled) {
           const auto mapping = mapping::canonical_mapping(spelled, mapping::kAllWeakForms);
           return mapping && *mapping == entry.new_name;
         });
}

bool logs_in(const Entry& entry) {
  return entry.state == Entry::State::kBound || entry.state == Entry::State::kPending;
}

// That user's rights, for as long as the object lives: it may have put a link where root would write.
class AsHelper {
 public:
  explicit AsHelper(const passwd& user) : good_(::setegid(user.pw_gid) == 0 && ::seteuid(user.pw_uid) == 0) {}
  AsHelper(const AsHelper&) = delete;
  AsHelper& operator=(const AsHelper&) = delete;
  ~AsHelper() { (void)!(::seteuid(0) == 0 && ::setegid(0) == 0); }
  bool good() const { return good_; }

 private:
  bool good_;
};

Entry entry_of(const Request& request) {
  Entry entry;
  entry.since = request.asked;
  entry.new_name = request.name();
  entry.certificate = request.certificate;
  if (request.is_renewal()) {
    entry.old_names = request.old_names;
  } else {
    entry.state = Entry::State::kAsked;
    entry.account = request.account;
  }
  return entry;
}

}  // namespace

std::string id_of(const std::string& name) {
  return name.substr(mapping::kThumbprintPrefix.size(), kIdDigits);
}

void announce_refusal(const std::string& account, const std::string& where) {
  announce_change("card refused account=" + account, where);
}

void refuse(Entry& entry, Time now) {
  entry.state = Entry::State::kRefused;
  entry.since = entry.until = now;
  entry.certificate.clear();
}

Expected<std::vector<Entry>, Trouble> entries_of(const Site& site) {
  const auto user = helper();
  if (!user) return Unexpected{user.error()};
  auto entries = succession::read_overlay(site.config.succession.overlay_directory, user->pw_uid);
  if (!entries) return Unexpected{could_not(entries.error())};
  return std::move(*entries);
}

Expected<std::vector<Waiting>, Trouble> all_waiting(const Site& site) {
  auto entries = entries_of(site);
  if (!entries) return Unexpected{entries.error()};
  auto requests = site.requests.read();
  if (!requests) return Unexpected{could_not(requests.error())};
  std::vector<Waiting> all;
  for (Entry& entry : *entries) all.push_back({std::move(entry)});
  for (Request& request : requests->waiting) all.push_back({entry_of(request), std::move(request)});
  return all;
}

Expected<Unit, Trouble> change(const Site& site, const succession::Edit& edit) {
  const auto user = helper();
  if (!user) return Unexpected{user.error()};
  const AsHelper as_helper(*user);
  if (!as_helper.good())
    return Unexpected{could_not(say(N_("cards are registered by root; run it as root")))};
  const auto changed =
      succession::change_overlay(site.config.succession.overlay_directory, user->pw_uid, edit);
  if (!changed) return Unexpected{could_not(changed.error())};
  return Unit{};
}

Expected<std::vector<Held>, Trouble> holders(const Site& site, const Entry& entry) {
  if (entry.is_own()) return std::vector{Held{entry.account, entry.new_name, {}}};
  auto held = site.registry->holders_of(entry.old_names);
  if (!held || !held->empty()) return held;
  return held_in_snapshot(site, entry.old_names);
}

Expected<std::vector<Held>, Trouble> held_in_overlay(const Site& site,
                                                     std::span<const std::string> mappings) {
  const auto entries = entries_of(site);
  if (!entries) return Unexpected{entries.error()};
  std::vector<Held> all;
  for (const Entry& entry : *entries) {
    if (!logs_in(entry) || !is_meant(entry, mappings)) continue;
    const auto held = holders(site, entry);
    if (!held) return held;
    for (const Held& one : *held) {
      Held binding{one.account, entry.new_name, overlay_path(site)};
      if (std::ranges::find(all, binding) == all.end()) all.push_back(std::move(binding));
    }
  }
  return all;
}

Expected<Unit, Trouble> refuse_in_overlay(const Site& site, const Held& held, Time now) {
  const auto refused = change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    bool any = false;
    for (Entry& entry : entries) {
      if (!logs_in(entry) || entry.new_name != held.mapping) continue;
      if (entry.is_own() && entry.account != held.account) continue;
      refuse(entry, now);
      any = true;
    }
    return any;
  });
  if (refused) announce_refusal(held.account, held.where);
  return refused;
}

Expected<Unit, Trouble> move_in_overlay(const Site& site, const std::string& from, const std::string& to) {
  std::size_t count = 0;
  const auto moved = change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    for (Entry& entry : entries) {
      if (entry.state != Entry::State::kBound || entry.account != from) continue;
      entry.account = to;
      ++count;
    }
    return count > 0;
  });
  if (moved && count > 0) announce_move(count, from, to, overlay_path(site));
  return moved;
}

Expected<std::vector<Held>, Trouble> held_anywhere(const Site& site, std::span<const std::string> mappings) {
  auto held = site.registry->holders_of(mappings);
  if (!held) return held;
  auto more = held_in_snapshot(site, mappings);
  if (!more) return more;
  std::ranges::move(*more, std::back_inserter(*held));
  return held;
}

}  // namespace jpki::ctl::card
