// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/commands.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/interruption.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

Expected<std::size_t, Trouble> move_all(const MoveOptions& options, Site& site) {
  if (!options.any_account)
    if (auto known = site.registry->knows(options.to); !known) return Unexpected{known.error()};
  const auto held = site.registry->of_account(options.from);
  if (!held) return Unexpected{held.error()};
  const auto in_overlay = held_in_overlay(site, {});
  if (!in_overlay) return Unexpected{in_overlay.error()};
  const auto count =
      held->size() + static_cast<std::size_t>(std::ranges::count(*in_overlay, options.from, &Held::account));
  if (count == 0)
    return Unexpected{refused(say(N_("{account} has no such card in {registry}"),
                                  {{"{account}", options.from}, {"{registry}", site.registry->name()}}))};
  if (options.dry_run) return count;
  const HeldSignals whole;
  if (!held->empty())
    if (const auto moved = site.registry->move(options.from, options.to); !moved) return moved;
  (void)site.copies.move(options.from, options.to);
  if (count > held->size())
    if (const auto moved = move_in_overlay(site, options.from, options.to); !moved)
      return Unexpected{moved.error()};
  return count;
}

}  // namespace

ExitStatus move(const MoveOptions& options, const Context& context) {
  Json about{{"from", options.from}, {"to", options.to}};
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context, std::move(about));
  const auto moved = move_all(options, *site);
  if (!moved) return tell(moved.error(), context, std::move(about));
  const char* const msgid =
      options.dry_run ? N_("{count} card(s) of {from} would be registered to {to}; nothing was written")
                      : N_("{count} card(s) of {from} are now registered to {to}");
  about["result"] = options.dry_run ? "would-move" : "moved";
  about["count"] = *moved;
  const auto ldif = options.dry_run ? site->registry->preview_move(options.from, options.to) : std::string();
  if (!ldif) return tell(ldif.error(), context, std::move(about));
  return tell_plan(
      say(msgid, {{"{count}", std::to_string(*moved)}, {"{from}", options.from}, {"{to}", options.to}}) +
          "\n",
      *ldif, std::move(about), context);
}

}  // namespace jpki::ctl::card
