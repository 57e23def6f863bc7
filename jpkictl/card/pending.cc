// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card pending list|approve|refuse: what logins registered, here or on computers that asked for it
// (requests.cc), in place of older certificates or because the holder of a card wants it, for an
// administrator to decide.
#include "jpkictl/card/commands.h"
#include "jpkictl/card/request_check.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/interruption.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

using succession::Entry;

Expected<Waiting, Trouble> meant(const Site& site, const std::string& id) {
  auto all = all_waiting(site);
  if (!all) return Unexpected{all.error()};
  std::erase_if(*all, [&](const Waiting& one) {
    return !one.entry.is_undecided() || id.empty() || !id_of(one.entry.new_name).starts_with(id);
  });
  if (all->size() == 1) return std::move(all->front());
  return Unexpected{refused(
      say(all->empty() ? N_("nothing that is pending has the ID {id}; see: jpkictl card pending list")
                       : N_("several that are pending have an ID that begins with {id}; type more of it"),
          {{"{id}", id}}))};
}

// After an approval that broke off the new certificate has what the older one had.
Expected<std::string, Trouble> account_of(const Site& site, const Entry& entry) {
  auto held = holders(site, entry);
  if (held && held->empty()) held = site.registry->holders_of({&entry.new_name, 1});
  if (!held) return Unexpected{held.error()};
  if (held->empty())
    return Unexpected{
        refused(say(N_("the old certificate is registered to nobody any more, so the new one logs nobody in. "
                       "Refuse it: jpkictl card pending refuse {id}"),
                    {{"{id}", id_of(entry.new_name)}}))};
  const std::string& account = held->front().account;
  if (!std::ranges::all_of(*held, [&](const Held& one) { return one.account == account; }))
    return Unexpected{
        refused(say(N_("the old certificate is registered to several accounts; nothing was changed")))};
  return account;
}

// A request counts by what holds now, not by what held when it came. What is registered then.
Expected<Claim, Trouble> claim_of(const Site& site, const Waiting& waiting, const std::string& account,
                                  const Context& context) {
  Claim claim{account, {waiting.entry.new_name}};
  if (!waiting.request) return claim;
  const auto held = site.registry->holders_of(claim.mappings);
  if (!held) return Unexpected{held.error()};
  if (held->size() == 1 && held->front().account == account) return claim;  // by an approval that broke off
  auto content = site.requests.read();
  if (!content) return Unexpected{could_not(content.error())};
  std::erase(content->waiting, *waiting.request);
  auto certificate = check_request(*waiting.request, site, *content, context);
  if (!certificate) return Unexpected{certificate.error()};
  return Claim{account, std::move(certificate->mappings)};
}

Expected<Unit, Trouble> decide(const Site& site, const Waiting& waiting, bool approved, Time now) {
  if (waiting.request) {
    const auto lock = site.requests.lock();
    if (!lock) return Unexpected{could_not(lock.error())};
    if (auto written = site.requests.decide(*waiting.request, approved, now); !written)
      return Unexpected{could_not(written.error())};
    return Unit{};
  }
  return change(site, [&](std::vector<Entry>& entries) -> Expected<bool, std::string> {
    const auto found = std::ranges::find(entries, waiting.entry);
    if (found == entries.end()) return false;
    if (approved) {
      entries.erase(found);
      return true;
    }
    refuse(*found, now);
    return true;
  });
}

// The new registration is there before the old one and the entry go.
Expected<Unit, Trouble> approve(Site& site, const Waiting& waiting, const Claim& claim, bool keep_old,
                                Time now) {
  const HeldSignals whole;
  if (const auto added = site.registry->add(claim); !added) return Unexpected{added.error()};
  if (!keep_old && !waiting.entry.is_own()) {
    const auto old = site.registry->holders_of(waiting.entry.old_names);
    if (!old) return Unexpected{old.error()};
    for (const Held& one : *old)
      if (const auto removed = site.registry->remove(one); !removed) return Unexpected{removed.error()};
  }
  return decide(site, waiting, true, now);
}

const char* told_of_approval(const Entry& entry, bool keep_old) {
  if (entry.is_own()) return N_("{account}: the card {id} is registered");
  return keep_old ? N_("{account}: the new card {id} is registered; the old one stays registered")
                  : N_("{account}: the new card {id} is registered; the old registration was taken back");
}

const char* told_of_refusal(const Waiting& waiting) {
  if (waiting.request)
    return N_(
        "{account}: the card {id} is not registered, and no computer can ask for it for this account "
        "again");
  return waiting.entry.is_own()
             ? N_("{account}: the card {id} does not log in here, and its holder cannot register it for this "
                  "account again")
             : N_("{account}: the new card {id} no longer logs in here, and is not taken in place of that "
                  "old "
                  "one again");
}

ExitStatus done(const char* result, const char* msgid, const std::string& account, const Entry& entry,
                const Context& context) {
  context.print(
      context.json
          ? print_json({{"id", id_of(entry.new_name)}, {"account", account}, {"result", result}})
          : say(msgid, {{"{account}", for_terminal(account, Lines::kOne)}, {"{id}", id_of(entry.new_name)}}) +
                "\n");
  return ExitStatus::kGood;
}

}  // namespace

ExitStatus list_pending(const PendingListOptions&, const Context& context) {
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return tell(site.error(), context);
  const auto all = all_waiting(*site);
  if (!all) return tell(all.error(), context);
  std::vector<std::vector<std::string>> cells = {
      {"ID", "STATE", "ACCOUNT", "SINCE", "OLD CARD UNTIL", "COMPUTER"}};
  Json json = Json::array();
  for (const auto& [entry, request] : *all) {
    const auto held = holders(*site, entry);
    if (!held) return tell(held.error(), context);
    const bool pending = entry.state == Entry::State::kPending && !request;  // in place of an older one
    const std::string host = request ? request->host : "-";
    const std::string account = held->empty() ? "-" : for_terminal(held->front().account, Lines::kOne);
    const std::string until = pending ? time_text(entry.until) : "-";
    cells.push_back({id_of(entry.new_name), std::string(name_of(entry.state)), account,
                     time_text(entry.since), until, host});
    json.push_back({{"id", id_of(entry.new_name)},
                    {"state", name_of(entry.state)},
                    {"account", account},
                    {"since", time_text(entry.since)},
                    {"until", until},
                    {"host", host}});
  }
  const std::string text = all->empty() ? say(N_("Nothing is pending.")) + "\n" : table(cells);
  context.print(context.json ? print_json({{"pending", std::move(json)}}) : text);
  return ExitStatus::kGood;
}

ExitStatus approve_pending(const PendingOptions& options, const Context& context) {
  Json about{{"id", options.id}};
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context, std::move(about));
  const auto waiting = meant(*site, options.id);
  if (!waiting) return tell(waiting.error(), context, std::move(about));
  const Entry& entry = waiting->entry;
  const auto account = account_of(*site, entry);
  if (!account) return tell(account.error(), context, std::move(about));
  if (entry.is_own())
    if (auto known = site->registry->knows(*account); !known)
      return tell(known.error(), context, std::move(about));
  const auto claim = claim_of(*site, *waiting, *account, context);
  if (!claim) return tell(claim.error(), context, std::move(about));
  if (options.dry_run)
    return done("would-approve", N_("{account}: the new card {id} would be registered; nothing was written"),
                *account, entry, context);
  if (auto approved = approve(*site, *waiting, *claim, options.keep_old, context.now); !approved)
    return tell(approved.error(), context, std::move(about));
  if (waiting->request)
    if (const auto kept = site->copies.add(*account, entry.certificate); !kept)
      context.warn({say(N_("no copy of the certificate was kept: {cause}"), {{"{cause}", kept.error()}})});
  return done("approved", told_of_approval(entry, options.keep_old), *account, entry, context);
}

ExitStatus refuse_pending(const PendingOptions& options, const Context& context) {
  Json about{{"id", options.id}};
  const auto site = open_site(context, {}, Use::kRead);
  if (!site) return tell(site.error(), context, std::move(about));
  const auto waiting = meant(*site, options.id);
  if (!waiting) return tell(waiting.error(), context, std::move(about));
  const Entry& entry = waiting->entry;
  const auto held = holders(*site, entry);
  const std::string account = held && !held->empty() ? held->front().account : "-";
  if (options.dry_run)
    return done("would-refuse", N_("{account}: the new card {id} would be refused; nothing was written"),
                account, entry, context);
  const HeldSignals whole;
  if (auto written = decide(*site, *waiting, false, context.now); !written)
    return tell(written.error(), context, std::move(about));
  announce_refusal(account, waiting->request
                                ? kRequests
                                : site->config.succession.overlay_directory + succession::kOverlayFile);
  return done("refused-for-ever", told_of_refusal(*waiting), account, entry, context);
}

}  // namespace jpki::ctl::card
