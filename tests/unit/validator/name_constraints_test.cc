// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name_constraints.h"

#include "tests/unit/validator/path_fixture.h"
#include "validator/x509/name_syntax.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using x509::Containment;

constexpr auto kIn = Containment::kInside;
constexpr auto kOut = Containment::kOutside;
constexpr auto kUnclear = Containment::kUnclear;

Containment where(const Blob& name, const Blob& base) {
  const pki::Extension extension = name_constraints({base});
  const auto constraints = x509::decode_name_constraints(extension.value);
  ck_assert(constraints && constraints->permitted.size() == 1);
  asn1::DerReader reader(name);
  const auto decoded_name = x509::decode_general_name(*reader.read());
  ck_assert(decoded_name.has_value());
  return containment(*decoded_name, constraints->permitted[0]);
}

template <class Make>
void expect_table(Make make, std::initializer_list<std::tuple<const char*, const char*, Containment>> rows) {
  for (const auto& [name, base, expected] : rows)
    ck_assert_msg(where(make(name), make(base)) == expected, "\"%s\" in \"%s\"", name, base);
}

START_TEST(dns_names) {
  expect_table(dns, {{"host.example.org", "host.example.org", kIn},
                     {"www.host.example.org", "host.example.org", kIn},
                     {"HOST.Example.ORG", "host.example.org", kIn},
                     {"host1.example.org", "host.example.org", kOut},
                     {"badhost.example.org", "host.example.org", kOut},
                     {"example.org", "host.example.org", kOut},
                     {"host.example.org.", "host.example.org", kIn},
                     {"anything.test", "", kIn},
                     {"a.example.org", ".example.org", kIn},
                     {"example.org", ".example.org", kOut},
                     {"*.example.org", "example.org", kIn},
                     {"*.example.org", "host.example.org", kUnclear},
                     {"*.example.org", "example.net", kOut},
                     {"", "example.org", kUnclear}});
}
END_TEST

START_TEST(mailboxes) {
  expect_table(mailbox, {{"taro@example.org", "taro@example.org", kIn},
                         {"taro@EXAMPLE.org", "taro@example.org", kIn},
                         {"Taro@example.org", "taro@example.org", kUnclear},
                         {"jiro@example.org", "taro@example.org", kOut},
                         {"taro@example.org", "\"jiro\"@example.org", kUnclear},
                         {"\"jiro\"@example.org", "taro@example.org", kUnclear},
                         {"taro@example.org", "example.org", kIn},
                         {"taro@mail.example.org", "example.org", kOut},
                         {"taro@mail.example.org", ".example.org", kIn},
                         {"taro@a.mail.example.org", ".example.org", kIn},
                         {"taro@example.org", ".example.org", kOut},
                         {"\"a@b\"@example.org", "example.org", kIn},
                         {"taro@example.org", "", kIn},
                         {"taro", "example.org", kUnclear},
                         {"taro@", "example.org", kUnclear},
                         {"@example.org", "example.org", kUnclear}});
}
END_TEST

START_TEST(uris) {
  expect_table(uri, {{"http://host.example.org/path", "host.example.org", kIn},
                     {"ldap://HOST.example.org:389/cn=a", "host.example.org", kIn},
                     {"http://user@host.example.org", "host.example.org", kIn},
                     {"http://www.host.example.org/", "host.example.org", kOut},
                     {"http://www.host.example.org/", ".host.example.org", kIn},
                     {"http://host.example.org/", ".host.example.org", kOut},
                     {"http://evil.test/@host.example.org", "host.example.org", kOut},
                     {"http://evil.test?host.example.org", "host.example.org", kOut},
                     {"http://host.example.org#a", "host.example.org", kIn},
                     {"http://evil.test\\@host.example.org", "host.example.org", kUnclear},
                     {"http://192.0.2.1/", "host.example.org", kUnclear},
                     {"http://[2001:db8::1]/", "host.example.org", kUnclear},
                     {"http://ho%73t.example.org/", "host.example.org", kUnclear},
                     {"urn:example:a", "host.example.org", kUnclear},
                     {"http:///path", "host.example.org", kUnclear},
                     {"host.example.org", "host.example.org", kUnclear}});
}
END_TEST

// --- the forms, at their bounds
START_TEST(hosts_are_labels_of_letters_and_digits) {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  ck_assert_uint_eq(longest.size(), x509::kMaxHostSize);
  for (const std::string& good : {std::string("a"), std::string("az.AZ.09a"), std::string("a-b_c.x"),
                                  std::string("1.2.a"), label, longest, longest + '.'})
    ck_assert_msg(x509::host_name(good).has_value(), "%s", good.c_str());
  ck_assert(x509::host_name("a.") == "a");
  for (const std::string& bad :
       {std::string(""), std::string("."), std::string("a.."), std::string(".a"), std::string("a..b"),
        std::string("-a"), std::string("a-"), std::string("b.-a.c"), std::string("a b"), std::string("a/b"),
        std::string("a:b"), std::string("a@b"), std::string("a[b"), std::string("a`b"), std::string("a{b"),
        std::string("a.09"), std::string("a\xc3\xa9"), label + 'a', longest + 'a'})
    ck_assert_msg(!x509::host_name(bad), "%s", bad.c_str());
}
END_TEST

START_TEST(mailboxes_have_one_local_part_and_one_host) {
  const std::string longest(256, 'a');
  for (const std::string& local :
       {std::string("a"), std::string("a.b"), std::string("!#$%&'*+-/=?^_`{|}~09azAZ"),
        std::string("\xc3\xa9"), std::string("\xc4\x80"), std::string("\"\xc4\x80\""), std::string("\"\""),
        std::string("\"a b@c\""), std::string("\"a\\\"b\""), std::string("\"\xc3\xa9\""), longest}) {
    const std::string text = local + "@x.test";
    const auto mailbox = x509::parse_mailbox(text);
    ck_assert_msg(mailbox && mailbox->local == local && mailbox->host == "x.test", "%s", local.c_str());
  }
  for (const std::string& local :
       {std::string(""), std::string("."), std::string(".a"), std::string("a."), std::string("a..b"),
        std::string("a b"), std::string("a,b"), std::string("(a)"), std::string("a\x7f"), std::string("\""),
        std::string("\"a"), std::string("\"a\\\""), std::string("\"a\\"), std::string("\"a\x01\""),
        std::string("\"a\\\x01\""), std::string("\"a\x7f\""), std::string("\"a\"b"), longest + 'a'})
    ck_assert_msg(!x509::parse_mailbox(local + "@x.test"), "%s", local.c_str());
  for (const char* whole : {"", "@", "a@", "a@b@x.test", "\"a\"", "\"a\"@", "a@-x.test"})
    ck_assert_msg(!x509::parse_mailbox(whole), "%s", whole);
  ck_assert(x509::is_plain_local_part("a.b") && !x509::is_plain_local_part("\"a\""));
  ck_assert(!x509::is_plain_local_part("\xc3\xa9") && !x509::is_plain_local_part("\x80"));
}
END_TEST

START_TEST(uris_have_a_scheme_and_a_host) {
  for (const char* good :
       {"a://x.test", "Zz09+-.://x.test", "http://x.test:", "http://x.test:0389/", "http://@x.test",
        "http://u:p@x.test:1/a:b", "http://x.test?a@b", "http://x.test#a@b"})
    ck_assert_msg(x509::host_of_uri(good) == "x.test", "%s", good);
  for (const char* bad :
       {"", ":", "://x.test", "1http://x.test", "+a://x.test", "ht_tp://x.test", "h/p://x.test",
        "http:/x.test", "http:x.test", "http//x.test", "http://", "http://x.test:3a", "http://x.test:a3",
        "http://x.test:1:2", "http://a@b@x.test", "http://x.test/a b", "http://x.test/\x7f",
        "http://x.test/\xc3\xa9", "http://x\\.test"})
    ck_assert_msg(!x509::host_of_uri(bad), "%s", bad);
}
END_TEST

START_TEST(addresses) {
  const Blob net{192, 0, 2, 0, 255, 255, 255, 0};
  ck_assert(where(address({192, 0, 2, 77}), address(net)) == kIn);
  ck_assert(where(address({192, 0, 3, 77}), address(net)) == kOut);
  Blob six(16, 0);
  six[0] = 0x20;
  Blob six_net = six;
  six_net.resize(32, 0);
  six_net[16] = 0xf0;
  ck_assert(where(address(six), address(six_net)) == kIn);
  six[0] = 0x30;
  ck_assert(where(address(six), address(six_net)) == kOut);
  ck_assert(where(address(six), address(net)) == kOut);
  ck_assert(where(address({192, 0, 2}), address(net)) == kUnclear);
  // The first and the last bit of each octet.
  const Blob one{192, 0, 2, 128, 255, 255, 255, 255}, half{192, 0, 2, 128, 255, 255, 255, 128}, all(8, 0);
  ck_assert(where(address({192, 0, 2, 128}), address(one)) == kIn);
  ck_assert(where(address({192, 0, 2, 129}), address(one)) == kOut);
  ck_assert(where(address({192, 0, 2, 255}), address(half)) == kIn);
  ck_assert(where(address({192, 0, 2, 127}), address(half)) == kOut);
  ck_assert(where(address({192, 0, 2, 128}), address(all)) == kIn);
}
END_TEST

START_TEST(directory_names) {
  const auto name = [](std::string_view organization, std::string_view unit, std::uint8_t tag) {
    return pki::directory_name(pki::distinguished_name(
        {pki::country("JP"), pki::organization(organization, tag), pki::organizational_unit(unit, tag)}));
  };
  const Blob base = pki::directory_name(
      pki::distinguished_name({pki::country("JP"), pki::organization("Test City", der::kUtf8String)}));
  ck_assert(where(name("Test City", "A", der::kUtf8String), base) == kIn);
  ck_assert(where(name("TEST  city", "A", der::kPrintableString), base) == kIn);
  ck_assert(where(name("Other City", "A", der::kUtf8String), base) == kOut);
  ck_assert(where(base, name("Test City", "A", der::kUtf8String)) == kOut);
  ck_assert(where(base, pki::directory_name(der::sequence({}))) == kIn);
}
END_TEST

START_TEST(other_forms_are_unclear) {
  ck_assert(where(registered_id("1.2.3"), registered_id("1.2.3")) == kUnclear);
}
END_TEST

START_TEST(malformed) {
  const auto refused = [](const Blob& value) { ck_assert(!x509::decode_name_constraints(value)); };
  refused(der::sequence({}));
  refused(der::null());
  refused(der::sequence({Bytes(der::tlv(der::context_constructed(0), Blob{}))}));
  refused(name_constraints({der::null()}).value);
  refused(name_constraints({address({192, 0, 2, 0})}).value);                  // no mask
  refused(name_constraints({address({192, 0, 2, 0, 255, 0, 255, 0})}).value);  // a mask with a hole
  refused(name_constraints({address({192, 0, 2, 0, 255, 0xfd, 0, 0})}).value);
  refused(name_constraints({dns("\xe3\x81\x82.test")}).value);  // not IA5
  Blob trailing = name_constraints({dns("a.test")}).value;
  trailing.push_back(0);
  refused(trailing);
  refused(name_constraints(std::vector<Blob>(x509::kMaxGeneralNames + 1, dns("a.test"))).value);
}
END_TEST

Blob subtree_with(const Blob& distance) {
  const Blob subtree = der::sequence({Bytes(dns("example.org")), Bytes(distance)});
  return der::sequence({Bytes(der::tlv(der::context_constructed(0), {Bytes(subtree)}))});
}

// RFC 5280 4.2.1.10: minimum is 0 and maximum absent; otherwise process or reject.
START_TEST(distances) {
  const auto of = [](const Blob& distance) {
    const auto constraints = x509::decode_name_constraints(subtree_with(distance));
    ck_assert(constraints.has_value());
    return constraints->permitted[0].has_distances;
  };
  ck_assert(!of(der::tlv(der::context(0), Blob{0})));
  ck_assert(of(der::tlv(der::context(0), Blob{1})));
  ck_assert(of(der::tlv(der::context(1), Blob{3})) && of(der::tlv(der::context(1), Blob{0})));
  ck_assert(!x509::decode_name_constraints(subtree_with(der::null())));
}
END_TEST

// Along a path: the person below an authority with constraints.
Case constrained(
    const pki::Extension& constraints, const Change& change_person = [](auto&) {}) {
  Case c = through_intermediate([&](auto& ca) { ca.add(constraints); });
  auto leaf = person(unit_name("A"), "intermediate");
  change_person(leaf);
  c.leaf = leaf.sign(key("intermediate"));
  return c;
}

Change with_names(std::vector<Blob> names) {
  return [names](pki::CertificateBuilder& leaf) {
    leaf.add({pki::oid::kSubjectAltName, false, der::sequence(names)});
  };
}

START_TEST(permitted_and_excluded) {
  const auto good = Verdict::kAccepted;
  const auto bad = Verdict::kCertificateUnacceptable;
  const Blob japan = pki::directory_name(pki::distinguished_name({pki::country("JP")}));
  const Blob elsewhere = pki::directory_name(pki::distinguished_name({pki::country("FR")}));
  expect(constrained(name_constraints({japan})), good);
  expect(constrained(name_constraints({elsewhere})), bad, "6.1.3(b): directoryName outside");
  expect(constrained(name_constraints({elsewhere, japan})), good);
  expect(constrained(name_constraints({}, {japan})), bad, "6.1.3(c): directoryName");
  expect(constrained(name_constraints({japan}, {elsewhere})), good);

  const auto dns_only = name_constraints({dns("example.org")});
  expect(constrained(dns_only), good);  // there is no dNSName to judge
  expect(constrained(dns_only, with_names({dns("a.example.org")})), good);
  expect(constrained(dns_only, with_names({dns("a.example.org"), dns("a.test")})), bad, "dNSName outside");
  expect(constrained(dns_only, with_names({mailbox("a@a.test")})), good);
  expect(constrained(name_constraints({}, {dns("a.example.org")}), with_names({dns("*.example.org")})), bad,
         "excluded");
  expect(constrained(name_constraints({dns("a.example.org")}), with_names({dns("*.example.org")})), bad,
         "outside");
}
END_TEST

START_TEST(unsupported_forms) {
  const auto constraints = name_constraints({registered_id("1.2.3")});
  expect(constrained(constraints), Verdict::kAccepted);
  expect(constrained(constraints, with_names({registered_id("1.2.3")})), Verdict::kCertificateUnacceptable,
         "registeredID");
  expect(constrained(name_constraints({}, {registered_id("1.2.9")}), with_names({registered_id("1.2.3")})),
         Verdict::kCertificateUnacceptable, "registeredID");
  const pki::Extension distance{pki::oid::kNameConstraints, true,
                                subtree_with(der::tlv(der::context(0), Blob{1}))};
  expect(constrained(distance), Verdict::kAccepted);
  expect(constrained(distance, with_names({dns("a.example.org")})), Verdict::kCertificateUnacceptable,
         "dNSName");
}
END_TEST

START_TEST(email_address_of_the_subject) {
  const auto constraints = name_constraints({mailbox("example.org")});
  const auto named = [](std::string_view address, std::vector<Blob> names) {
    return [=](pki::CertificateBuilder& leaf) {
      leaf.subject = pki::distinguished_name(
          {pki::country("JP"),
           pki::Attribute{"1.2.840.113549.1.9.1", std::string(address), der::kIa5String}});
      if (!names.empty()) leaf.add({pki::oid::kSubjectAltName, false, der::sequence(names)});
    };
  };
  expect(constrained(constraints, named("taro@example.org", {})), Verdict::kAccepted);
  expect(constrained(constraints, named("taro@a.test", {})), Verdict::kCertificateUnacceptable, "rfc822Name");
  expect(constrained(constraints, named("taro@a.test", {dns("a.test")})), Verdict::kCertificateUnacceptable);
  // Both are mapped, so both are judged.
  expect(constrained(constraints, named("taro@a.test", {mailbox("taro@example.org")})),
         Verdict::kCertificateUnacceptable, "rfc822Name");
  expect(constrained(constraints, named("taro@example.org", {mailbox("taro@example.org")})),
         Verdict::kAccepted);
}
END_TEST

// Constraints add up, and bind intermediates too; a self-issued one only when it is the last.
START_TEST(along_the_path) {
  Case c;
  const Blob japan = pki::directory_name(pki::distinguished_name({pki::country("JP")}));
  const auto path_with = [&](const pki::Extension& first, const pki::Extension& second, const Blob& below) {
    c.pool.clear();
    c.pool.push_back(
        authority(authority_name(), unit_name("A"), "intermediate").add(first).sign(key("root")));
    c.pool.push_back(authority(unit_name("A"), below, "impostor").add(second).sign(key("intermediate")));
    c.leaf = person(below, "impostor").sign(key("impostor"));
  };
  path_with(name_constraints({japan}), name_constraints({japan}), unit_name("B"));
  expect(c, Verdict::kAccepted);
  const Blob persons = pki::directory_name(person_name());
  path_with(name_constraints({persons}), name_constraints({japan}), unit_name("B"));
  expect(c, Verdict::kCertificateUnacceptable, "depth 1");
  path_with(name_constraints({persons}), name_constraints({japan}), unit_name("A"));
  expect(c, Verdict::kAccepted);  // self-issued
  path_with(name_constraints({japan}), name_constraints({}, {persons}), unit_name("B"));
  expect(c, Verdict::kCertificateUnacceptable, "depth 0");
}
END_TEST

// Each name is compared with each subtree, so names times subtrees are bounded; 512 of each are judged still.
START_TEST(names_times_subtrees_are_bounded) {
  const std::vector<Blob> subtrees(512, dns("a.test"));
  Case c = through_intermediate([&](auto& ca) { ca.add(name_constraints({}, subtrees)); });
  const auto with_many = [&](std::size_t alternative, const char* last) -> const Case& {
    std::vector<Blob> names(alternative - 1, dns("b.test"));
    names.push_back(dns(last));
    auto leaf = person(unit_name("A"), "intermediate");  // whose subject is a name as well
    c.leaf = leaf.add({pki::oid::kSubjectAltName, false, der::sequence(names)}).sign(key("intermediate"));
    return c;
  };
  expect(with_many(511, "b.test"), Verdict::kAccepted);
  expect(with_many(511, "a.test"), Verdict::kCertificateUnacceptable, "6.1.3(c)");
  expect(with_many(512, "b.test"), Verdict::kCertificateUnacceptable, "too many names");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("name_constraints");
  TCase* tc = tcase_create("name_constraints");
  for (const auto* test :
       {dns_names, mailboxes, uris, hosts_are_labels_of_letters_and_digits,
        mailboxes_have_one_local_part_and_one_host, uris_have_a_scheme_and_a_host, addresses, directory_names,
        other_forms_are_unclear, malformed, distances, permitted_and_excluded, unsupported_forms,
        email_address_of_the_subject, along_the_path, names_times_subtrees_are_bounded})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "intermediate", "impostor"}) key(name);
  return run_suite(suite());
}
