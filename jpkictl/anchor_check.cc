// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_commands.h"
#include "jpkictl/fleet.h"
#include "jpkictl/generations.h"
#include "jpkictl/json.h"
#include "jpkictl/text.h"
#include "validator/config/config.h"
#include "validator/trust/certificate_file.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

// What is told, as lines and as JSON.
struct Findings {
  Json json{{"anchors", Json::array()},
            {"kinds", Json::array()},
            {"stopped", Json::array()},
            {"old_generation", Json::array()}};
  std::string text;
  bool bad = false;
};

void compare_anchors(const trust::TrustStore& anchors, Time now, Time then, Findings& findings) {
  for (const trust::Anchor& anchor : anchors) {
    const auto before = name_of(state_at(anchor, now));
    const auto after = name_of(state_at(anchor, then));
    findings.json["anchors"].push_back(
        {{"name", anchor.name}, {"now", std::string(before)}, {"then", std::string(after)}});
    if (before != after)
      findings.text += fmt::format("anchor {}: {} now, {} then\n", anchor.name, before, after);
  }
}

std::string listed(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

void compare_kinds(const trust::TrustStore& anchors, const std::vector<x509::Kind>& kinds, Time now,
                   Time then, Findings& findings) {
  for (const x509::Kind kind : kinds) {
    const auto before = in_force(anchors, kind, now);
    const auto after = in_force(anchors, kind, then);
    const std::string name(x509::name_of(kind));
    findings.json["kinds"].push_back({{"kind", name}, {"now", before}, {"then", after}});
    if (after.empty() && !before.empty()) {
      findings.bad = true;
      findings.text +=
          fmt::format("{} kind {}: no anchor in force then; all cards of this kind stop working\n",
                      code_of(Verdict::kAnchorRetired), name);
    } else {
      findings.text += fmt::format("kind {}: {} now, {} then\n", name, listed(before), listed(after));
    }
  }
}

void compare_fleet(const std::vector<FleetMember>& fleet, const FleetRules& rules, Time now, Time then,
                   Findings& findings) {
  std::size_t stopped = 0;
  std::size_t old = 0;
  for (const FleetMember& member : fleet) {
    const Fate fate = fate_of(member, rules, then);
    if (fate.verdict != Verdict::kAccepted) {
      ++stopped;
      const bool already = fate_of(member, rules, now).verdict != Verdict::kAccepted;
      findings.json["stopped"].push_back({{"account", member.account},
                                          {"code", code_of(fate.verdict)},
                                          {"name", std::string(name_of(fate.verdict))},
                                          {"clause", fate.clause},
                                          {"already", already}});
      findings.text += fmt::format("{} {}: {}{}\n", code_of(fate.verdict), member.account, fate.clause,
                                   already ? " (already now)" : "");
    } else if (fate.old_generation) {
      ++old;
      findings.json["old_generation"].push_back({{"account", member.account}, {"anchor", fate.anchor}});
      findings.text += fmt::format("old generation {}: {}\n", member.account, fate.anchor);
    }
  }
  findings.bad = findings.bad || stopped != 0;
  findings.text += fmt::format("{} account(s): {} without a working card then, {} on an old generation\n",
                               fleet.size(), stopped, old);
}

}  // namespace

ExitStatus anchor_check(const AnchorCheckOptions& options, const Context& context) {
  Time then = context.now;
  if (!options.at.empty()) {
    const auto time = parse_time(options.at);
    if (!time) return context.could_not_tell("--at " + time.error());
    then = *time;
  }
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const auto anchors = trust::load_trust_store(config->anchors_directory, context.trust);
  if (!anchors) return context.could_not_tell(anchors.error());
  std::vector<std::string> passed_over;
  const auto intermediates =
      trust::load_intermediates(config->intermediates_directory, passed_over, context.trust);
  context.warn(passed_over);

  Findings findings;
  findings.json["now"] = time_text(context.now);
  findings.json["then"] = time_text(then);
  findings.text = fmt::format("now {}, then {}\n", time_text(context.now), time_text(then));
  compare_anchors(*anchors, context.now, then, findings);
  compare_kinds(*anchors, config->login_kinds, context.now, then, findings);
  if (!options.fleet.empty()) {
    const auto fleet = read_fleet(options.fleet);
    if (!fleet) return context.could_not_tell(fleet.error());
    compare_fleet(*fleet, {*anchors, intermediates, config->login_kinds, config->kind_rules}, context.now,
                  then, findings);
  }
  context.print(context.json ? print_json(findings.json) : findings.text);
  return findings.bad ? ExitStatus::kBad : ExitStatus::kGood;
}

}  // namespace jpki::ctl
