// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/validation_text.h"

#include "jpkictl/explanations.h"
#include "jpkictl/json.h"
#include "jpkictl/text.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

std::string role_of(std::size_t depth, std::size_t length) {
  if (depth == 0) return "certificate";
  return depth + 1 == length ? "anchor" : "authority";
}

std::string text_of(const path::TriedPath& tried) {
  return fmt::format("  {}, {} certificate{}: {} {}\n", tried.anchor.empty() ? "no anchor" : tried.anchor,
                     tried.length, tried.length == 1 ? "" : "s", code_of(tried.verdict), tried.clause);
}

}  // namespace

std::string to_text(const ValidationReport& report, bool show_names) {
  std::string text =
      fmt::format("{} {}: {}\n", code_of(report.verdict), name_of(report.verdict), report.clause);
  const auto line = [&](std::string_view head, std::string_view value) {
    text += fmt::format("{:<11} {}\n", head, value);
  };
  if (report.kind) line("kind", x509::name_of(*report.kind));
  if (!report.anchor.empty()) line("anchor", report.anchor);
  for (std::size_t depth = 0; depth < report.path.size(); ++depth)
    line(fmt::format("depth {}", depth),
         show_names ? report.path[depth].subject : role_of(depth, report.path.size()));
  for (const EvidenceUsed& used : report.evidence)
    line("revocation", fmt::format("depth {}: {}, {} old", used.depth, used.source, age_text(used.age)));
  if (report.verdict != Verdict::kAccepted) line("next step", explanation_of(report.verdict).next_step);
  if (!report.tried.empty()) text += "paths tried:\n";
  for (const path::TriedPath& tried : report.tried) text += text_of(tried);
  return text;
}

std::string to_json(const ValidationReport& report, Time when, bool show_names) {
  Json json{{"code", code_of(report.verdict)},
            {"name", std::string(name_of(report.verdict))},
            {"clause", report.clause},
            {"time", time_text(when)},
            {"kind", report.kind ? Json(std::string(x509::name_of(*report.kind))) : Json()},
            {"anchor", report.anchor.empty() ? Json() : Json(report.anchor)},
            {"path", Json::array()},
            {"tried", Json::array()},
            {"evidence", Json::array()}};
  for (std::size_t depth = 0; depth < report.path.size(); ++depth) {
    Json element{{"depth", depth}, {"role", role_of(depth, report.path.size())}};
    if (show_names) element["subject"] = report.path[depth].subject;
    json["path"].push_back(std::move(element));
  }
  for (const path::TriedPath& tried : report.tried)
    json["tried"].push_back({{"anchor", tried.anchor.empty() ? Json() : Json(tried.anchor)},
                             {"length", tried.length},
                             {"code", code_of(tried.verdict)},
                             {"name", std::string(name_of(tried.verdict))},
                             {"clause", tried.clause}});
  for (const EvidenceUsed& used : report.evidence)
    json["evidence"].push_back(
        {{"depth", used.depth}, {"source", used.source}, {"age_seconds", used.age.count()}});
  return print_json(json);
}

}  // namespace jpki::ctl
