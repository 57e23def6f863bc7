// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/commands.h"
#include "jpkictl/setup/services.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::setup {
namespace {

std::string heading_of(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return say(N_("note"));
    case Severity::kCouldNotTell:
      return say(N_("unknown"));
    case Severity::kBad:
      return say(N_("BAD"));
  }
  return {};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

ExitStatus status_of(const Services& services) {
  ExitStatus status =
      services.judged.empty() || !services.missing.empty() ? ExitStatus::kCouldNotTell : ExitStatus::kGood;
  for (const Said& said : services.said) {
    if (said.severity == Severity::kBad) return ExitStatus::kBad;
    if (said.severity == Severity::kCouldNotTell) status = ExitStatus::kCouldNotTell;
  }
  return status;
}

std::string text_of(const Services& services) {
  std::string text;
  for (const Said& said : services.said) {
    text += heading_of(said.severity) + "  " + sentence_of(said);
    if (said.judgement.place.line != 0)
      text += " " + say(N_("[services: {services}]"), {{"{services}", joined(said.services)}});
    text += "\n";
  }
  for (const std::string& name : services.missing)
    text += heading_of(Severity::kCouldNotTell) + "  " +
            say(N_("there is no service {name}"), {{"{name}", name}}) + "\n";
  if (services.judged.empty() && services.missing.empty())
    return text + say(N_("no service asks for a card")) + "\n";
  return text + say(N_("judged: {services}"), {{"{services}", joined(services.judged)}}) + "\n";
}

}  // namespace

ExitStatus check(const CheckOptions& options, const Context& context) {
  std::string root = options.root;
  while (root.ends_with('/')) root.pop_back();
  const Services services = judge_services(PamFiles(root), options.services, options.exclusive);
  if (context.json) {
    Json all{{"judged", services.judged}, {"missing", services.missing}, {"rulings", Json::array()}};
    for (const Said& said : services.said) all["rulings"].push_back(json_of(said));
    context.print(print_json(all));
  } else {
    context.print(for_terminal(text_of(services), Lines::kSeveral));
  }
  return status_of(services);
}

}  // namespace jpki::ctl::setup
