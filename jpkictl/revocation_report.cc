// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/revocation_report.h"

#include "jpkictl/json.h"
#include "jpkictl/text.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

// One that no longer counts, by the name of its file, which the administrator gave it.
struct StaleCrl {
  std::string file;
  std::chrono::seconds age;
  std::optional<Time> next_update;
};

// The CRLs of an index by their age.
struct Ages {
  std::uint64_t count = 0;
  std::uint64_t entries = 0;
  std::optional<std::chrono::seconds> newest;
  std::optional<std::chrono::seconds> oldest;
  std::optional<Time> first_to_expire;  // of those that still count
  std::vector<StaleCrl> stale_crls;
};

void add(const crl::IndexedCrl& crl, std::chrono::seconds max_age, Time now, Ages& ages) {
  const crl::CrlHeader& header = crl.header();
  const auto age = std::max(now - header.this_update, std::chrono::seconds(0));
  ++ages.count;
  ages.entries += crl.entry_count();
  ages.newest = std::min(ages.newest.value_or(age), age);
  ages.oldest = std::max(ages.oldest.value_or(age), age);
  const Time until = std::min(header.next_update.value_or(header.this_update), header.this_update + max_age);
  if (until < now) {
    ages.stale_crls.push_back({crl.source().name, age, header.next_update});
  } else {
    ages.first_to_expire = std::min(ages.first_to_expire.value_or(until), until);
  }
}

std::string table_of(const std::vector<StaleCrl>& crls) {
  std::vector<std::vector<std::string>> rows{{"FILE", "AGE", "NEXT UPDATE"}};
  for (const StaleCrl& crl : crls)
    rows.push_back({crl.file, age_text(crl.age), crl.next_update ? time_text(*crl.next_update) : "-"});
  return table(rows);
}

Json json_of(const std::vector<StaleCrl>& crls) {
  auto json = Json::array();
  for (const StaleCrl& crl : crls)
    json.push_back({{"file", crl.file},
                    {"age_seconds", crl.age.count()},
                    {"next_update", crl.next_update ? Json(time_text(*crl.next_update)) : Json()}});
  return json;
}

}  // namespace

Report plan_report(const std::vector<schedule::SourceRule>& rules, const std::string& segment, Time when) {
  const auto planned = schedule::plan(rules, segment, when);
  auto sources = Json::array();
  std::vector<std::vector<std::string>> rows{{"ORDER", "SOURCE", "TYPE", "ASKED", "CHANGES", "WHY NOT"}};
  std::size_t order = 0;
  for (const schedule::PlannedSource& source : planned) {
    const auto change =
        source.rule->is_for(segment) ? schedule::next_change(source.rule->hours, when) : std::nullopt;
    const std::string changes = change ? schedule::local_text(source.rule->hours.zone, *change) : "-";
    const std::string type(schedule::name_of(source.rule->type));
    if (source.asked) ++order;
    rows.push_back({source.asked ? std::to_string(order) : "-", source.rule->name, type,
                    source.asked ? "yes" : "no", changes, source.asked ? "-" : source.why_not});
    sources.push_back({{"source", source.rule->name},
                       {"type", type},
                       {"asked", source.asked},
                       {"order", source.asked ? Json(order) : Json()},
                       {"why_not", source.asked ? Json() : Json(source.why_not)},
                       {"changes", change ? Json(time_text(*change)) : Json()}});
  }
  std::string text = fmt::format("at {}{}\n", time_text(when), segment.empty() ? "" : ", segment " + segment);
  text += table(rows);
  if (order == 0) text += "JPKI-402 revocation-unknown: no source is asked then; nobody can log in by card\n";
  const Json json{{"time", time_text(when)}, {"segment", segment}, {"sources", sources}};
  return {order == 0 ? ExitStatus::kBad : ExitStatus::kGood, text, print_json(json)};
}

Expected<Report, std::string> status_report(const crl::CrlIndex& index, std::chrono::seconds max_age,
                                            Time now) {
  Ages ages;
  std::string text;
  for (std::uint64_t number = 0; number < index.section_count(); ++number) {
    const auto crl = index.section(static_cast<std::uint32_t>(number));
    if (!crl) return Unexpected{crl.error()};
    add(*crl, max_age, now, ages);
  }
  const bool bad = ages.count == 0 || !ages.stale_crls.empty();
  const auto age = [](const std::optional<std::chrono::seconds>& value) {
    return value ? age_text(*value) : "-";
  };
  text = fmt::format(
      "CRLs            {}\nentries         {}\nnewest          {}\noldest          {}\n"
      "no longer count {}\nnext to expire  {}\n",
      ages.count, ages.entries, age(ages.newest), age(ages.oldest), ages.stale_crls.size(),
      ages.first_to_expire ? time_text(*ages.first_to_expire) : "-");
  if (ages.count == 0) text += "JPKI-402 revocation-unknown: the index is empty; run: jpki-crl-refresh\n";
  if (!ages.stale_crls.empty())
    text += fmt::format("JPKI-403 revocation-stale: {} CRL(s) are too old; run: jpki-crl-refresh -v\n{}",
                        ages.stale_crls.size(), table_of(ages.stale_crls));
  const auto seconds = [](const std::optional<std::chrono::seconds>& value) {
    return value ? Json(value->count()) : Json();
  };
  const Json json{{"crls", ages.count},
                  {"entries", ages.entries},
                  {"newest_age_seconds", seconds(ages.newest)},
                  {"oldest_age_seconds", seconds(ages.oldest)},
                  {"stale", ages.stale_crls.size()},
                  {"stale_crls", json_of(ages.stale_crls)},
                  {"next_to_expire", ages.first_to_expire ? Json(time_text(*ages.first_to_expire)) : Json()}};
  return Report{bad ? ExitStatus::kBad : ExitStatus::kGood, text, print_json(json)};
}

}  // namespace jpki::ctl
