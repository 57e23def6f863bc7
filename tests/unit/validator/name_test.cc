// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name.h"

#include "testkit/pki/names.h"
#include "tests/unit/support/expect.h"
#include "validator/asn1/der_reader.h"
#include "validator/x509/directory_string.h"
#include "validator/x509/general_name.h"

namespace {

using namespace jpki;
using test::expect_text;
namespace der = testpki::der;

struct OwnedName {
  explicit OwnedName(Blob bytes) : der(std::move(bytes)) {
    auto decoded = x509::decode_name(der);
    ck_assert_msg(decoded.has_value(), "%s", decoded ? "" : decoded.error().c_str());
    name = std::move(*decoded);
  }
  Blob der;
  x509::Name name;
};

OwnedName cn(std::string_view value, std::uint8_t tag) {
  return OwnedName(testpki::distinguished_name({{"2.5.4.3", std::string(value), tag}}));
}

bool equal(std::string_view a, std::uint8_t a_tag, std::string_view b, std::uint8_t b_tag) {
  return names_equal(cn(a, a_tag).name, cn(b, b_tag).name);
}

Blob attribute(std::string_view type, const Blob& value) {
  return der::sequence({der::oid(type), value});
}

START_TEST(strings_of_different_types) {
  const auto utf8 = der::kUtf8String;
  ck_assert(equal("Test CA", utf8, "Test CA", der::kPrintableString));
  ck_assert(equal("Test CA", utf8, "test  ca ", der::kPrintableString));
  ck_assert(equal("  Test\tCA", utf8, "TEST CA", der::kIa5String));
  ck_assert(equal("Caf\xc3\xa9", utf8, "CAF\xc9", der::kTeletexString));
  ck_assert(equal("\xe5\xb8\x82", utf8, std::string_view("\x5e\x02", 2), der::kBmpString));  // 市
  ck_assert(!equal("Test CA", utf8, "TestCA", utf8));
  ck_assert(!equal("Test CA", utf8, "Test CB", utf8));
}
END_TEST

START_TEST(unicode_forms) {
  const auto utf8 = der::kUtf8String;
  ck_assert(equal("\xef\xbc\xaa\xef\xbc\xb0", utf8, "jp", der::kPrintableString));  // full-width ＪＰ
  ck_assert(equal("\xe3\x82\xab\xe3\x82\x99", utf8, "\xe3\x82\xac", utf8));         // カ + ゛ = ガ
  ck_assert(
      equal("stra\xc3\x9f"
            "e",
            utf8, "STRASSE", utf8));
  ck_assert(
      equal("a\xe2\x80\x8b"
            "b",
            utf8, "ab", utf8));  // zero-width space
  ck_assert(
      equal("a\xe3\x80\x80"
            "b",
            utf8, "a b", utf8));  // ideographic space
  ck_assert(!equal("\xe3\x82\xab", utf8, "\xe3\x82\xac", utf8));
}
END_TEST

START_TEST(ascii_and_unicode_preparation_agree) {
  for (const std::string_view text : {"", " ", "A  b\tC ", "x\x01y\x7fz", "JPKI-TEST, Co."}) {
    const std::string with_unicode = std::string(text) + "\xe5\xb8\x82";
    auto expected = *x509::prepare_text(text);
    if (!text.empty() && text.back() == ' ' && !expected.empty()) expected += ' ';
    expect_text(*x509::prepare_text(with_unicode), expected + "\xe5\xb8\x82");
  }
}
END_TEST

START_TEST(structure_matters) {
  using testpki::common_name, testpki::country, testpki::organization;
  const OwnedName a(testpki::distinguished_name({country("JP"), organization("A"), common_name("B")}));
  const OwnedName reordered(
      testpki::distinguished_name({country("JP"), common_name("B"), organization("A")}));
  const OwnedName shorter(testpki::distinguished_name({country("JP"), organization("A")}));
  const OwnedName empty(der::sequence({}));
  ck_assert(names_equal(a.name, a.name));
  ck_assert(!names_equal(a.name, reordered.name));
  ck_assert(!names_equal(a.name, shorter.name));
  ck_assert(empty.name.empty() && names_equal(empty.name, empty.name) && !names_equal(a.name, empty.name));

  ck_assert(name_begins_with(a.name, shorter.name) && name_begins_with(a.name, empty.name));
  ck_assert(name_begins_with(a.name, a.name) && !name_begins_with(shorter.name, a.name));
  ck_assert(!name_begins_with(reordered.name, shorter.name));

  const Blob x = attribute("2.5.4.3", der::text(der::kUtf8String, "x"));
  const Blob y = attribute("2.5.4.5", der::text(der::kUtf8String, "y"));
  const OwnedName xy(der::sequence({der::tlv(der::kSet, {Bytes(x), Bytes(y)})}));
  const OwnedName yx(der::sequence({der::tlv(der::kSet, {Bytes(y), Bytes(x)})}));
  const OwnedName xx(der::sequence({der::tlv(der::kSet, {Bytes(x), Bytes(x)})}));
  ck_assert(names_equal(xy.name, yx.name));
  ck_assert(!names_equal(xy.name, xx.name));
  expect_text(to_ad_string(xy.name), "CN=x+SERIALNUMBER=y");
}
END_TEST

START_TEST(values_that_are_no_strings) {
  const auto with = [](const Blob& value) {
    return OwnedName(der::sequence({der::tlv(der::kSet, {Bytes(attribute("2.5.4.45", value))})}));
  };
  const auto bits = with(der::bit_string(Blob{0xaa}));
  ck_assert(names_equal(bits.name, bits.name));
  ck_assert(!names_equal(bits.name, with(der::octet_string(Blob{0x00, 0xaa})).name));
  expect_text(to_ad_string(bits.name), "OID.2.5.4.45=#00aa");
}
END_TEST

START_TEST(malformed_names) {
  const auto refused = [](const Blob& bytes) { return !x509::decode_name(bytes).has_value(); };
  const auto with_value = [](const Blob& value) {
    return der::sequence({der::tlv(der::kSet, {Bytes(attribute("2.5.4.3", value))})});
  };
  ck_assert(refused({}));
  ck_assert(refused(der::sequence({der::tlv(der::kSet, Bytes{})})));
  ck_assert(refused(with_value(der::text(der::kUtf8String, "\xff"))));
  ck_assert(refused(with_value(der::text(der::kUtf8String, "\xed\xa0\x80"))));  // a surrogate
  ck_assert(refused(with_value(der::text(der::kPrintableString, "\x80"))));
  ck_assert(refused(with_value(der::text(der::kBmpString, "abc"))));
  ck_assert(refused(with_value(der::text(der::kBmpString, "\xd8\x01"))));
  Blob trailing = with_value(der::text(der::kUtf8String, "a"));
  trailing.push_back(0);
  ck_assert(refused(trailing));
  ck_assert(refused(with_value(der::text(der::kUtf8String, std::string(x509::kMaxNameSize, 'a')))));
  const Blob rdn = der::tlv(der::kSet, {Bytes(attribute("2.5.4.3", der::text(der::kUtf8String, "a")))});
  ck_assert(!refused(der::sequence(std::vector<Blob>(x509::kMaxAttributes, rdn))));
  ck_assert(refused(der::sequence(std::vector<Blob>(x509::kMaxAttributes + 1, rdn))));
}
END_TEST

START_TEST(ad_strings) {
  const OwnedName name(testpki::distinguished_name({{"2.5.4.6", "JP", der::kPrintableString},
                                                    {"2.5.4.8", "Tokyo"},
                                                    {"2.5.4.10", "JPKI-TEST, Co."},
                                                    {"0.9.2342.19200300.100.1.1", "u1"},
                                                    {"2.5.4.3", " #a+\"b\\<c>;\n "}}));
  expect_text(to_ad_string(name.name),
              "C=JP,S=Tokyo,O=JPKI-TEST\\, Co.,OID.0.9.2342.19200300.100.1.1=u1,"
              "CN=\\ #a\\+\\\"b\\\\\\<c\\>\\;\\0a\\ ");
}
END_TEST

// What a terminal obeys is shown, not done: C1 controls, marks of direction, separators of lines.
START_TEST(ad_strings_have_no_controls) {
  const OwnedName name(
      testpki::distinguished_name({{"2.5.4.3",
                                    "a\xc2\x9b"
                                    "2J\xe2\x80\xae"
                                    "b\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c\xe5\xb1\xb1\xc2\xa0\xe2\x80\x90"}}));
  expect_text(to_ad_string(name.name),
              "CN=a\\c2\\9b2J\\e2\\80\\aeb\\e2\\81\\a6\\e2\\80\\a8\\d8\\9c\xe5\xb1\xb1\xc2\xa0\xe2\x80\x90");
}
END_TEST

START_TEST(text_of_other_forms_is_ascii) {
  for (const unsigned form : {1U, 2U, 6U}) {
    const auto decodes = [&](std::uint8_t last) {
      const Blob encoded = der::tlv(der::context(form), Blob{'a', last});
      return x509::decode_general_name(*asn1::DerReader(encoded).read()).has_value();
    };
    ck_assert_msg(decodes(0x7f) && !decodes(0x80) && !decodes(0xff), "[%u]", form);
  }
}
END_TEST

START_TEST(names_of_other_forms_are_compared_by_their_octets) {
  const Blob a = to_blob(as_bytes("a.test")), b = to_blob(as_bytes("b.test"));
  const auto of = [](x509::NameForm form, Bytes value) { return x509::GeneralName{form, value, {}}; };
  ck_assert(x509::names_equal(of(x509::NameForm::kDnsName, a), of(x509::NameForm::kDnsName, a)));
  ck_assert(!x509::names_equal(of(x509::NameForm::kDnsName, a), of(x509::NameForm::kDnsName, b)));
  ck_assert(!x509::names_equal(of(x509::NameForm::kDnsName, a), of(x509::NameForm::kUri, a)));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("name");
  TCase* tc = tcase_create("name");
  for (const auto* test :
       {strings_of_different_types, unicode_forms, ascii_and_unicode_preparation_agree, structure_matters,
        values_that_are_no_strings, malformed_names, ad_strings, ad_strings_have_no_controls,
        names_of_other_forms_are_compared_by_their_octets, text_of_other_forms_is_ascii})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
