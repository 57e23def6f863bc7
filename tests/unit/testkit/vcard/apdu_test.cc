// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/apdu.h"

#include "testkit/vcard/trace.h"
#include "tests/unit/testkit/vcard/fixture.h"

namespace {

using namespace jpki;
using namespace jpki::vcard;
using namespace jpki::vcard::test;

struct Case {
  std::string command;
  std::size_t nc;
  std::size_t ne;
};

std::string data(std::size_t size) {
  return to_hex(Blob(size, 0x5A));
}

START_TEST(every_case_is_taken_apart) {
  const Case cases[] = {
      {"00200080", 0, 0},                           // 1
      {"00B0000004", 0, 4},                         // 2S
      {"00B0000000", 0, 256},                       // 2S, Le 00
      {"00B00000 000001", 0, 1},                    // 2E
      {"00B00000 000000", 0, 65536},                // 2E, Le 0000
      {"00A4020C 02 000A", 2, 0},                   // 3S
      {"00A4020C FF" + data(255), 255, 0},          // 3S, longest
      {"00A4020C 000002 000A", 2, 0},               // 3E
      {"00A4020C 000100" + data(256), 256, 0},      // 3E, beyond short
      {"00A4020C 00FFFF" + data(65535), 65535, 0},  // 3E, longest
      {"802A0080 02 AABB 00", 2, 256},              // 4S
      {"802A0080 02 AABB 10", 2, 16},               // 4S
      {"802A0080 000002 AABB 0000", 2, 65536},      // 4E
      {"802A0080 000002 AABB 0100", 2, 256},        // 4E
  };
  for (const Case& expected : cases) {
    const Blob command = hex(expected.command);
    const auto parsed = parse_command(command);
    ck_assert_msg(parsed.has_value(), "%.40s", expected.command.c_str());
    ck_assert_uint_eq(parsed->cla, command[0]);
    ck_assert_uint_eq(parsed->ins, command[1]);
    ck_assert_uint_eq(parsed->p1, command[2]);
    ck_assert_uint_eq(parsed->p2, command[3]);
    ck_assert_uint_eq(parsed->data.size(), expected.nc);
    ck_assert_uint_eq(parsed->ne, expected.ne);
  }
}
END_TEST

START_TEST(bytes_that_fit_no_case_are_a_wrong_length) {
  const std::string cases[] = {
      "",
      "00",
      "00A402",                  // no header
      "00A4020C 02 00",          // short Lc, data missing
      "00A4020C 02 000A 00 00",  // one byte too many after Le
      "00A4020C 00 00",          // extended, cut short
      "00A4020C 000000 AA",
      "00A4020C 000000 AABB",          // extended Lc of zero
      "00A4020C 000002 00",            // extended, data missing
      "00A4020C 000002 000A 00",       // extended Le of one byte
      "00A4020C 000002 000A 0000 00",  // extended, one byte too many
  };
  for (const std::string& text : cases) {
    const auto parsed = parse_command(hex(text));
    ck_assert_msg(!parsed.has_value(), "%s", text.c_str());
    ck_assert_uint_eq(parsed.error(), sw::kWrongLength);
  }
}
END_TEST

START_TEST(a_verify_is_one_only_with_a_pin) {
  const Blob with_pin = hex(verify("1234"));
  const Blob without = hex("00200080");
  ck_assert(instruction_of(*parse_command(with_pin)) == Instruction::kVerify);
  ck_assert(instruction_of(*parse_command(without)) == Instruction::kVerifyEmpty);
}
END_TEST

START_TEST(a_trace_shows_no_pin) {
  assert_text(trace_command(hex(verify("1234"))), "> 00 20 00 80 04 ** ** ** **");
  assert_text(trace_command(hex("00200080 000002 3132 0000")), "> 00 20 00 80 00 00 02 ** ** 00 00");
  assert_text(trace_command(hex("00200080 09 31323334")), "> 00 20 00 80 ** ** ** ** **");
  assert_text(trace_command(hex("00200080")), "> 00 20 00 80");
  assert_text(trace_command(hex("00A4020C 02 000A")), "> 00 a4 02 0c 02 00 0a");
  assert_text(trace_response(hex("63C2")), "< 63 c2");
}
END_TEST

Suite* apdu_suite() {
  Suite* suite = suite_create("vcard: APDUs");
  TCase* tests = tcase_create("apdu");
  tcase_add_test(tests, every_case_is_taken_apart);
  tcase_add_test(tests, bytes_that_fit_no_case_are_a_wrong_length);
  tcase_add_test(tests, a_verify_is_one_only_with_a_pin);
  tcase_add_test(tests, a_trace_shows_no_pin);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(apdu_suite());
}
