// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/pki_fixture.h"
#include "validator/map/map_file.h"
#include "validator/map/mapping_strings.h"
#include "validator/map/whole_map.h"

#include <gnutls/crypto.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using map::MapFile;
using map::strong_mapping_strings;

constexpr char kIssuer[] = "C=JP,O=JPKI-TEST,OU=JPKI for user authentication,OU=Test Agency";

std::vector<std::string> strings_of(const Blob& serial) {
  auto builder = person();
  builder.serial = serial;
  return strong_mapping_strings(decoded(builder.sign(key("root"))));
}

START_TEST(strings_as_windows_writes_them) {
  const std::string issuer = std::string("X509:<I>") + kIssuer + "<SR>";
  expect_text(strings_of({0x00, 0x8f, 0x01, 0x02, 0x03})[0], issuer + "0302018F");
  expect_text(strings_of({0x2b, 0, 0, 0, 0, 0x11, 0xac, 0, 0, 0, 0, 0x12})[0],
              issuer + "1200000000AC11000000002B");
  expect_text(strings_of({0x00})[0], issuer + "00");
  expect_text(strings_of({0x7f, 0x00})[0], issuer + "007F");

  const Blob bytes = person().sign(key("root"));
  const auto strings = strong_mapping_strings(decoded(bytes));
  ck_assert_uint_eq(strings.size(), 3);
  expect_text(strings[1], "X509:<SKI>" + to_hex(key("person").key_identifier()));
  Blob sha1(20);
  ck_assert_int_eq(gnutls_hash_fast(GNUTLS_DIG_SHA1, bytes.data(), bytes.size(), sha1.data()), 0);
  expect_text(strings[2], "X509:<SHA1-PUKEY>" + to_hex(sha1));
  ck_assert_uint_eq(
      strong_mapping_strings(decoded(person().remove(pki::oid::kSubjectKeyIdentifier).sign(key("root"))))
          .size(),
      2);
  const auto nameless =
      strong_mapping_strings(decoded(person().replace(pki::subject_key_identifier({})).sign(key("root"))));
  ck_assert_uint_eq(nameless.size(), 2);
  ck_assert(nameless[1].starts_with("X509:<SHA1-PUKEY>"));
}
END_TEST

struct Site {
  Expected<std::string, map::MapError> account(std::string_view content, int mode = 0640) const {
    const std::string path = directory.write("map", content, std::filesystem::perms(mode));
    const auto file = MapFile::open(path, ::getuid());
    if (!file) return Unexpected{file.error()};
    const auto leaf = decoded(person().sign(key("root")));
    const auto anchors = store_of(root());
    const auto verified = validate_path(leaf, {}, anchors, jpki_policy(), kNow);
    ck_assert(verified.has_value());
    return file->account_of(*verified);
  }
  void refused(std::string_view content, Verdict verdict, const std::string& cause, int mode = 0640) const {
    const auto result = account(content, mode);
    ck_assert(!result.has_value());
    expect_verdict(result.error().verdict, verdict, result.error().cause);
    expect_contains(result.error().cause, cause);
  }
  TemporaryDirectory directory;
};

std::string serial_line(const std::string& account, const std::string& serial = "0302018F") {
  return account + "  X509:<I>" + kIssuer + "<SR>" + serial + "\n";
}
std::string key_line(const std::string& account) {
  return account + "\tX509:<SKI>" + to_hex(key("person").key_identifier()) + " \r\n";
}
std::string print_line(const std::string& account) {
  return account + " " + strong_mapping_strings(decoded(person().sign(key("root"))))[2] + "\n";
}

START_TEST(mail_addresses_are_mapped_once_each) {
  const auto mail = [](std::string_view address) { return pki::der::tlv(0x81, as_bytes(address)); };
  auto builder = person();
  builder.replace(pki::subject_alt_name(
      {mail("taro@city.example"), mail("t.yamada@city.example"), mail("taro@city.example")}));
  const mapping::WeakForm forms[] = {mapping::WeakForm::kRfc822};
  const auto strings = map::weak_mapping_strings(decoded(builder.sign(key("root"))), forms);
  ck_assert_uint_eq(strings.size(), 2);
  expect_text(strings[0], "X509:<RFC822>taro@city.example");
  expect_text(strings[1], "X509:<RFC822>t.yamada@city.example");
}
END_TEST

START_TEST(accounts) {
  const Site site;
  expect_text(*site.account("# staff\n\n" + serial_line("other", "01") + print_line("sato")), "sato");
  expect_text(*site.account(key_line("sato")), "sato");
  expect_text(*site.account(print_line("sato") + key_line("sato") + print_line("sato")), "sato");
  std::string unterminated = print_line("sato");
  unterminated.pop_back();
  expect_text(*site.account(unterminated), "sato");
}
END_TEST

START_TEST(refusals) {
  const Site site;
  site.refused("", Verdict::kNotMapped, "no line for this certificate");
  site.refused(serial_line("sato", "0302018e"), Verdict::kNotMapped, "");
  site.refused(print_line("sato") + print_line("suzuki"), Verdict::kMappingAmbiguous, ":1 and :2");
  site.refused(key_line("sato") + "\n" + print_line("suzuki"), Verdict::kMappingAmbiguous, ":1 and :3");
  site.refused(serial_line("sato"), Verdict::kMapUnusable, "readable by others", 0644);
  site.refused(serial_line("sato"), Verdict::kMapUnusable, "writable", 0660);
  const auto missing = MapFile::open(site.directory.path("missing"), ::getuid());
  ck_assert(!missing && missing.error().verdict == Verdict::kMapUnusable);
}
END_TEST

// A wrong line binds nobody and refuses whom it was to bind; the whole map tells every one.
START_TEST(wrong_lines) {
  const Site site;
  const std::string identifier = to_hex(key("person").key_identifier());
  const struct {
    std::string line;
    const char* cause;
    bool is_the_persons;
  } cases[] = {
      {"sato", "not a mapping string", false},
      {"sato X509:<S>C=JP", "not a strong mapping", false},
      {"sato X509:<SKI>abc", "<SKI> and <SHA1-PUKEY> must be hexadecimal", false},
      {"sato X509:<SKI> " + identifier, "<SKI> and <SHA1-PUKEY> must be hexadecimal", true},
      {"sato x509:<SKI>" + identifier + "\r", "not a strong mapping", true},
      {"sato X509:<SHA1-PUKEY>00" + identifier + "\t ", "<SHA1-PUKEY> must be 40 digits", true},
      {"sa\x01to X509:<SKI>" + identifier, "control characters", true},
      {"sa\x7fto X509:<SKI>" + identifier, "control characters", true},
      {std::string("sato X509:<SKI>ab\0", 18) + identifier, "<SKI> and <SHA1-PUKEY> must be hexadecimal",
       true},
  };
  for (const auto& [line, cause, is_the_persons] : cases) {
    const std::string text = "\n# staff\n" + line + "\n";
    const auto whole = map::parse_map(text + "sato\n");
    ck_assert_uint_eq(whole.complaints.size(), 2);
    expect_contains(whole.complaints[0], std::string(":3: ") + cause);
    expect_contains(whole.complaints[1], ":4: not a mapping string");
    if (is_the_persons) {
      site.refused(text, Verdict::kMapUnusable, std::string("map:3: ") + cause);
      site.refused(print_line("sato") + text, Verdict::kMapUnusable, std::string("map:4: ") + cause);
    } else {
      site.refused(text, Verdict::kNotMapped, "");
      expect_text(*site.account(text + print_line("sato")), "sato");
    }
  }
}
END_TEST

START_TEST(a_line_is_a_binding_of_its_own) {
  const auto good = map::parse_line(" a \t X509:<SKI>AB\r");
  ck_assert(good && *good && **good == (map::Binding{0, "a", "X509:<SKI>ab"}));
  for (const char* nothing : {"", " \t\r", "#", " # a X509:<SKI>ab"})
    ck_assert_msg(map::parse_line(nothing) && !*map::parse_line(nothing), "%s", nothing);
  ck_assert_uint_eq(map::parse_line("a").error().offset, 0);
  const auto whole = map::parse_map("b X509:<SKI>00\n\na\nc X509:<SKI>01\nd X509:<SKI>02");
  const std::vector<map::Binding> bindings = {
      {0, "b", "X509:<SKI>00"}, {18, "c", "X509:<SKI>01"}, {33, "d", "X509:<SKI>02"}};
  ck_assert(whole.bindings == bindings);
  ck_assert_uint_eq(whole.complaints.size(), 1);
  expect_contains(whole.complaints[0], ":3: ");
}
END_TEST

// All JPKI generations share one issuer name, and another generation may repeat a serial: a stale binding by
// issuer and serial must not let another person in.
START_TEST(issuer_and_serial_do_not_name_a_jpki_certificate) {
  const Site site;
  site.refused("\n" + serial_line("sato"), Verdict::kNotMapped,
               "map:2: all JPKI generations share one issuer name");
  expect_text(*site.account(serial_line("other") + key_line("sato")), "sato");
  const std::string line = "X509:<I>c=JP<SR>01";
  ck_assert(!map::names_one_certificate(line, x509::Kind::kJpkiAuthentication));
  ck_assert(map::names_one_certificate(line, x509::Kind::kLgpkiUser));
  ck_assert(map::names_one_certificate("X509:<SKI>01", x509::Kind::kJpkiAuthentication));
}
END_TEST

START_TEST(every_bound_account_is_listed_once) {
  const Site site;
  const std::string path = site.directory.write("map", serial_line("b") + key_line("a") + print_line("b"),
                                                std::filesystem::perms(0640));
  ck_assert((map::load_map(path, ::getuid())->accounts() == std::vector<std::string>{"a", "b"}));
}
END_TEST

// A double binding refuses its own certificate, nobody else's.
START_TEST(ambiguity_is_local) {
  const Site site;
  expect_text(*site.account(serial_line("a", "01") + serial_line("b", "01") + key_line("sato")), "sato");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("map");
  TCase* tc = tcase_create("map");
  for (const auto* test :
       {strings_as_windows_writes_them, mail_addresses_are_mapped_once_each, accounts, refusals, wrong_lines,
        a_line_is_a_binding_of_its_own, ambiguity_is_local, issuer_and_serial_do_not_name_a_jpki_certificate,
        every_bound_account_is_listed_once})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person"}) key(name);
  return run_suite(suite());
}
