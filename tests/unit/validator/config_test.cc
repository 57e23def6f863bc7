// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/config.h"

#include "tests/unit/support/check_main.h"
#include "validator/settings/strict_toml.h"

#include <regex>
#include <set>

#include <unistd.h>

namespace {

using namespace jpki;
using config::Config;

FileTrust own_files() {
  return {.owner = ::getuid()};
}

struct Refused {
  const char* text;
  const char* message;  // what the error must contain
};

const Refused kRefused[] = {
    {"[pkcs11\n", "jpki.toml:1: "},
    {"\n[pkcs11]\nmoduls = []\n", "jpki.toml:3: pkcs11.moduls is not a known key; did you mean \"modules\"?"},
    {"colour = 1\n", "jpki.toml:1: colour is not a known key; known here: pkcs11, login"},
    {"[pkcs11]\nmodules = \"x\"\n", "jpki.toml:2: pkcs11.modules must be an array of strings"},
    {"[pkcs11]\nmodules = [1]\n", "must be an array of strings"},
    {"[pkcs11]\nmodules = []\n", "at least one"},
    {"[pkcs11]\nmodules = [\"../evil.so\"]\n", "absolute paths"},
    {"pkcs11 = 3\n", "pkcs11 must be a table"},
    {"[login]\nkinds = [\"web-server\"]\n", "never log anyone in"},
    {"[login]\nkinds = [\"jpki\"]\n", "never log anyone in"},
    {"[login]\nkinds = []\n", "at least one"},
    {"[kind]\nkind = \"mail\"\n", "kind must be tables: [[kind]]"},
    {"[[kind]]\nkind = \"unknown\"\npolicy = \"1.2\"\n", "no kind of certificate"},
    {"[[kind]]\nkind = \"mail\"\npolicy = \"1..2\"\n", "jpki.toml:3: kind.policy must be a dotted OID"},
    {"[[kind]]\nkind = \"mail\"\npolicy = \"1.2\"\nextra = 1\n", "kind.extra is not a known key"},
    {"[trust]\nanchors = \"anchors.d\"\n", "jpki.toml:2: trust.anchors must be an absolute path"},
    {"[trust]\nanchors = 7\n", "trust.anchors must be a string, not integer"},
    {"[revocation]\nmax_age_hours = -1\n", "whole number from 0"},
    {"[revocation]\nmax_age_hours = 1.5\n", "whole number"},
    {"[revocation]\nclock_skew_seconds = 3601\n", "to 3600"},
    {"[account]\nmap = \"\"\n", "absolute path"},
    {"[log]\npseudonym_key = true\n", "must be a string, not boolean"},
    {"[log]\npseudonym_key = \"/a\"\npseudonym_key = \"/b\"\n", "jpki.toml:3: "},
};

START_TEST(every_mistake_is_told_with_its_line) {
  const Refused& refused = kRefused[_i];
  Config config;
  const auto applied = config::apply_config(refused.text, "jpki.toml", config);
  ck_assert_msg(!applied.has_value(), "accepted: %s", refused.text);
  ck_assert_msg(applied.error().find(refused.message) != std::string::npos, "\"%s\" does not say \"%s\"",
                applied.error().c_str(), refused.message);
}
END_TEST

START_TEST(every_key_is_read) {
  Config config;
  const auto applied = config::apply_config(R"(
[pkcs11]
modules = ["/usr/lib/softhsm/libsofthsm2.so", "opensc-pkcs11.so"]
[login]
kinds = ["jpki-authentication", "lgpki-user"]
[[kind]]
kind = "lgpki-user"
policy = "2.999.1"
[[kind]]
kind = "mail"
policy = "2.999.2"
[trust]
anchors = "/a"
[revocation]
crls = "/b"
max_age_hours = 36
clock_skew_seconds = 60
[account]
map = "/c"
[log]
pseudonym_key = "/d"
)",
                                            "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  ck_assert_uint_eq(config.pkcs11_modules.size(), 2);
  ck_assert((config.login_kinds == std::vector{x509::Kind::kJpkiAuthentication, x509::Kind::kLgpkiUser}));
  ck_assert_uint_eq(config.kind_rules.size(), 2);
  ck_assert(config.kind_rules[1].kind == x509::Kind::kMail && config.kind_rules[1].policy == "2.999.2");
  ck_assert_str_eq(config.anchors_directory.c_str(), "/a");
  ck_assert_str_eq(config.crl_directory.c_str(), "/b");
  ck_assert(config.crl_max_age == std::chrono::hours(36));
  ck_assert(config.clock_skew == std::chrono::seconds(60));
  ck_assert_str_eq(config.account_map_file.c_str(), "/c");
  ck_assert_str_eq(config.pseudonym_key_file.c_str(), "/d");
}
END_TEST

START_TEST(an_empty_file_gives_the_defaults) {
  Config config;
  ck_assert(config::apply_config("", "jpki.toml", config).has_value());
  const Config defaults;
  ck_assert(config.pkcs11_modules == defaults.pkcs11_modules && config.login_kinds == defaults.login_kinds);
}
END_TEST

START_TEST(drop_in_files_come_later_and_win) {
  const test::TemporaryDirectory directory;
  const std::string file =
      directory.write("jpki.toml", "[revocation]\nmax_age_hours = 1\n[trust]\nanchors = \"/x\"\n");
  std::filesystem::create_directory(file + ".d");
  directory.write("jpki.toml.d/20.toml", "[revocation]\nmax_age_hours = 3\n");
  directory.write("jpki.toml.d/10.toml",
                  "[revocation]\nmax_age_hours = 2\n[[kind]]\nkind = \"mail\"\npolicy = \"1.2\"\n");
  directory.write("jpki.toml.d/30.txt", "not read");
  const auto config = config::load_config(file, own_files());
  ck_assert_msg(config.has_value(), "%s", config ? "" : config.error().c_str());
  ck_assert(config->crl_max_age == std::chrono::hours(3));
  ck_assert_uint_eq(config->kind_rules.size(), 1);
  ck_assert_str_eq(config->anchors_directory.c_str(), "/x");
}
END_TEST

START_TEST(unsafe_and_missing_files_are_told_by_name) {
  const test::TemporaryDirectory directory;
  const auto says = [](const Expected<Config, std::string>& config, const char* text) {
    return !config.has_value() && config.error().find(text) != std::string::npos;
  };
  ck_assert(
      says(config::load_config(directory.path("absent.toml"), own_files()), "absent.toml: No such file"));
  ck_assert(says(config::load_config("jpki.toml", own_files()), "absolute path"));
  const std::string file = directory.write("jpki.toml", "", std::filesystem::perms(0664));
  ck_assert(says(config::load_config(file, own_files()), "chmod go-w"));
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  ck_assert(config::load_config(file, own_files()).has_value());
  std::filesystem::create_directory(file + ".d");
  directory.write("jpki.toml.d/a.toml", "x = 1\n");
  ck_assert(says(config::load_config(file, own_files()), "jpki.toml.d/a.toml:1: x is not"));
}
END_TEST

// The shipped file shows each key, commented out, with its default.
START_TEST(the_shipped_file_documents_every_key_with_its_default) {
  const char* source = std::getenv("srcdir");
  std::ifstream stream(std::string(source == nullptr ? "." : source) + "/conf/jpki.toml");
  std::string shipped((std::istreambuf_iterator<char>(stream)), {});
  ck_assert(!shipped.empty());
  std::set<std::string> documented;
  for (std::smatch match; std::regex_search(shipped, match, std::regex("\n#([a-z_0-9]+) = "));
       shipped = match.suffix())
    documented.insert(match[1]);
  const std::set<std::string> known = {
      "modules", "kinds", "kind",          "policy",        "anchors",
      "crls",    "map",   "max_age_hours", "pseudonym_key", "clock_skew_seconds"};
  ck_assert(documented == known);
}
END_TEST

START_TEST(the_shipped_defaults_are_the_built_in_ones) {
  const char* source = std::getenv("srcdir");
  std::ifstream stream(std::string(source == nullptr ? "." : source) + "/conf/jpki.toml");
  const std::string shipped((std::istreambuf_iterator<char>(stream)), {});
  // Uncomment every setting but the [[kind]] example.
  std::string text =
      std::regex_replace(shipped, std::regex("\n#\\[\\[kind\\]\\]\n#kind = .*\n#policy = .*\n"), "\n");
  text = std::regex_replace(text, std::regex("\n#([a-z_0-9]+ = )"), "\n$1");
  Config config;
  const auto applied = config::apply_config(text, "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  const Config defaults;
  ck_assert(config.pkcs11_modules == defaults.pkcs11_modules);
  ck_assert(config.login_kinds == defaults.login_kinds);
  ck_assert(config.crl_max_age == defaults.crl_max_age);
  ck_assert(config.clock_skew == defaults.clock_skew);
}
END_TEST

START_TEST(date_times_need_an_offset) {
  auto document =
      settings::TomlDocument::parse("a = 2033-07-15T00:00:00+09:00\nb = 2033-07-15T00:00:00\n", "x");
  ck_assert(document.has_value());
  std::optional<Time> a;
  std::optional<Time> b;
  auto root = document->root();
  root.get("a", a);
  ck_assert(!document->problem().has_value());
  ck_assert_int_eq(a->time_since_epoch().count(), 2004966000);
  root.get("b", b);
  ck_assert(!b.has_value() && document->problem()->starts_with("x:2: b must be a date-time with an offset"));
}
END_TEST

Suite* config_suite() {
  Suite* suite = suite_create("config");
  TCase* tests = tcase_create("config");
  tcase_add_loop_test(tests, every_mistake_is_told_with_its_line, 0, static_cast<int>(std::size(kRefused)));
  tcase_add_test(tests, every_key_is_read);
  tcase_add_test(tests, an_empty_file_gives_the_defaults);
  tcase_add_test(tests, drop_in_files_come_later_and_win);
  tcase_add_test(tests, unsafe_and_missing_files_are_told_by_name);
  tcase_add_test(tests, the_shipped_file_documents_every_key_with_its_default);
  tcase_add_test(tests, the_shipped_defaults_are_the_built_in_ones);
  tcase_add_test(tests, date_times_need_an_offset);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(config_suite());
}
