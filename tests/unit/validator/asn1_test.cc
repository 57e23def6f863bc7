// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/support/expect.h"
#include "validator/asn1/der_values.h"
#include "validator/asn1/der_writer.h"

#include <initializer_list>

namespace {

using namespace jpki;
using asn1::DerReader;
using test::expect_text;

// Does the one value in `bytes` read, and does it fill them?
bool reads(const Blob& bytes) {
  DerReader reader(bytes);
  return reader.read().has_value() && reader.at_end();
}

asn1::Element element(std::uint8_t tag, std::string_view text) {
  return {tag, as_bytes(text), {}};
}

std::int64_t seconds(const std::optional<Time>& time) {
  ck_assert(time.has_value());
  return time->time_since_epoch().count();
}

START_TEST(lengths) {
  ck_assert(reads({0x04, 0x00}));
  ck_assert(reads({0x04, 0x02, 0xaa, 0xbb}));
  ck_assert(!reads({}));
  ck_assert(!reads({0x04}));
  ck_assert(!reads({0x04, 0x02, 0xaa}));           // beyond the input
  ck_assert(!reads({0x30, 0x80, 0x00, 0x00}));     // indefinite
  ck_assert(!reads({0x04, 0x81, 0x01, 0xaa}));     // not minimal
  ck_assert(!reads({0x04, 0x82, 0x00, 0x80}));     // leading zero
  ck_assert(!reads({0x04, 0x85, 1, 0, 0, 0, 0}));  // five length octets
  ck_assert(!reads({0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00}));
  ck_assert(!reads({0x04, 0xff}));
  Blob overflowing{0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0x80};  // 2^64 and 128
  overflowing.resize(11 + 0x80);
  ck_assert(!reads(overflowing));
  Blob longer{0x04, 0x81, 0x80};
  longer.resize(3 + 0x80);
  ck_assert(reads(longer));
  longer[2] = 0;  // 128 octets that are said to be none
  ck_assert(!reads(longer));
  Blob indefinite{0x04, 0x80};
  indefinite.resize(2 + 0x80);
  ck_assert(!reads(indefinite));
  Blob padded{0x04, 0x82, 0x00, 0x80};
  padded.resize(4 + 0x80);
  ck_assert(!reads(padded));
  Blob longest{0x04, 0x84, 0x01, 0, 0, 0};  // 16 MiB
  longest.resize(6 + (std::size_t{1} << 24));
  ck_assert(reads(longest));
}
END_TEST

START_TEST(identifiers) {
  ck_assert(!reads({0x00, 0x00}));        // end-of-contents
  ck_assert(!reads({0x1f, 0x01, 0x00}));  // high tag number
  ck_assert(!reads({0xbf, 0x01, 0x00}));
  ck_assert(!reads({0x24, 0x00}));  // constructed OCTET STRING
  for (const auto number :
       std::initializer_list<std::uint8_t>{8, 11, 16, 17}) {  // EXTERNAL, EMBEDDED PDV, SEQUENCE, SET
    ck_assert_msg(!reads({number, 0x00}), "primitive %d", number);
    ck_assert_msg(reads({static_cast<std::uint8_t>(0x20 | number), 0x00}), "constructed %d", number);
  }
  ck_assert(reads({0x30, 0x00}));
  ck_assert(reads({0x80, 0x00}));
  ck_assert(reads({0xa0, 0x00}));
}
END_TEST

START_TEST(failed_read_consumes_nothing) {
  const Blob bytes{0x02, 0x01, 0x05, 0x04, 0x09};
  DerReader reader(bytes);
  ck_assert(!reader.read(asn1::kOctetString));
  ck_assert(reader.next_is(asn1::kInteger));
  ck_assert(reader.read(asn1::kInteger)->encoded.size() == 3);
  ck_assert(!reader.read());
  ck_assert_uint_eq(reader.rest().size(), 2);
}
END_TEST

START_TEST(what_is_written_is_read) {
  for (const std::size_t size : {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000}) {
    const Blob half(size / 2, 0xaa), rest(size - size / 2, 0xbb);
    const Blob written = asn1::encode(asn1::kOctetString, {half, rest});
    const auto contents = asn1::read_only(written, asn1::kOctetString);
    ck_assert_msg(contents && contents->size() == size, "%zu", size);
    ck_assert(std::ranges::equal(contents->first(half.size()), half) &&
              std::ranges::equal(contents->subspan(half.size()), rest));
  }
  ck_assert(asn1::encode(asn1::kNull, {}) == (Blob{0x05, 0x00}));
}
END_TEST

START_TEST(the_only_element) {
  ck_assert(asn1::read_only(Blob{0x04, 0x01, 0x09}, asn1::kOctetString)->size() == 1);
  ck_assert(!asn1::read_only(Blob{0x04, 0x01, 0x09}, asn1::kInteger));
  ck_assert(!asn1::read_only(Blob{0x04, 0x01, 0x09, 0x00}, asn1::kOctetString));
  ck_assert(!asn1::read_only(Blob{0x04, 0x02, 0x09}, asn1::kOctetString));
}
END_TEST

START_TEST(integers) {
  ck_assert(!asn1::is_integer({}));
  ck_assert(!asn1::is_integer(Blob{0x00, 0x7f}));
  ck_assert(!asn1::is_integer(Blob{0xff, 0x80}));
  for (const std::uint8_t byte : Blob{0x00, 0x01, 0x7f, 0x80, 0xff}) ck_assert(asn1::is_integer(Blob{byte}));
  ck_assert(asn1::is_integer(Blob{0x00, 0x80}));
  ck_assert(asn1::is_integer(Blob{0xff, 0x7f}));
  for (const std::uint8_t byte : Blob{0x00, 0x01, 0x7f}) ck_assert(asn1::decode_unsigned(Blob{byte}) == byte);
  ck_assert(asn1::decode_unsigned(Blob{0x01, 0x02, 0x03}) == 0x010203u);
  ck_assert_uint_eq(*asn1::decode_unsigned(Blob{0x00, 0xff}), 255);
  ck_assert(!asn1::decode_unsigned(Blob{0xff}));
  ck_assert(asn1::decode_unsigned(Blob{0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) == UINT64_MAX);
  ck_assert(!asn1::decode_unsigned(Blob{0x01, 0, 0, 0, 0, 0, 0, 0, 0}));
}
END_TEST

START_TEST(booleans) {
  ck_assert(asn1::decode_boolean(Blob{0xff}) == true);
  ck_assert(asn1::decode_boolean(Blob{0x00}) == false);
  ck_assert(!asn1::decode_boolean(Blob{0x01}));
  ck_assert(!asn1::decode_boolean(Blob{}));
  ck_assert(!asn1::decode_boolean(Blob{0xff, 0xff}));
}
END_TEST

START_TEST(booleans_that_are_false_by_default) {
  struct {
    Blob input;
    std::optional<bool> value;
    std::size_t rest;  // octets that are left
  } const cases[] = {{{}, false, 0},
                     {{0x02, 0x01, 0x05}, false, 3},
                     {{0x01, 0x01, 0xff, 0x05, 0x00}, true, 2},
                     {{0x01, 0x01, 0x00}, false, 0},
                     {{0x01, 0x01, 0x01}, std::nullopt, 0},
                     {{0x01, 0x02, 0xff}, std::nullopt, 3}};
  for (const auto& one : cases) {
    DerReader reader(one.input);
    ck_assert(asn1::read_default_false(reader, asn1::kBoolean) == one.value);
    ck_assert_uint_eq(reader.rest().size(), one.rest);
  }
}
END_TEST

START_TEST(object_identifiers) {
  expect_text(*asn1::decode_oid(Blob{0x55, 0x1d, 0x0f}), "2.5.29.15");
  expect_text(*asn1::decode_oid(Blob{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d}), "1.2.840.113549");
  expect_text(*asn1::decode_oid(Blob{0x88, 0x37, 0x01}), "2.999.1");
  // X.690 8.19.4: the first two arcs in one number.
  expect_text(*asn1::decode_oid(Blob{0x00}), "0.0");
  expect_text(*asn1::decode_oid(Blob{0x27}), "0.39");
  expect_text(*asn1::decode_oid(Blob{0x28}), "1.0");
  expect_text(*asn1::decode_oid(Blob{0x4f}), "1.39");
  expect_text(*asn1::decode_oid(Blob{0x50}), "2.0");
  Blob uuid{0x69, 0x83};  // 2.25 and the largest 128-bit arc
  uuid.insert(uuid.end(), 17, 0xff);
  uuid.push_back(0x7f);
  expect_text(*asn1::decode_oid(uuid), "2.25.340282366920938463463374607431768211455");
  uuid[1] = 0x84;
  ck_assert(!asn1::decode_oid(uuid));
  ck_assert(!asn1::decode_oid(Blob{}));
  ck_assert(!asn1::decode_oid(Blob{0x80, 0x55, 0x01}));
  ck_assert(!asn1::decode_oid(Blob{0x55, 0x9d}));        // unfinished arc
  ck_assert(!asn1::decode_oid(Blob{0x55, 0x80, 0x01}));  // padded arc
  ck_assert(asn1::decode_oid(Blob(asn1::kMaxOidSize, 0x01)));
  ck_assert(!asn1::decode_oid(Blob(asn1::kMaxOidSize + 1, 0x01)));
}
END_TEST

START_TEST(bit_strings) {
  ck_assert(asn1::decode_bit_string(Blob{0x00}));
  ck_assert(!asn1::decode_bit_string(Blob{}));
  ck_assert(!asn1::decode_bit_string(Blob{0x01}));
  ck_assert(!asn1::decode_bit_string(Blob{0x08, 0x00}));
  ck_assert(!asn1::decode_bit_string(Blob{0x03, 0x01}));  // unused bits are set
  ck_assert(asn1::decode_named_bits(Blob{0x07, 0x80}) == 1);
  const Blob more{0x07, 0x80, 0xff};
  ck_assert(asn1::decode_named_bits(Bytes(more).first(2)) == 1);  // what is behind it is none of them
  ck_assert(asn1::decode_named_bits(Blob{0x00, 0x00, 0x01}) == 1 << 15);
  ck_assert(asn1::decode_named_bits(Blob{0x01, 0x06}) == (1 << 5 | 1 << 6));
  ck_assert(asn1::decode_named_bits(Blob{0x07, 0x00, 0x80}) == 1 << 8);
  ck_assert(!asn1::decode_named_bits(Blob{0x07, 0x00, 0x00, 0x80}));
}
END_TEST

START_TEST(times) {
  using asn1::decode_time;
  ck_assert_int_eq(seconds(decode_time(element(asn1::kUtcTime, "700101000000Z"))), 0);
  ck_assert_int_eq(seconds(decode_time(element(asn1::kUtcTime, "491231235959Z"))), 2524607999);
  ck_assert_int_eq(seconds(decode_time(element(asn1::kUtcTime, "500101000000Z"))), -631152000);
  ck_assert_int_eq(seconds(decode_time(element(asn1::kGeneralizedTime, "20500101000000Z"))), 2524608000);
  ck_assert_int_eq(seconds(decode_time(element(asn1::kGeneralizedTime, "20240229120000Z"))), 1709208000);
  for (const char* bad :
       {"", "Z", "7001010000Z", "700101000000", "700101000000+0900", "701301000000Z", "700230000000Z",
        "700101240000Z", "700101006000Z", "700101000060Z", "70010100000 Z", "-00101000000Z"})
    ck_assert_msg(!decode_time(element(asn1::kUtcTime, bad)), "%s", bad);
  ck_assert(!decode_time(element(asn1::kGeneralizedTime, "20240601000000.5Z")));
  ck_assert(!decode_time(element(asn1::kGeneralizedTime, "20230229120000Z")));
  ck_assert(!decode_time(element(asn1::kUtf8String, "700101000000Z")));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("asn1");
  TCase* tc = tcase_create("der");
  for (const auto* test :
       {lengths, identifiers, failed_read_consumes_nothing, what_is_written_is_read, the_only_element,
        integers, booleans, booleans_that_are_false_by_default, object_identifiers, bit_strings, times})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
