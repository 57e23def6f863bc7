// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card pending: what logins registered on this machine, in place of older certificates or because the
// holder of a card asked for it, for an administrator to decide.
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/interruption.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"
#include "validator/succession/overlay.h"

#include <algorithm>

#include <pwd.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

using succession::Entry;

constexpr std::size_t kIdDigits = 12;

// Of its thumbprint: names the entry, and nobody.
std::string id_of(const Entry& entry) {
  return entry.new_name.substr(mapping::kThumbprintPrefix.size(), kIdDigits);
}

// The user that logins run as, whose the overlay is.
Expected<passwd, Trouble> helper() {
  const passwd* const entry = ::getpwnam(JPKI_HELPER_USER);
  if (entry == nullptr)
    return Unexpected{
        could_not(say(N_("the user {user} does not exist; reinstall the package jpki-validator"),
                      {{"{user}", JPKI_HELPER_USER}}))};
  return *entry;
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

Expected<std::vector<Entry>, Trouble> entries_of(const Site& site) {
  const auto user = helper();
  if (!user) return Unexpected{user.error()};
  auto entries = succession::read_overlay(site.config.succession.overlay_directory, user->pw_uid);
  if (!entries) return Unexpected{could_not(entries.error())};
  return std::move(*entries);
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

// Who has the older certificate: in the registry, then in the directory's snapshot. Or whom the holder named.
Expected<std::vector<Held>, Trouble> holders(const Site& site, const Entry& entry) {
  if (entry.is_own()) return std::vector{Held{entry.account, entry.new_name, {}}};
  auto held = site.registry->holders_of(entry.old_names);
  if (!held || !held->empty()) return held;
  return held_in_snapshot(site, entry.old_names);
}

Expected<Entry, Trouble> meant(const Site& site, const std::string& id) {
  auto entries = entries_of(site);
  if (!entries) return Unexpected{entries.error()};
  std::erase_if(*entries, [&](const Entry& entry) {
    return !entry.is_undecided() || id.empty() || !id_of(entry).starts_with(id);
  });
  if (entries->size() == 1) return std::move(entries->front());
  return Unexpected{refused(
      say(entries->empty() ? N_("nothing that is pending has the ID {id}; see: jpkictl card pending list")
                           : N_("several that are pending have an ID that begins with {id}; type more of it"),
          {{"{id}", id}}))};
}

Expected<std::string, Trouble> account_of(const Site& site, const Entry& entry) {
  const auto held = holders(site, entry);
  if (!held) return Unexpected{held.error()};
  if (held->empty())
    return Unexpected{
        refused(say(N_("the old certificate is registered to nobody any more, so the new one logs nobody in. "
                       "Refuse it: jpkictl card pending refuse {id}"),
                    {{"{id}", id_of(entry)}}))};
  const std::string& account = held->front().account;
  if (!std::ranges::all_of(*held, [&](const Held& one) { return one.account == account; }))
    return Unexpected{
        refused(say(N_("the old certificate is registered to several accounts; nothing was changed")))};
  return account;
}

// The new registration is there before the old one and the entry go.
Expected<Unit, Trouble> approve_entry(Site& site, const Entry& entry, const std::string& account,
                                      bool keep_old) {
  const HeldSignals whole;
  if (const auto added = site.registry->add({account, {entry.new_name}}); !added)
    return Unexpected{added.error()};
  if (!keep_old && !entry.is_own()) {
    const auto old = site.registry->holders_of(entry.old_names);
    if (!old) return Unexpected{old.error()};
    for (const Held& one : *old)
      if (const auto removed = site.registry->remove(one); !removed) return Unexpected{removed.error()};
  }
  return change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    return std::erase(entries, entry) > 0;
  });
}

Expected<Unit, Trouble> refuse_entry(const Site& site, const Entry& entry, Time now) {
  const HeldSignals whole;
  return change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    const auto found = std::ranges::find(entries, entry);
    if (found == entries.end()) return false;
    found->state = Entry::State::kRefused;
    found->since = found->until = now;
    return true;
  });
}

const char* told_of_approval(const Entry& entry, bool keep_old) {
  if (entry.is_own()) return N_("{account}: the card {id} is registered");
  return keep_old ? N_("{account}: the new card {id} is registered; the old one stays registered")
                  : N_("{account}: the new card {id} is registered; the old registration was taken back");
}

ExitStatus done(const char* result, const char* msgid, const std::string& account, const Entry& entry,
                const Context& context) {
  context.print(
      context.json
          ? print_json({{"id", id_of(entry)}, {"account", account}, {"result", result}})
          : say(msgid, {{"{account}", for_terminal(account, Lines::kOne)}, {"{id}", id_of(entry)}}) + "\n");
  return ExitStatus::kGood;
}

}  // namespace

ExitStatus list_pending(const PendingListOptions&, const Context& context) {
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return tell(site.error(), context);
  const auto entries = entries_of(*site);
  if (!entries) return tell(entries.error(), context);
  std::vector<std::vector<std::string>> cells = {{"ID", "STATE", "ACCOUNT", "SINCE", "OLD CARD UNTIL"}};
  Json json = Json::array();
  for (const Entry& entry : *entries) {
    const auto held = holders(*site, entry);
    if (!held) return tell(held.error(), context);
    const bool pending = entry.state == Entry::State::kPending;  // in place of an older one
    const std::string account = held->empty() ? "-" : for_terminal(held->front().account, Lines::kOne);
    const std::string until = pending ? time_text(entry.until) : "-";
    cells.push_back(
        {id_of(entry), std::string(name_of(entry.state)), account, time_text(entry.since), until});
    json.push_back({{"id", id_of(entry)},
                    {"state", name_of(entry.state)},
                    {"account", account},
                    {"since", time_text(entry.since)},
                    {"until", until}});
  }
  const std::string text = entries->empty() ? say(N_("Nothing is pending.")) + "\n" : table(cells);
  context.print(context.json ? print_json({{"pending", std::move(json)}}) : text);
  return ExitStatus::kGood;
}

ExitStatus approve_pending(const PendingOptions& options, const Context& context) {
  Json about{{"id", options.id}};
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context, std::move(about));
  const auto entry = meant(*site, options.id);
  if (!entry) return tell(entry.error(), context, std::move(about));
  const auto account = account_of(*site, *entry);
  if (!account) return tell(account.error(), context, std::move(about));
  if (entry->is_own())
    if (auto known = site->registry->knows(*account); !known)
      return tell(known.error(), context, std::move(about));
  if (options.dry_run)
    return done("would-approve", N_("{account}: the new card {id} would be registered; nothing was written"),
                *account, *entry, context);
  if (auto approved = approve_entry(*site, *entry, *account, options.keep_old); !approved)
    return tell(approved.error(), context, std::move(about));
  return done("approved", told_of_approval(*entry, options.keep_old), *account, *entry, context);
}

ExitStatus refuse_pending(const PendingOptions& options, const Context& context) {
  Json about{{"id", options.id}};
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return tell(site.error(), context, std::move(about));
  const auto entry = meant(*site, options.id);
  if (!entry) return tell(entry.error(), context, std::move(about));
  const auto held = holders(*site, *entry);
  const std::string account = held && !held->empty() ? held->front().account : "-";
  if (options.dry_run)
    return done("would-refuse", N_("{account}: the new card {id} would be refused; nothing was written"),
                account, *entry, context);
  if (auto written = refuse_entry(*site, *entry, context.now); !written)
    return tell(written.error(), context, std::move(about));
  return done("refused-for-ever",
              entry->is_own()
                  ? N_("{account}: the card {id} does not log in here, and its holder cannot register it for "
                       "this account again")
                  : N_("{account}: the new card {id} no longer logs in here, and is not taken in place of "
                       "that old one again"),
              account, *entry, context);
}

}  // namespace jpki::ctl::card
