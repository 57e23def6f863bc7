// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ad.toml: what is accepted, what is refused and how, and that conf/ad.toml tells the truth about it.
#include "nss_ad/config/ad_config.h"

#include "tests/unit/support/expect.h"

#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using config::AdConfig;

AdConfig accepted(std::string_view text) {
  AdConfig config;
  const auto applied = config::apply_ad_config(text, "ad.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  return config;
}

START_TEST(every_section_is_read) {
  const AdConfig config = accepted(R"toml(
[directory]
realm = "ad.test"
servers = ["dc1.ad.test", "127.0.0.1:3389"]
site = "Tokyo"
transport = "ldaps"
ca_file = "/etc/jpki/ad-ca.pem"
authentication = "password"
bind_dn = "cn=reader,dc=ad,dc=test"
password_file = "/etc/jpki/ad.password"
bases = ["OU=Staff,DC=ad,DC=test"]
user_filter = "(department=Tax)"
incremental = "usn"
full_reconcile_hours = 6
timeout_seconds = 7
page_size = 500
[ids]
scheme = "rid"
sssd_earlier_domains = ["S-1-5-21-1-2-3"]
sssd_default_domain = ["S-1-5-21-4-5-6"]
rid_low = 20000
rid_high = 30000
rid_base = 1000
[users]
home = "/srv/%d/%l/%u"
shell = "/bin/zsh"
gecos = "%n (%U)"
name_forms = ["at-realm"]
enumerate = true
[groups]
only = ["saimu"]
[account]
max_snapshot_age_hours = 12
live_timeout_ms = 800
lockout_minutes = 0
workstation = "PC1"
[[account.rule]]
services = ["sshd", "sudo"]
allowed_groups = ["admins"]
[[account.rule]]
denied_groups = ["leavers"]
[certificates]
weak_forms = ["rfc822", "issuer-subject"]
)toml");
  expect_text(config.directory.realm, "AD.TEST");
  ck_assert_uint_eq(config.directory.servers.size(), 2);
  ck_assert(config.directory.transport == ldap::Transport::kLdaps);
  ck_assert(config.directory.authentication == ldap::Authentication::kPassword);
  ck_assert(config.directory.incremental == ldap::Incremental::kUsnChanged);
  ck_assert(config.directory.full_every == std::chrono::hours(6));
  ck_assert(config.directory.timeout == std::chrono::seconds(7));
  ck_assert_uint_eq(config.directory.page_size, 500);
  ck_assert(config.ids.scheme == idmap::Scheme::kRid);
  ck_assert_uint_eq(config.ids.sssd_earlier_domains.size(), 1);
  expect_text(config.ids.sssd_default_domain->text(), "S-1-5-21-4-5-6");
  ck_assert_uint_eq(config.ids.rid_base, 1000);
  expect_text(config.users.home, "/srv/%d/%l/%u");
  ck_assert(config.users.name_forms.at_realm && !config.users.name_forms.domain_backslash);
  ck_assert(config.users.enumerate);
  ck_assert_uint_eq(config.groups.only.size(), 1);
  ck_assert(config.account.max_snapshot_age == std::chrono::hours(12));
  ck_assert(config.account.live_timeout == std::chrono::milliseconds(800));
  ck_assert(config.account.lockout_duration == std::chrono::seconds(0));
  ck_assert_uint_eq(config.account.service_rules.size(), 2);
  ck_assert_uint_eq(config.account.service_rules[0].services.size(), 2);
  expect_text(config.account.service_rules[1].denied_groups.at(0), "leavers");
  ck_assert((config.certificates.weak_forms ==
             std::vector<mapping::WeakForm>{mapping::WeakForm::kRfc822, mapping::WeakForm::kIssuerSubject}));
  ck_assert(config::complete_ad_config(config).has_value());
}
END_TEST

START_TEST(mistakes_are_told_with_their_place) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"[directory]\nrealms = \"X\"",
       "ad.toml:2: directory.realms is not a known key; did you mean \"realm\"?"},
      {"[directory]\nrealm = \"a b\"", "realm"},
      {"[directory]\nservers = [\"ldap://dc1\"]", "servers"},
      {"[directory]\nservers = [\"dc1:\"]", "servers"},
      {"[directory]\ntransport = \"plain\"", "possible: sealed, starttls, ldaps"},
      {"[directory]\nkeytab = \"krb5.keytab\"", "absolute"},
      {"[directory]\nbases = [\"Staff\"]", "distinguished"},
      {"[directory]\nuser_filter = \"(a=b\"", "parentheses"},
      {"[directory]\ngroup_filter = \"a=b()\"", "parentheses"},
      {"[directory]\nfull_reconcile_hours = 0", "whole number"},
      {"[ids]\nscheme = \"autorid\"", "possible: sssd, rid, rfc2307"},
      {"[ids]\nsssd_range_size = 0", "sssd_range_size"},
      {"[ids]\nsssd_range_max = 300000\nsssd_range_min = 200000", "room for one slice"},
      {"[ids]\nsssd_earlier_domains = [\"ADT\"]", "not the SID"},
      {"[ids]\nsssd_default_domain = [\"S-1-5-21-1\", \"S-1-5-21-2\"]", "one SID"},
      {"[ids]\nrid_low = 5\nrid_high = 4", "rid_high"},
      {"[ids]\nlowest_id = 0", "lowest_id"},
      {"[users]\nhome = \"home/%u\"", "absolute"},
      {"[users]\nhome = \"/home/%x\"", "colons"},
      {"[users]\nhome = \"/home/%\"", "colons"},
      {"[users]\ngecos = \"a:b\"", "colons"},
      {"[users]\nname_forms = [\"upn\"]", "possible: domain-backslash, at-realm"},
      {"[account]\nworkstation = \"pc1.ad.test\"", "NetBIOS"},
      {"[[account.rule]]\nservices = [\"sshd\"]", "must name a group"},
      {"[account.rule]\nservices = [\"sshd\"]", "tables"},
      {"[certificates]\nweak_forms = [\"strong\"]", "possible: issuer-subject"},
      {"[certificate]", "certificates"},
      {"[groups\n", "ad.toml:1"},
  };
  for (const auto& [text, hint] : mistakes) {
    AdConfig config;
    const auto applied = config::apply_ad_config(text, "ad.toml", config);
    ck_assert_msg(!applied, "%s", text);
    expect_contains(applied.error(), hint);
  }
}
END_TEST

START_TEST(what_all_files_together_must_say) {
  const std::pair<const char*, const char*> incomplete[] = {
      {"", "realm"},
      {"[directory]\nrealm = \"A.B\"\nauthentication = \"password\"", "in clear"},
      {"[directory]\nrealm = \"A.B\"\nauthentication = \"password\"\ntransport = \"ldaps\"\nca_file = \"/x\"",
       "bind_dn"},
      {"[directory]\nrealm = \"A.B\"\ntransport = \"starttls\"", "ca_file"},
      {"[directory]\nrealm = \"A.B\"\ntransport = \"starttls\"\nca_file = \"/x\"", "need servers"},
      {"[directory]\nrealm = \"A.B\"\ntransport = \"ldaps\"\nca_file = \"/x\"", "need servers"},
      {"[directory]\nrealm = \"A.B\"\nauthentication = \"password\"\ntransport = \"ldaps\"\nca_file = "
       "\"/x\"\nbind_dn = \"x\"\npassword_file = \"/y\"",
       "need servers"},
  };
  for (const auto& [text, hint] : incomplete) {
    const auto complete = config::complete_ad_config(accepted(text));
    ck_assert_msg(!complete, "%s", text);
    expect_contains(complete.error(), hint);
  }
  ck_assert(config::complete_ad_config(accepted("[directory]\nrealm = \"A.B\"")).has_value());
}
END_TEST

START_TEST(files_are_read_in_order) {
  const TemporaryDirectory directory;
  const FileTrust own{.owner = ::getuid()};
  const std::string path = directory.path("ad.toml");
  const auto missing = config::load_ad_config(path, own);
  ck_assert(!missing && missing.error().reason == FileError::Reason::kMissing);
  directory.write("ad.toml", "[directory]\nrealm = \"a.b\"\n[users]\nshell = \"/bin/sh\"\n");
  ck_assert(config::load_ad_config(path, own).has_value());
  std::filesystem::create_directory(directory.path("ad.toml.d"));
  directory.write("ad.toml.d/10-site.toml", "[users]\nshell = \"/bin/zsh\"\n");
  const auto both = config::load_ad_config(path, own);
  ck_assert(both.has_value());
  expect_text(both->users.shell, "/bin/zsh");
  directory.write("ad.toml.d/20-wrong.toml", "[users]\nshel = \"/bin/zsh\"\n");
  const auto wrong = config::load_ad_config(path, own);
  ck_assert(!wrong && wrong.error().reason != FileError::Reason::kMissing);
  expect_contains(wrong.error().text, "20-wrong.toml:2");
  std::filesystem::remove(directory.path("ad.toml.d/20-wrong.toml"));
  directory.write("ad.toml", "[directory]\nrealm = \"a.b\"\n", std::filesystem::perms(0666));
  ck_assert(!config::load_ad_config(path, own));
}
END_TEST

// --- the shipped file -----------------------------------------------------------------------------------
std::string shipped_file() {
  const char* source = std::getenv("srcdir");
  std::ifstream stream(std::string(source == nullptr ? "." : source) + "/conf/ad.toml");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string uncommented(bool examples) {
  std::string out;
  bool example = false;
  std::istringstream lines(shipped_file());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#[[")) example = true;
    if (line.starts_with("[")) example = false;
    static const std::regex setting("#([a-z_0-9]+ = |\\[\\[).*");
    const bool shown = std::regex_match(line, setting) && (!example || examples);
    // The realm has no default: empty is refused.
    if (shown && line == "#realm = \"\"") line = "#realm = \"AD.TEST\"";
    out += (shown ? line.substr(1) : line) + "\n";
  }
  return out;
}

START_TEST(the_shipped_file_documents_every_key) {
  std::set<std::string> documented;
  std::string shipped = shipped_file();
  ck_assert(!shipped.empty());
  for (std::smatch match; std::regex_search(shipped, match, std::regex("\n#([a-z_0-9]+) = "));
       shipped = match.suffix())
    documented.insert(match[1]);
  const std::set<std::string> known = {
      "realm", "servers", "site", "transport", "ca_file", "authentication", "keytab", "principal", "bind_dn",
      "password_file", "bases", "user_filter", "group_filter", "incremental", "full_reconcile_hours",
      "connect_timeout_seconds", "timeout_seconds", "total_timeout_seconds", "page_size",
      // [ids]
      "scheme", "sssd_range_min", "sssd_range_max", "sssd_range_size", "sssd_earlier_domains",
      "sssd_default_domain", "rid_low", "rid_high", "rid_base", "lowest_id", "highest_id",
      // [users], [groups]
      "home", "home_from_directory", "shell", "shell_from_directory", "gecos", "name_forms", "enumerate",
      "only",
      // [account], [certificates]
      "max_snapshot_age_hours", "live_timeout_ms", "lockout_minutes", "workstation", "services",
      "allowed_groups", "denied_groups", "weak_forms"};
  ck_assert(documented == known);
}
END_TEST

START_TEST(the_shipped_defaults_are_the_built_in_ones) {
  const AdConfig shown = accepted(uncommented(false));
  const AdConfig defaults;
  const ldap::Settings& a = shown.directory;
  const ldap::Settings& b = defaults.directory;
  ck_assert(a.servers == b.servers && a.site == b.site && a.transport == b.transport &&
            a.ca_file == b.ca_file);
  ck_assert(a.authentication == b.authentication && a.keytab == b.keytab && a.principal == b.principal);
  ck_assert(a.bind_dn == b.bind_dn && a.password_file == b.password_file && a.bases == b.bases);
  ck_assert(a.user_filter == b.user_filter && a.group_filter == b.group_filter);
  ck_assert(a.incremental == b.incremental && a.full_every == b.full_every && a.timeout == b.timeout);
  ck_assert(a.connect_timeout == b.connect_timeout && a.total_timeout == b.total_timeout);
  ck_assert(a.page_size == b.page_size);
  ck_assert(shown.ids == defaults.ids);
  ck_assert(shown.users.home == defaults.users.home && shown.users.shell == defaults.users.shell);
  ck_assert(shown.users.gecos == defaults.users.gecos && shown.users.enumerate == defaults.users.enumerate);
  ck_assert(shown.users.home_from_directory == defaults.users.home_from_directory);
  ck_assert(shown.users.shell_from_directory == defaults.users.shell_from_directory);
  ck_assert(!shown.users.name_forms.at_realm && !shown.users.name_forms.domain_backslash);
  ck_assert(shown.groups.only == defaults.groups.only);
  ck_assert(shown.account.max_snapshot_age == defaults.account.max_snapshot_age);
  ck_assert(shown.account.live_timeout == defaults.account.live_timeout);
  ck_assert(shown.account.lockout_duration == defaults.account.lockout_duration);
  ck_assert(shown.account.workstation == defaults.account.workstation);
  ck_assert(shown.account.service_rules.empty() && shown.certificates.weak_forms.empty());
}
END_TEST

START_TEST(the_shipped_examples_are_accepted) {
  const AdConfig shown = accepted(uncommented(true));
  ck_assert_uint_eq(shown.account.service_rules.size(), 1);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/config");
  TCase* tests = tcase_create("ad_config");
  tcase_add_test(tests, every_section_is_read);
  tcase_add_test(tests, mistakes_are_told_with_their_place);
  tcase_add_test(tests, what_all_files_together_must_say);
  tcase_add_test(tests, files_are_read_in_order);
  tcase_add_test(tests, the_shipped_file_documents_every_key);
  tcase_add_test(tests, the_shipped_defaults_are_the_built_in_ones);
  tcase_add_test(tests, the_shipped_examples_are_accepted);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
