// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/batch.h"
#include "jpkictl/card/commands.h"

namespace jpki::ctl::card {

ExitStatus enroll(const EnrollOptions& options, const Context& context) {
  Json about = options.csv.empty() ? Json{{"account", options.account}} : Json{{"csv", options.csv}};
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context, std::move(about));
  const Desk desk(context, options.card.desk());
  const EnrollmentRules rules{options.no_pin, options.any_account, options.dry_run};
  if (!options.csv.empty()) return enroll_all(options.csv, rules, *site, desk, context);
  const auto done = enroll_card(options.account, rules, *site, desk);
  if (!done) return tell(done.error(), context, std::move(about));
  context.print(context.json ? print_json(json_of(options.account, *done, *site->registry))
                             : text_of(options.account, *done, *site->registry));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::card
