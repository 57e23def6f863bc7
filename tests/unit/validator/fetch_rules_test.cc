// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/fetch_rules.h"

#include "tests/unit/support/check_main.h"
#include "validator/fetch/url.h"

namespace {

using namespace jpki;
using fetch::FetchRules;

struct Resolution {
  const char* url;
  const char* target;  // nullptr: forbidden
};

FetchRules site_rules() {
  FetchRules rules;
  rules.hosts = {"ocsp.example", "crl.example:8080", "[2001:DB8::1]:8888", "127.0.0.1"};
  rules.rewrites = {
      {"http://ca.example/", "http://mirror.example:3128/ca/"},
      {"http://ca.example/crl/", "https://mirror.example/lists/"},
      {"http://whole.example", "http://mirror.example:3128"},
      {"ldap:///", "ldap://directory.example/"},
      {"ldaps:///", "ldaps://directory.example/"},
      {"http://one.example/", "http://mirror.example:1/one/"},
      {"http://last.example/", "http://mirror.example:65535/"},
      {"http://loop.example/", "http://ca.example/"},
      {"http://loop.example/", "http://late.example/"},
  };
  return rules;
}

const std::vector<std::string> kConfigured = {"https://cvs.example:8443/validate",
                                              "ldap://crl-directory.example/cn=x"};

// Allowed as they are, or by a rewrite.
const Resolution kAllowed[] = {
    {"http://ocsp.example", "http://ocsp.example:80/"},
    {"http://ocsp.example/a?b=c&d", "http://ocsp.example:80/a?b=c&d"},
    {"https://ocsp.example/", "https://ocsp.example:443/"},
    {"HTTP://OCSP.Example/Path", "http://ocsp.example:80/Path"},
    {"http://ocsp.example:80/", "http://ocsp.example:80/"},
    {"http://ocsp.example?x", "http://ocsp.example:80/?x"},
    {"http://ocsp.example/a@b", "http://ocsp.example:80/a@b"},
    {"http://ocsp.example/!~", "http://ocsp.example:80/!~"},
    {"http://ocsp.example/../x%2f", "http://ocsp.example:80/../x%2f"},
    {"http://crl.example:8080/x", "http://crl.example:8080/x"},
    {"http://one.example/x", "http://mirror.example:1/one/x"},
    {"http://last.example/x", "http://mirror.example:65535/x"},
    {"ldap://crl.example:8080/cn=x?a?base", "ldap://crl.example:8080/cn=x?a?base"},
    {"http://[2001:db8:0:0::1]:8888/", "http://[2001:db8::1]:8888/"},
    {"http://127.0.0.1/", "http://127.0.0.1:80/"},
    {"https://cvs.example:8443/elsewhere", "https://cvs.example:8443/elsewhere"},
    {"ldap://crl-directory.example/ou=y", "ldap://crl-directory.example:389/ou=y"},
    {"http://ca.example/x", "http://mirror.example:3128/ca/x"},
    {"http://CA.example/crl/x", "https://mirror.example:443/lists/x"},
    {"http://whole.example", "http://mirror.example:3128/"},
    {"http://whole.example/a/b?c", "http://mirror.example:3128/a/b?c"},
    {"http://whole.example?c", "http://mirror.example:3128/?c"},
    {"ldap:///cn=x?certificateRevocationList", "ldap://directory.example:389/cn=x?certificateRevocationList"},
    {"ldaps:///cn=x", "ldaps://directory.example:636/cn=x"},
    {"http://loop.example/x", "http://ca.example:80/x"},  // once, by the first
    {"http://mirror.example:3128/other", "http://mirror.example:3128/other"},
};

START_TEST(what_a_rule_allows_is_resolved) {
  const auto target = fetch::resolve_url(kAllowed[_i].url, site_rules(), kConfigured);
  ck_assert_msg(target.has_value(), "refused: %s", kAllowed[_i].url);
  ck_assert_str_eq(target->c_str(), kAllowed[_i].target);
}
END_TEST

const char* const kForbidden[] = {
    "",
    "ocsp.example",
    "//ocsp.example/",
    "http:/ocsp.example/",
    "http://",
    "http:///x",
    "http://:80/",
    "ftp://ocsp.example/",
    "file:///etc/passwd",
    "file://ocsp.example/etc/passwd",
    "gopher://ocsp.example/",
    "dict://ocsp.example/",
    "http://other.example/",
    "http://ocsp.example:81/",
    "https://ocsp.example:80/",
    "http://crl.example/",
    "http://crl.example:08080x/",
    "http://sub.ocsp.example/",
    "http://ocsp.example.evil.example/",
    "http://evilocsp.example/",
    "http://ocsp.example@evil.example/",
    "http://ocsp.example:80@evil.example/",
    "http://evil.example@ocsp.example/",
    "http://evil.example#@ocsp.example/",
    "http://evil.example?@ocsp.example/",
    "http://evil.example/@ocsp.example/",
    "http://evil.example\\@ocsp.example/",
    "http://ocsp.example\\@evil.example/",
    "http://ocsp.example/#fragment",
    "http://ocsp.example./",
    "http://ocsp..example/",
    "http://.ocsp.example/",
    "http://ocsp%2eexample/",
    "http://ocsp.example%00.evil.example/",
    "http://ocsp.example%2f@evil.example/",
    "http://ocsp.example /",
    " http://ocsp.example/",
    "http://ocsp.example/a b",
    "http://ocsp.example/\r\nHost: evil.example",
    "http://ocsp.example\t/",
    "http://ocsp.example/\x7f",
    "http://\xef\xbd\x8f"
    "csp.example/",
    "http://ocsp.example:/",
    "http://ocsp.example:0/",
    "http://ocsp.example:+80/",
    "http://ocsp.example:65616/",
    "http://ocsp.example:80:80/",
    "http://[2001:db8::1]/",
    "http://[2001:db8::1%25eth0]:8888/",
    "http://[2001:db8::1/",
    "http://[::ffff:127.0.0.1]/",
    "http://2001:db8::1:8888/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://127.1/",
    "http://[127.0.0.1]/",
    "http://ocsp.example,evil.example/",
    "http://whole.example.evil.example/",
    "http://whole.example:8080/",
    "http://whole.example@evil.example/",
    "ldap://cn=x",
    "https://cvs.example/validate",
};

START_TEST(what_no_rule_allows_is_forbidden) {
  const auto target = fetch::resolve_url(kForbidden[_i], site_rules(), kConfigured);
  ck_assert_msg(!target.has_value(), "%s became %s", kForbidden[_i], target.value_or("").c_str());
}
END_TEST

START_TEST(no_rules_allow_nothing) {
  for (const Resolution& allowed : kAllowed) ck_assert(!fetch::resolve_url(allowed.url, {}, {}).has_value());
}
END_TEST

START_TEST(a_nul_inside_is_no_url) {
  const std::string url("http://ocsp.example\0.evil.example/", 34);
  ck_assert(!fetch::resolve_url(url, site_rules(), kConfigured).has_value());
}
END_TEST

START_TEST(names_of_hosts_have_no_empty_labels) {
  const std::string longest(253, 'a');
  for (const std::string& good :
       {std::string("a"), std::string("a.b"), std::string("A_b-9.c"), std::string("az.09"), longest})
    ck_assert_msg(fetch::parse_host(good).has_value(), "%s", good.c_str());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".a"), std::string("a."), std::string("a..b"),
        std::string("a b"), std::string("a/"), std::string("a`"), std::string("a{"), longest + "a"})
    ck_assert_msg(!fetch::parse_host(bad).has_value(), "%s", bad.c_str());
}
END_TEST

START_TEST(entries_that_are_no_host_allow_nothing) {
  FetchRules rules;
  rules.hosts = {"", "*", "http://ocsp.example", "ocsp.example:", "ocsp.example/", ":80"};
  ck_assert(!fetch::resolve_url("http://ocsp.example/", rules, {"ocsp.example", "http://"}).has_value());
}
END_TEST

START_TEST(a_log_sees_host_and_port_alone) {
  ck_assert(fetch::host_for_log("http://ocsp.example/taro?hanako") == "ocsp.example:80");
  ck_assert(fetch::host_for_log("http://taro@ocsp.example/x").find("taro") == std::string::npos);
}
END_TEST

START_TEST(a_url_is_what_it_was_read_from) {
  for (const Resolution& allowed : kAllowed) {
    const auto url = fetch::parse_url(allowed.target);
    ck_assert(url.has_value());
    const std::string again = url->text();
    ck_assert_str_eq(again.c_str(), allowed.target);
  }
}
END_TEST

struct Need {
  std::vector<std::string> urls;
  bool from_certificates;
  bool proxy;
  bool tls;
  bool libcurl;  // expected
};

const Need kNeeds[] = {
    {{}, false, true, true, false},
    {{"http://ocsp.example/"}, false, false, true, false},
    {{"HTTP://OCSP.example"}, false, false, true, false},
    {{"http://ca.example/x"}, false, false, true, false},
    {{}, true, false, false, false},
    {{"http://ocsp.example/"}, true, false, false, false},
    {{"https://forbidden.example/"}, false, false, true, false},
    {{"http://ocsp.example/"}, false, true, false, true},
    {{"http://ocsp.example/", "https://ocsp.example/"}, false, false, false, true},
    {{"ldap://crl-directory.example/cn=x"}, false, false, false, true},
    {{"http://ca.example/crl/x"}, false, false, false, true},  // rewritten to https
    {{}, true, false, true, true},
    {{}, true, true, false, true},
};

START_TEST(libcurl_is_for_more_than_plain_http) {
  const Need& need = kNeeds[_i];
  FetchRules rules = site_rules();
  if (need.proxy) rules.proxy = "http://proxy.example:3128";
  if (need.tls) rules.tls_trust = {{"default", "/etc/jpki/tls/default.pem"}};
  ck_assert_int_eq(fetch::needs_libcurl(need.urls, need.from_certificates, rules, kConfigured), need.libcurl);
}
END_TEST

Suite* fetch_rules_suite() {
  Suite* suite = suite_create("fetch rules");
  TCase* rules = tcase_create("rules");
  tcase_add_loop_test(rules, what_a_rule_allows_is_resolved, 0, std::size(kAllowed));
  tcase_add_loop_test(rules, what_no_rule_allows_is_forbidden, 0, std::size(kForbidden));
  tcase_add_loop_test(rules, libcurl_is_for_more_than_plain_http, 0, std::size(kNeeds));
  tcase_add_test(rules, no_rules_allow_nothing);
  tcase_add_test(rules, a_nul_inside_is_no_url);
  tcase_add_test(rules, names_of_hosts_have_no_empty_labels);
  tcase_add_test(rules, entries_that_are_no_host_allow_nothing);
  tcase_add_test(rules, a_log_sees_host_and_port_alone);
  tcase_add_test(rules, a_url_is_what_it_was_read_from);
  suite_add_tcase(suite, rules);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(fetch_rules_suite());
}
