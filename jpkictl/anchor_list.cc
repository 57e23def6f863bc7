// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_commands.h"
#include "jpkictl/generations.h"
#include "jpkictl/json.h"
#include "jpkictl/text.h"
#include "validator/config/config.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

std::vector<std::string> names_of(const std::vector<x509::Kind>& kinds) {
  std::vector<std::string> names;
  for (const x509::Kind kind : kinds) names.emplace_back(x509::name_of(kind));
  return names;
}

std::vector<std::string> names_of(const std::vector<trust::Function>& functions) {
  std::vector<std::string> names;
  for (const trust::Function function : functions) names.emplace_back(trust::name_of(function));
  return names;
}

std::string optional_time(const std::optional<Time>& when) {
  return when ? time_text(*when) : "-";
}

Json to_json(const trust::Anchor& anchor, Time now) {
  const auto json_time = [](const std::optional<Time>& when) {
    return when ? Json(time_text(*when)) : Json();
  };
  return {{"name", anchor.name},
          {"state", std::string(name_of(state_at(anchor, now)))},
          {"kinds", names_of(anchor.kinds)},
          {"functions", names_of(anchor.functions)},
          {"accept_from", json_time(anchor.accept_from)},
          {"accept_until", json_time(anchor.accept_until)},
          {"ca_valid_from", time_text(anchor.certificate.not_before())},
          {"ca_valid_until", time_text(anchor.certificate.not_after())}};
}

}  // namespace

ExitStatus anchor_list(const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const auto anchors = trust::load_trust_store(config->anchors_directory, context.trust);
  if (!anchors) return context.could_not_tell(anchors.error());
  auto json = Json::array();
  std::vector<std::vector<std::string>> rows{
      {"NAME", "STATE", "ACCEPT FROM", "ACCEPT UNTIL", "CA VALID UNTIL", "KINDS", "FUNCTIONS"}};
  for (const trust::Anchor& anchor : *anchors) {
    json.push_back(to_json(anchor, context.now));
    rows.push_back({anchor.name, std::string(name_of(state_at(anchor, context.now))),
                    optional_time(anchor.accept_from), optional_time(anchor.accept_until),
                    time_text(anchor.certificate.not_after()),
                    fmt::format("{}", fmt::join(names_of(anchor.kinds), ",")),
                    fmt::format("{}", fmt::join(names_of(anchor.functions), ","))});
  }
  context.print(context.json ? print_json(json) : table(rows));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
