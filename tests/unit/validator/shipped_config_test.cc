// SPDX-License-Identifier: LGPL-2.1-or-later
//
// conf/jpki.toml, which an administrator reads, and the configuration reader agree.
#include "tests/unit/support/check_main.h"
#include "validator/config/config.h"

#include <regex>
#include <set>
#include <sstream>

namespace {

using namespace jpki;
using config::Config;

std::string shipped_file() {
  const char* source = std::getenv("srcdir");
  std::ifstream stream(std::string(source == nullptr ? "." : source) + "/conf/jpki.toml");
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The shipped file shows each key, commented out, with its default.
START_TEST(the_shipped_file_documents_every_key_with_its_default) {
  std::string shipped = shipped_file();
  ck_assert(!shipped.empty());
  std::set<std::string> documented;
  for (std::smatch match; std::regex_search(shipped, match, std::regex("\n#([a-z_0-9]+) = "));
       shipped = match.suffix())
    documented.insert(match[1]);
  const std::set<std::string> known = {
      "modules", "module_files", "module_threads", "kinds", "expiry_notice_days", "kind", "policy", "anchors",
      "crls", "map", "source", "snapshots", "role_groups", "max_age_hours", "pseudonym_key",
      "clock_skew_seconds", "intermediates", "index", "evidence", "segment",
      // [[revocation.source]]
      "name", "type", "urls", "hours", "weekdays", "time_zone", "holidays", "freshness", "max_age_minutes",
      "timeout_ms", "hedge_after_ms", "method", "nonce", "cert_id", "responders", "tls",
      // [session]
      "removal", "grace_seconds",
      // [[token]], beside name, modules and kinds; [account]
      "manufacturer", "model", "label", "pin_min_length", "pin_max_length", "pin_characters", "tries",
      "max_tries", "pin_entry", "pin_state", "role_accounts",
      // [[seat]]
      "seats", "terminals", "services", "readers", "origins", "p11_kit_server", "opened_by", "pcsc_socket",
      // [unlock], beside max_age_minutes
      "presence", "recent", "min_locked_seconds",
      // [ticket], beside services
      "realm", "kdcs", "kdc_anchors", "kdc_hostnames", "timeout_seconds", "required",
      // [succession]
      "feed", "resolver", "resolver_timeout_ms", "ocsp_extension", "overlap_days", "overlay",
      // [self_registration], beside services
      "at_once", "never_groups",
      // [smartphone]
      "accounts", "groups",
      // [fetch]
      "hosts", "proxy", "connect_timeout_ms", "from", "to", "default",
      // [[crl]]
      "max_megabytes"};
  ck_assert(documented == known);
}
END_TEST

// Every setting uncommented; tables in double brackets are examples and stay comments without `examples`.
std::string uncommented(const std::string& text, bool examples) {
  std::string out;
  bool example = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#[[")) example = true;
    if (line.starts_with("[")) example = false;
    static const std::regex setting("#([a-z_0-9]+ = |\\[\\[).*");
    const bool shown = std::regex_match(line, setting) && (!example || examples);
    out += (shown ? line.substr(1) : line) + "\n";
  }
  return out;
}

START_TEST(the_shipped_defaults_are_the_built_in_ones) {
  Config config;
  const auto applied = config::apply_config(uncommented(shipped_file(), false), "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  const Config defaults;
  ck_assert(config.pkcs11_modules == defaults.pkcs11_modules);
  ck_assert(config.module_files == defaults.module_files && config.module_threads == defaults.module_threads);
  ck_assert(config.login_kinds == defaults.login_kinds);
  ck_assert(config.crl_max_age == defaults.crl_max_age);
  ck_assert(config.account_source == defaults.account_source && config.role_groups == defaults.role_groups);
  ck_assert(config.account_snapshots == defaults.account_snapshots);
  ck_assert(config.clock_skew == defaults.clock_skew);
  ck_assert(config.anchors_directory == defaults.anchors_directory);
  ck_assert(config.intermediates_directory == defaults.intermediates_directory);
  ck_assert(config.crl_directory == defaults.crl_directory &&
            config.crl_index_file == defaults.crl_index_file);
  ck_assert(config.evidence_directory == defaults.evidence_directory && config.segment == defaults.segment);
  ck_assert(config.fetch.hosts == defaults.fetch.hosts && config.fetch.proxy == defaults.fetch.proxy);
  ck_assert(config.tokens.empty() && config.role_accounts == defaults.role_accounts);
  ck_assert(config.session == defaults.session);
  ck_assert(config.unlock == defaults.unlock);
  ck_assert(config.ticket == defaults.ticket);
  ck_assert(config.succession == defaults.succession);
  ck_assert(config.self_registration == defaults.self_registration);
  ck_assert(config.smartphone == defaults.smartphone && !config.smartphone.enabled());
  ck_assert(config.fetch.connect_timeout == defaults.fetch.connect_timeout);
}
END_TEST

START_TEST(the_shipped_examples_are_accepted_and_show_the_defaults) {
  std::string text = uncommented(shipped_file(), true);
  text = std::regex_replace(text, std::regex("\nholidays = .*"), "");  // no such file here
  Config config;
  const auto applied = config::apply_config(text, "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  ck_assert_uint_eq(config.sources.size(), 1);
  const schedule::SourceRule& shown = config.sources[0];
  const schedule::SourceRule defaults;
  ck_assert(shown.timeout == defaults.timeout && shown.hedge_after == defaults.hedge_after);
  ck_assert(shown.max_age == defaults.max_age && shown.freshness == defaults.freshness);
  ck_assert(shown.nonce == defaults.nonce && shown.sha256_cert_id == defaults.sha256_cert_id);
  ck_assert(shown.hours.zone.name() == defaults.hours.zone.name());
  ck_assert_uint_eq(config.crl_downloads.size(), 1);
  ck_assert_uint_eq(config.tokens.size(), 1);
  ck_assert(config.tokens[0].pin.entry == card::PinEntry::kScreen && config.tokens[0].pin.state_told);
  ck_assert_uint_eq(config.fetch.rewrites.size(), 1);
}
END_TEST

Suite* shipped_config_suite() {
  Suite* suite = suite_create("shipped_config");
  TCase* tests = tcase_create("shipped_config");
  tcase_add_test(tests, the_shipped_file_documents_every_key_with_its_default);
  tcase_add_test(tests, the_shipped_defaults_are_the_built_in_ones);
  tcase_add_test(tests, the_shipped_examples_are_accepted_and_show_the_defaults);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(shipped_config_suite());
}
