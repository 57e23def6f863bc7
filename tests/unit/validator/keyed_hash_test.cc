// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/keyed_hash.h"

#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;
using x509::keyed_hash;
using x509::keyed_hash_of_fields;

const Blob kKey = to_blob(as_bytes("Jefe"));

START_TEST(it_is_the_hmac_of_rfc_4231_case_2) {
  const auto hash = keyed_hash(kKey, as_bytes("what do ya want for nothing?"));
  ck_assert(hash.has_value());
  ck_assert(to_hex(*hash) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(a_field_is_hashed_after_its_length) {
  const Blob long_field(260, 'x');
  Blob whole = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 1, 4};
  append_bytes(whole, long_field);
  ck_assert(keyed_hash_of_fields(kKey, {as_bytes("ab"), {}, long_field}) == keyed_hash(kKey, whole));
  const Blob longer(0x01020304, 'x');
  whole = {1, 2, 3, 4};
  append_bytes(whole, longer);
  ck_assert(keyed_hash_of_fields(kKey, {longer}) == keyed_hash(kKey, whole));
}
END_TEST

START_TEST(fields_that_are_cut_differently_hash_differently) {
  ck_assert(keyed_hash_of_fields(kKey, {as_bytes("ab"), as_bytes("c")}) !=
            keyed_hash_of_fields(kKey, {as_bytes("a"), as_bytes("bc")}));
}
END_TEST

START_TEST(nothing_is_hashed_without_a_key) {
  ck_assert(!keyed_hash({}, as_bytes("serial")));
  ck_assert(!keyed_hash_of_fields({}, {as_bytes("serial")}));
}
END_TEST

START_TEST(an_empty_message_has_a_hash) {
  ck_assert(keyed_hash(kKey, {}).has_value());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("keyed_hash");
  TCase* all = tcase_create("all");
  for (const auto* test : {it_is_the_hmac_of_rfc_4231_case_2, a_field_is_hashed_after_its_length,
                           fields_that_are_cut_differently_hash_differently, nothing_is_hashed_without_a_key,
                           an_empty_message_has_a_hash})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
