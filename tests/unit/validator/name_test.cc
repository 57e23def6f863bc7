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
  const OwnedName x_alone(der::sequence({der::tlv(der::kSet, {Bytes(x)})}));
  ck_assert(!names_equal(xy.name, x_alone.name) && !names_equal(x_alone.name, xy.name));
  ck_assert(!names_equal(xx.name, x_alone.name) && !names_equal(x_alone.name, xx.name));
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

START_TEST(what_nobody_knows_to_be_different_may_be_the_same) {
  using Values = std::vector<Blob>;
  const auto rdn = [](const Values& values) {
    std::vector<Blob> attributes;
    for (const Blob& value : values) attributes.push_back(attribute("2.5.4.3", value));
    return OwnedName(der::sequence({der::tlv(der::kSet, attributes)}));
  };
  const Blob a = der::text(der::kUtf8String, "a"), also_a = der::text(der::kPrintableString, "A");
  const Blob b = der::text(der::kUtf8String, "b");
  const Blob octets = der::octet_string(Blob{1}), others = der::octet_string(Blob{2});
  const struct {
    Values name, base;
    bool may;
  } cases[] = {{{a}, {also_a}, true},  {{a}, {b}, false},          {{a}, {octets}, true},
               {{octets}, {a}, true},  {{octets}, {others}, true}, {{a}, {a, b}, false},
               {{a, b}, {a}, false},   {{a, b}, {b, a}, true},     {{a, b}, {octets, a}, true},
               {{a, a}, {a, b}, false}};
  for (const auto& one : cases)
    ck_assert_msg(name_may_begin_with(rdn(one.name).name, rdn(one.base).name) == one.may, "case %td",
                  &one - cases);
  const OwnedName of_other_type(der::sequence({der::tlv(der::kSet, {Bytes(attribute("2.5.4.5", octets))})}));
  ck_assert(!name_may_begin_with(of_other_type.name, rdn({a}).name));
  ck_assert(!name_may_begin_with(OwnedName(der::sequence({})).name, rdn({a}).name));
  ck_assert(name_may_begin_with(rdn({a}).name, OwnedName(der::sequence({})).name));
}
END_TEST

START_TEST(names_are_bounded) {
  // A name of `size` octets, of attributes with texts of at most 1000.
  const auto name_of_size = [](std::size_t size) {
    for (std::size_t last = 0; last < 2000; ++last) {
      Blob rdns;
      for (int i = 0; i < 15; ++i)
        der::append(
            rdns,
            der::tlv(der::kSet, attribute("2.5.4.3", der::text(der::kUtf8String, std::string(1000, 'a')))));
      der::append(rdns, der::tlv(der::kSet,
                                 attribute("2.5.4.3", der::text(der::kUtf8String, std::string(last, 'a')))));
      Blob name = der::tlv(der::kSequence, rdns);
      if (name.size() == size) return name;
    }
    ck_abort_msg("no such name");
  };
  ck_assert(x509::decode_name(name_of_size(x509::kMaxNameSize)).has_value());
  ck_assert(!x509::decode_name(name_of_size(x509::kMaxNameSize + 1)));

  const auto set_of = [](std::size_t attributes, std::size_t length) {
    Blob contents;
    for (std::size_t i = 0; i < attributes; ++i)
      der::append(contents, attribute("2.5.4.3", der::text(der::kUtf8String, std::string(length, 'a'))));
    return contents;
  };
  ck_assert(x509::decode_rdn(set_of(x509::kMaxAttributes, 1)).has_value());
  ck_assert(!x509::decode_rdn(set_of(x509::kMaxAttributes + 1, 1)));
  // 16 attributes of 1024 octets each.
  const Blob widest = set_of(16, 1024 - 13);
  ck_assert_uint_eq(widest.size(), x509::kMaxNameSize);
  ck_assert(x509::decode_rdn(widest).has_value());
  ck_assert(!x509::decode_rdn(set_of(16, 1024 - 12)));
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
  const Blob three = der::sequence({der::oid("2.5.4.3"), der::text(der::kUtf8String, "a"), der::null()});
  ck_assert(refused(der::sequence({der::tlv(der::kSet, {Bytes(three)})})));
  ck_assert(refused(der::sequence({der::tlv(der::kSet, der::sequence({der::oid("2.5.4.3")}))})));
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

// The first and the last of each row of such characters, and what stands beside them.
START_TEST(what_a_terminal_obeys_is_known_to_the_character) {
  const auto shown = [](std::uint32_t character) {
    const Blob four{0, static_cast<std::uint8_t>(character >> 16), static_cast<std::uint8_t>(character >> 8),
                    static_cast<std::uint8_t>(character)};
    const std::string text = *x509::to_utf8(asn1::kUniversalString, four);
    return to_ad_string(cn(text + "z", der::kUtf8String).name) == "CN=" + text + "z";
  };
  for (const std::uint32_t control : {0x01u, 0x1fu, 0x7fu, 0x80u, 0x9fu, 0x61cu, 0x200eu, 0x200fu, 0x2028u,
                                      0x202au, 0x202eu, 0x2066u, 0x2067u, 0x2069u})
    ck_assert_msg(!shown(control), "U+%04X", control);
  for (const std::uint32_t harmless :
       {0x21u, 0x7eu, 0xa0u, 0xc0u, 0xdfu, 0x61bu, 0x61du, 0x49cu, 0x65cu, 0x200du, 0x2010u, 0x2027u, 0x202fu,
        0x2065u, 0x206au, 0x2128u, 0x3028u, 0x20aeu})
    ck_assert_msg(shown(harmless), "U+%04X", harmless);
}
END_TEST

// RFC 4518 2.2, by either way of preparing.
START_TEST(what_becomes_a_space_and_what_is_dropped) {
  const auto prepared = [](const std::string& text) { return *x509::prepare_text(text); };
  for (const char* const other : {"", "\xe5\xb8\x82"}) {
    const std::string end = other;
    for (const char space : {'\x09', '\x0a', '\x0d', ' '}) {
      expect_text(prepared(std::string("a") + space + space + "B" + end), "a b" + end);
      expect_text(prepared(std::string(1, space) + "a" + end), "a" + end);
    }
    for (const char dropped : {'\x01', '\x08', '\x0e', '\x1f', '\x7f'})
      expect_text(prepared(std::string("a") + dropped + "b" + end), "ab" + end);
    expect_text(prepared("a~!0Zz[`{@" + end), "a~!0zz[`{@" + end);
  }
  for (const char* const space : {"\xc2\x85", "\xc2\xa0", "\xe2\x80\xa8", "\xe3\x80\x80"})
    expect_text(prepared(std::string("a") + space + "b"), "a b");
  // Controls, format characters and what is ignorable by default; some are but one of these.
  for (const char* const dropped : {"\xc2\x84", "\xc2\xad", "\xd8\x80", "\xcd\x8f", "\xef\xb8\x8f"})
    expect_text(prepared(std::string("a") + dropped + "b"), "ab");
}
END_TEST

START_TEST(only_a_mailbox_is_one) {
  const Blob text = der::text(der::kUtf8String, "taro@a.test");
  const Blob value = der::tlv(der::context_constructed(0), {Bytes(text)});
  const auto of = [](const std::vector<Blob>& fields) {
    const Blob encoded = der::tlv(der::context_constructed(0), fields);
    const auto name = x509::decode_general_name(*asn1::DerReader(encoded).read());
    const auto mailbox = x509::utf8_mailbox(*name);
    return mailbox ? std::string(as_text(*mailbox)) : std::string("none");
  };
  const Blob mailbox = der::oid("1.3.6.1.5.5.7.8.9");
  expect_text(of({mailbox, value}), "taro@a.test");
  expect_text(of({mailbox, value, der::null()}), "");
  expect_text(of({mailbox, der::tlv(der::context_constructed(1), {Bytes(text)})}), "");
  expect_text(of({mailbox}), "");
  expect_text(of({der::oid("1.3.6.1.5.5.7.8.7"), value}), "none");
}
END_TEST

START_TEST(names_of_other_forms_may_have_any_octets) {
  for (const std::uint8_t tag : {der::context_constructed(0), der::context_constructed(3),
                                 der::context_constructed(5), der::context(7), der::context(8)}) {
    const Blob encoded = der::tlv(tag, Blob{0x80, 0xff});
    ck_assert_msg(x509::decode_general_name(*asn1::DerReader(encoded).read()).has_value(), "%02x", tag);
  }
  // Nor is a form what has the other kind of encoding.
  for (const std::uint8_t tag :
       {der::context(0), der::context_constructed(1), der::context_constructed(2), der::context(3),
        der::context(4), der::context(5), der::context_constructed(6), der::context_constructed(7),
        der::context_constructed(8), der::context(9)}) {
    const Blob encoded = der::tlv(tag, Blob{0x30, 0x00});
    ck_assert_msg(!x509::decode_general_name(*asn1::DerReader(encoded).read()), "%02x", tag);
  }
}
END_TEST

START_TEST(a_name_is_among_others_in_any_spelling) {
  const Blob city =
      testpki::directory_name(testpki::distinguished_name({{"2.5.4.3", "\xe5\xb8\x82 CA"}}));  // not ASCII
  const Blob host = der::text(der::context(2), "a.test");
  Blob contents = city;
  der::append(contents, host);
  const auto names = x509::decode_general_names(contents);
  ck_assert(names && names->size() == 2 && names->front().name.has_value());
  const auto utf8 = der::kUtf8String;
  ck_assert(contains(*names, cn("\xe5\xb8\x82  ca", utf8).name));
  ck_assert(!contains(*names, cn("\xe5\xb8\x82 CB", utf8).name));
  for (const x509::GeneralName& name : *names) {
    ck_assert(contains(*names, name));
    ck_assert(contains({name}, name) && !contains({(*names)[&name == &names->front() ? 1 : 0]}, name));
  }
  ck_assert(!contains({(*names)[1]}, cn("a.test", utf8).name) && !contains({}, (*names)[0]));
}
END_TEST

START_TEST(general_names_are_bounded) {
  const Blob name = der::text(der::context(2), "a.test");
  const auto decodes = [&](std::size_t count) {
    Blob contents;
    for (std::size_t i = 0; i < count; ++i) der::append(contents, name);
    return x509::decode_general_names(contents).has_value();
  };
  ck_assert(decodes(1) && decodes(x509::kMaxGeneralNames));
  ck_assert(!decodes(0) && !decodes(x509::kMaxGeneralNames + 1));
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
        names_of_other_forms_are_compared_by_their_octets, text_of_other_forms_is_ascii,
        what_nobody_knows_to_be_different_may_be_the_same, names_are_bounded,
        what_a_terminal_obeys_is_known_to_the_character, what_becomes_a_space_and_what_is_dropped,
        only_a_mailbox_is_one, names_of_other_forms_may_have_any_octets, general_names_are_bounded,
        a_name_is_among_others_in_any_spelling})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
