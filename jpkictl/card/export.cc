// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/commands.h"
#include "jpkictl/card/entra.h"
#include "jpkictl/words.h"

#include <fmt/format.h>

namespace jpki::ctl::card {

// The text goes to a program: as it is, whatever the terminal.
ExitStatus export_bindings(const ExportOptions& options, const Context& context) {
  const auto site = open_site(context, options.place, Use::kRead);
  if (!site) return tell(site.error(), context);
  auto held = site->registry->of_account({});
  if (!held) return tell(held.error(), context);
  const auto in_directory = held_in_snapshot(*site, {});
  if (!in_directory) return tell(in_directory.error(), context);
  held->insert(held->end(), in_directory->begin(), in_directory->end());
  const EntraExport out = entra_export(*held, options.upn);
  fmt::print(context.out, "{}", options.entra == "csv" ? to_csv(out.users) : print_json(to_graph(out.users)));
  for (const Held& left : out.not_possible)
    (void)context.could_not_tell(say(
        N_("{where}: this registration of {account} was not exported: Entra ID takes thumbprints and key "
           "identifiers, "
           "{count} a user, and none of two users"),
        {{"{where}", left.where}, {"{account}", left.account}, {"{count}", std::to_string(kMostUserIds)}}));
  return out.not_possible.empty() ? ExitStatus::kGood : ExitStatus::kBad;
}

}  // namespace jpki::ctl::card
