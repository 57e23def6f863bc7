// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [revocation] and [[revocation.source]] of jpki.toml.
#include "validator/config/sections.h"

#include <array>

#include <fmt/format.h>

namespace jpki::config {
namespace {

using schedule::Freshness;
using schedule::SourceRule;
using schedule::SourceType;

constexpr auto kHttp = std::to_array<std::string_view>({"http", "https"});
constexpr auto kHttps = std::to_array<std::string_view>({"https"});
constexpr std::int64_t kMaxTimeout = 60000;  // ms; a person waits

// One of two words.
void get_choice(TomlTable& table, std::string_view key, std::string_view off, std::string_view on,
                bool& out) {
  std::string word(out ? on : off);
  table.get(key, word);
  if (word != off && word != on) table.refuse(key, fmt::format("must be \"{}\" or \"{}\"", off, on));
  out = word == on;
}

void get_type(TomlTable& table, SourceType& out) {
  std::string word;
  table.get("type", word);
  const auto type = schedule::source_type_from(word);
  if (type) {
    out = *type;
  } else {
    table.refuse("type", "must be \"ocsp\", \"crl\" or \"cvs\"");
  }
}

void get_hours(TomlTable& table, schedule::ServiceHours& out) {
  std::vector<std::string> intervals;
  table.get("hours", intervals);
  for (const std::string& text : intervals) {
    const auto interval = schedule::parse_interval(text);
    if (interval) {
      out.hours.push_back(*interval);
    } else {
      table.refuse("hours", "holds " + interval.error());
    }
  }
  std::vector<std::string> days;
  table.get("weekdays", days);
  for (const std::string& name : days) {
    const auto day = schedule::weekday_from(name);
    if (day) {
      out.weekdays.push_back(*day);
    } else {
      table.refuse("weekdays",
                   fmt::format("holds \"{}\"; possible: mon, tue, wed, thu, fri, sat, sun", name));
    }
  }
}

// A holiday file that is spoilt stops nobody: then the source is asked in vain, and the next one decides.
void get_calendar(TomlTable& table, const FileTrust& trust, schedule::ServiceHours& out,
                  std::vector<std::string>& problems) {
  std::string zone = out.zone.name();
  table.get("time_zone", zone);
  if (zone != out.zone.name()) {
    auto loaded = schedule::TimeZone::load(zone);
    if (loaded) {
      out.zone = std::move(*loaded);
    } else {
      table.refuse("time_zone", "cannot be used: " + loaded.error());
    }
  }
  std::string file;
  get_path(table, "holidays", file);
  if (file.empty()) return;
  const auto text = read_trusted_file(file, trust);
  auto days = text ? schedule::parse_holidays(as_text(*text), file)
                   : Expected<std::set<std::chrono::sys_days>, std::string>(Unexpected{text.error().text});
  if (days) {
    out.closed = std::move(*days);
  } else {
    problems.push_back("holidays cannot be used, so no day is a holiday: " + days.error());
  }
}

// What only a source that is asked over the network has.
void get_online(TomlTable& table, SourceRule& rule) {
  const bool cvs = rule.type == SourceType::kCvs;
  get_urls(table, "urls",
           cvs ? std::span<const std::string_view>(kHttps) : std::span<const std::string_view>(kHttp),
           rule.urls);
  bool cached = false;
  get_choice(table, "freshness", "hard", "cached", cached);
  rule.freshness = cached ? Freshness::kCached : Freshness::kHard;
  get_duration<std::chrono::milliseconds>(table, "timeout_ms", rule.timeout, 1, kMaxTimeout);
  get_duration<std::chrono::milliseconds>(table, "hedge_after_ms", rule.hedge_after, 0, kMaxTimeout);
  get_choice(table, "method", "post", "get", rule.by_get);
  table.get("nonce", rule.nonce);
  get_choice(table, "cert_id", "sha1", "sha256", rule.sha256_cert_id);
  get_path(table, "responders", rule.responders);
  table.get("tls", rule.tls_trust);
  if (cvs && rule.urls.empty()) table.refuse("urls", "must name the validation server: https://HOST/…");
  if (cvs && rule.tls_trust.empty())
    table.refuse("tls", "must name the validation server's TLS anchors, a key of [fetch.tls]");
  if (rule.nonce && cached)
    table.refuse(
        "nonce",
        "and freshness = \"cached\" cannot be combined: a stored answer never has this login's nonce");
  if (rule.nonce && rule.by_get)
    table.refuse("nonce",
                 "and method = \"get\" cannot be combined: no HTTP cache can repeat this login's nonce");
}

constexpr const char* kOnlineKeys[] = {
    "urls", "freshness", "timeout_ms", "hedge_after_ms", "method", "nonce", "cert_id", "responders", "tls"};

void refuse_online(TomlTable& table) {
  for (const char* key : kOnlineKeys)
    if (table.has(key))
      table.refuse(key, "is for \"ocsp\" and \"cvs\"; CRLs come from jpki-crl-refresh, see [[crl]]");
}

void apply_source(TomlTable table, const FileTrust& trust, Config& config) {
  SourceRule rule;
  std::vector<std::string> taken;
  for (const SourceRule& other : config.sources) taken.push_back(other.name);
  get_name(table, rule.name, taken);
  get_type(table, rule.type);
  get_hours(table, rule.hours);
  get_calendar(table, trust, rule.hours, config.problems);
  table.get("segment", rule.segment);
  if (rule.type == SourceType::kCrl) {
    rule.max_age = kMaxCrlAge;
    refuse_online(table);
  } else {
    get_online(table, rule);
  }
  const auto longest = std::chrono::duration_cast<std::chrono::minutes>(rule.max_age);
  get_duration<std::chrono::minutes>(table, "max_age_minutes", rule.max_age, 1, longest.count());
  table.refuse_unknown();
  config.sources.push_back(std::move(rule));
}

}  // namespace

void apply_revocation(TomlTable table, const FileTrust& trust, Config& config) {
  get_path(table, "crls", config.crl_directory);
  get_path(table, "index", config.crl_index_file);
  get_path(table, "evidence", config.evidence_directory);
  table.get("segment", config.segment);
  get_duration<std::chrono::hours>(table, "max_age_hours", config.crl_max_age, 0, kMaxCrlAge.count());
  get_duration<std::chrono::seconds>(table, "clock_skew_seconds", config.clock_skew, 0, 3600);
  for (TomlTable& source : table.tables("source")) apply_source(std::move(source), trust, config);
  table.refuse_unknown();
}

}  // namespace jpki::config
