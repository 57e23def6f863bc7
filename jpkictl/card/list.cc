// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <unistd.h>

namespace jpki::ctl::card {
namespace {

// An issuer with a serial number tells who it is, and so stays on the terminal.
std::string shown_mapping(const std::string& mapping, bool personal) {
  if (personal || !mapping.starts_with(mapping::kIssuerPrefix)) return mapping;
  return "X509:<I>…";
}

}  // namespace

ExitStatus list(const ListOptions& options, const Context& context) {
  const auto site = open_site(context, options.place, Use::kRead);
  if (!site) return tell(site.error(), context);
  auto held = site->registry->of_account(options.account);
  if (!held) return tell(held.error(), context);
  const auto in_directory = held_in_snapshot(*site, {});
  if (!in_directory) return tell(in_directory.error(), context);
  const auto in_overlay = held_in_overlay(*site, {});
  if (!in_overlay) return tell(in_overlay.error(), context);
  for (const auto* more : {&*in_directory, &*in_overlay})
    for (const Held& one : *more)
      if (options.account.empty() || one.account == options.account) held->push_back(one);

  const bool personal = ::isatty(::fileno(context.out)) == 1;
  std::vector<std::vector<std::string>> cells = {{"ACCOUNT", "MAPPING", "WHERE"}};
  Json json = Json::array();
  for (const Held& one : *held) {
    const std::string mapping = shown_mapping(one.mapping, personal && !context.json);
    cells.push_back({one.account, mapping, one.where});
    json.push_back({{"account", one.account}, {"mapping", mapping}, {"where", one.where}});
  }
  const std::string text = held->empty() ? say(N_("No card is registered.")) + "\n" : table(cells);
  context.print(context.json ? print_json({{"registered", std::move(json)}}) : text);
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::card
