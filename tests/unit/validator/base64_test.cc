// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/base64.h"

#include "tests/unit/support/check_main.h"

#include <iterator>

namespace {

using namespace jpki;

struct Pair {
  const char* octets;
  const char* text;
};
// RFC 4648 10.
const Pair kPairs[] = {{"", ""},
                       {"f", "Zg=="},
                       {"fo", "Zm8="},
                       {"foo", "Zm9v"},
                       {"foob", "Zm9vYg=="},
                       {"fooba", "Zm9vYmE="},
                       {"foobar", "Zm9vYmFy"}};

START_TEST(both_ways) {
  const Pair& pair = kPairs[_i];
  ck_assert(x509::to_base64(as_bytes(std::string_view(pair.octets))) == pair.text);
  const auto octets = x509::from_base64(pair.text);
  ck_assert(octets && as_text(*octets) == pair.octets);
}
END_TEST

START_TEST(every_octet_comes_back) {
  Blob all;
  for (int octet = 0; octet < 256; ++octet) all.push_back(static_cast<std::uint8_t>(octet));
  ck_assert(x509::from_base64(x509::to_base64(all)) == all);
}
END_TEST

// White space, padding that is missing, too much or in the middle, bits that are left over, other alphabets.
const char* const kOther[] = {
    "Zg",   "Zg=",  "Zg===", "Z",    "=",     "====",  "Zg==Zg==", "Zm9v\n",   " Zm9v", "Zm 9v",
    "Zh==", "Zm9=", "Zm-v",  "Zm_v", "Zm9v!", "Zm 8=", "Zm8=\n",   "Zm9v====", "Zm-_",  "\xFF\xFF\xFF\xFF"};

START_TEST(another_spelling_is_none) {
  ck_assert_msg(!x509::from_base64(kOther[_i]), "%s", kOther[_i]);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("base64");
  TCase* tests = tcase_create("base64");
  tcase_add_loop_test(tests, both_ways, 0, static_cast<int>(std::size(kPairs)));
  tcase_add_test(tests, every_octet_comes_back);
  tcase_add_loop_test(tests, another_spelling_is_none, 0, static_cast<int>(std::size(kOther)));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
