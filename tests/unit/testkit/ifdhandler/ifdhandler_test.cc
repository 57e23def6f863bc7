// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reader of the tests: its settings, what it makes of commands, and its keys.
#include "testkit/ifdhandler/pinpad.h"
#include "testkit/ifdhandler/settings.h"
#include "testkit/ifdhandler/transport.h"
#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;
using namespace jpki::ifdhandler;

START_TEST(settings_are_lines_of_words) {
  const auto read = parse_settings(
      "# a reader\n\nport 35963\nnotices at-once\nlongest-apdu 1024\nshort-apdus yes\nmore-data 256\n"
      "exact-le yes\nflutter-at 7\nflutter-ms 80\nunplugged yes\npinpad yes\nkeys 1234\nkeys-from /a b\n");
  ck_assert(read.has_value());
  ck_assert((*read == Settings{.port = 35963,
                               .notices_at_once = true,
                               .longest_apdu = 1024,
                               .short_apdus = true,
                               .more_data = 256,
                               .exact_le = true,
                               .flutter_at = 7,
                               .flutter = std::chrono::milliseconds(80),
                               .unplugged = true,
                               .pinpad = true,
                               .keys = "1234",
                               .keys_from = "/a b"}));
  ck_assert(*parse_settings("") == Settings{});
  for (const char* line : {"port", "port x", "port 65536", "notices later", "more-data 257", "pinpad maybe",
                           "keys ", "flutter-ms 1s", "other yes"}) {
    const auto wrong = parse_settings(std::string("port 1\n") + line + "\nkeys 1\n");
    ck_assert_msg(!wrong && wrong.error() == line, "%s", line);
  }
}
END_TEST

// A card that answers with so many bytes, and counts.
struct Card {
  std::size_t size = 0;
  int asked = 0;
  AskCard function() {
    return [this](Bytes) -> std::optional<Blob> {
      ++asked;
      Blob answer(size, 0xAA);
      append_bytes(answer, Blob{0x90, 0x00});
      return answer;
    };
  }
};

START_TEST(commands_that_a_reader_does_not_pass_on) {
  const Blob extended = {0x00, 0xB0, 0x00, 0x00, 0x00, 0x04, 0x00};
  const Blob all = {0x00, 0xB0, 0x00, 0x00, 0x00};
  Card card;
  Transport transport;
  ck_assert(transport.transmit(extended, {}, card.function()).has_value());
  ck_assert(!transport.transmit(extended, {.short_apdus = true}, card.function()));
  ck_assert(transport.transmit(all, {.short_apdus = true}, card.function()).has_value());
  ck_assert(!transport.transmit(Blob{0x00, 0xB0}, {}, card.function()));
  ck_assert_int_eq(card.asked, 2);
}
END_TEST

START_TEST(answers_in_pieces) {
  Card card{.size = 40};
  Transport transport;
  const Settings settings{.more_data = 16};
  const Blob read = {0x00, 0xB0, 0x00, 0x00, 0x00};
  const Blob more = {0x00, 0xC0, 0x00, 0x00, 0x00};
  ck_assert((*transport.transmit(read, settings, card.function()) == Blob{0x61, 16}));
  std::size_t got = 0;
  Blob last;
  for (int piece = 0; piece < 3; ++piece) {
    last = *transport.transmit(more, settings, card.function());
    got += last.size() - 2;
    if (piece < 2) ck_assert_int_eq(last[last.size() - 2], 0x61);
  }
  ck_assert_uint_eq(got, 40);
  ck_assert_int_eq(last[last.size() - 2], 0x90);
  ck_assert_int_eq(card.asked, 1);
  // What belongs to another command is gone.
  (void)transport.transmit(read, settings, card.function());
  (void)transport.transmit(read, {}, card.function());
  (void)transport.transmit(more, settings, card.function());
  ck_assert_int_eq(card.asked, 4);
}
END_TEST

// With T=0 a command has data or an answer.
START_TEST(commands_with_data_and_an_answer) {
  Card card{.size = 256};
  Transport transport;
  const Settings settings{.more_data = 256};
  const Blob read = {0x00, 0xB0, 0x00, 0x00, 0x00};
  const Blob sign = {0x80, 0x2A, 0x00, 0x80, 0x01, 0xFF, 0x00};
  const Blob verify = {0x00, 0x20, 0x00, 0x80, 0x01, 0x31};
  ck_assert_uint_eq(transport.transmit(read, settings, card.function())->size(), 258);
  ck_assert((*transport.transmit(sign, settings, card.function()) == Blob{0x61, 0x00}));
  card.size = 0;
  ck_assert((*transport.transmit(verify, settings, card.function()) == Blob{0x90, 0x00}));
}
END_TEST

START_TEST(an_le_that_must_be_exact) {
  Card card{.size = 40};
  Transport transport;
  const Settings settings{.exact_le = true};
  ck_assert((*transport.transmit(Blob{0x00, 0xB0, 0, 0, 0}, settings, card.function()) == Blob{0x6C, 40}));
  ck_assert_uint_eq(transport.transmit(Blob{0x00, 0xB0, 0, 0, 40}, settings, card.function())->size(), 42);
}
END_TEST

START_TEST(features_of_a_reader) {
  ck_assert(features({}).empty());
  ck_assert((features({.pinpad = true}) == Blob{0x06, 4, 0x42, 0x00, 0x0D, 0xB2}));
  ck_assert((features({.longest_apdu = 0}) == Blob{0x12, 4, 0x42, 0x00, 0x0D, 0xB3}));
  ck_assert((tlv_properties({.longest_apdu = 0x1234}) == Blob{10, 4, 0x34, 0x12, 0, 0}));
}
END_TEST

START_TEST(structures_that_are_no_question) {
  ck_assert(!parse_pin_verify({}));
  ck_assert(!parse_pin_verify(Blob(19)));
  ck_assert(!parse_pin_verify(Blob(40, 0x82)));
}
END_TEST

START_TEST(what_is_typed) {
  const PinQuestion question{
      .command = {0x00, 0x20, 0x00, 0x80, 0x04, 0xFF, 0xFF, 0xFF, 0xFF}, .place = 5, .least = 4, .most = 4};
  const PinTyped typed = typed_on(question, "1234");
  ck_assert((typed.command == Blob{0x00, 0x20, 0x00, 0x80, 0x04, '1', '2', '3', '4'}));
  const std::pair<const char*, Blob> rows[] = {{"timeout", {0x64, 0x00}}, {"cancel", {0x64, 0x01}},
                                               {"123", {0x64, 0x03}},     {"12345", {0x64, 0x03}},
                                               {"", {0x64, 0x03}},        {"short", {0x64, 0x03}}};
  for (const auto& [text, answer] : rows) {
    const PinTyped none = typed_on(question, text);
    ck_assert_msg(none.command.empty() && none.answer == answer, "%s", text);
  }
}
END_TEST

Suite* ifdhandler_suite() {
  Suite* suite = suite_create("ifdhandler");
  TCase* tests = tcase_create("ifdhandler");
  tcase_add_test(tests, settings_are_lines_of_words);
  tcase_add_test(tests, commands_that_a_reader_does_not_pass_on);
  tcase_add_test(tests, answers_in_pieces);
  tcase_add_test(tests, commands_with_data_and_an_answer);
  tcase_add_test(tests, an_le_that_must_be_exact);
  tcase_add_test(tests, features_of_a_reader);
  tcase_add_test(tests, structures_that_are_no_question);
  tcase_add_test(tests, what_is_typed);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(ifdhandler_suite());
}
