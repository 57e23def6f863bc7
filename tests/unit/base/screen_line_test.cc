// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/screen_line.h"

#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;

struct Written {
  ScreenLine line;
  const char* text;
};

const Written kWritten[] = {
    {{.state = ScreenState::kInsertCard}, "jpki1 state=insert-card\n"},
    {{.state = ScreenState::kReading}, "jpki1 state=reading\n"},
    {{.state = ScreenState::kChecking}, "jpki1 state=checking\n"},
    {{.state = ScreenState::kAsking}, "jpki1 state=asking\n"},
    {{.state = ScreenState::kVerifying}, "jpki1 state=verifying\n"},
    {{.state = ScreenState::kWrongForm, .form = PinForm{}},
     "jpki1 state=wrong-form min_length=4 max_length=4 digits=yes\n"},
    {{.state = ScreenState::kRefused, .verdict = Verdict::kPinIncorrect, .tries_left = std::uint8_t{0}},
     "jpki1 state=refused verdict=201 tries=0\n"},
    {{.state = ScreenState::kNotice}, "jpki1 state=notice\n"},
    {{.state = ScreenState::kPin,
      .tries_left = std::uint8_t{2},
      .max_tries = 3,
      .form = PinForm{.min_length = 6, .max_length = 16, .digits_only = false},
      .account = "sato"},
     "jpki1 state=pin tries=2 max_tries=3 min_length=6 max_length=16 digits=no account=sato\n"},
    {{.state = ScreenState::kPin, .max_tries = 3, .smartphone = true, .account = "sato"},
     "jpki1 state=pin max_tries=3 medium=smartphone account=sato\n"},
    {{.state = ScreenState::kCode, .account = "sato"}, "jpki1 state=code account=sato\n"},
    {{.state = ScreenState::kConfirm, .tries_left = std::uint8_t{1}, .account = "EXAMPLE\\佐藤 state=hold"},
     "jpki1 state=confirm tries=1 account=EXAMPLE\\佐藤 state=hold\n"},
    {{.state = ScreenState::kChoose, .cards = 2}, "jpki1 state=choose cards=2\n"},
    {{.state = ScreenState::kHold, .verdict = Verdict::kRevoked}, "jpki1 state=hold verdict=401\n"},
};

START_TEST(a_line_is_read_as_it_was_written) {
  const Written& row = kWritten[_i];
  ck_assert(encode(row.line) == row.text);
  const std::string text = row.text + std::string("二行の\nことば: ");
  const auto read = split_screen_line(text);
  ck_assert(read.has_value());
  ck_assert(read->line == row.line);
  ck_assert(read->words == "二行の\nことば: ");
}
END_TEST

START_TEST(a_name_with_control_characters_is_left_out) {
  for (const std::string& name : {std::string("sato\nstate=hold"), std::string("a\tb"), std::string("a\x7F"),
                                  std::string("\x1B[2J"), std::string("a\0b", 3), std::string("a\x1F")})
    ck_assert(encode({.state = ScreenState::kPin, .account = name}) == "jpki1 state=pin\n");
}
END_TEST

START_TEST(a_newer_module_is_understood) {
  const auto read = split_screen_line("jpki1 state=dancing colour=red tries=3\nwords");
  ck_assert(read.has_value());
  ck_assert(read->line == (ScreenLine{.state = ScreenState::kNotice, .tries_left = std::uint8_t{3}}));
  ck_assert(!split_screen_line("jpki1 state=pin medium=watch\nwords")->line.smartphone);
}
END_TEST

START_TEST(other_words_are_no_line) {
  static const char* const kOther[] = {
      "",
      "Password: ",
      "jpki1",
      "jpki1\n",
      "jpki1 \nwords",
      "jpki1 state=pin",          // no line feed
      " jpki1 state=pin\nwords",  // not at the beginning
      "jpki2 state=pin\nwords",
      "jpki1 tries=3\nwords",  // no state
      "jpki1 state\nwords",
      "jpki1  state=pin\nwords",
      "jpki1 state=refused verdict=999\nwords",
      "jpki1 state=refused verdict=\nwords",
      "jpki1 state=pin tries=256\nwords",
      "jpki1 state=pin tries=-1\nwords",
      "jpki1 state=pin tries=3x\nwords",
      "jpki1 state=pin max_tries=x\nwords",
      "jpki1 state=choose cards=256\nwords",
      "jpki1 state=pin min_length=\nwords",
      "jpki1 state=pin max_length=70000\nwords",
      "jpki1 state=pin digits=maybe\nwords",
  };
  for (const char* text : kOther) ck_assert_msg(!split_screen_line(text).has_value(), "%s", text);
}
END_TEST

Suite* screen_line_suite() {
  Suite* suite = suite_create("screen_line");
  TCase* all = tcase_create("all");
  tcase_add_loop_test(all, a_line_is_read_as_it_was_written, 0, static_cast<int>(std::size(kWritten)));
  tcase_add_test(all, a_name_with_control_characters_is_left_out);
  tcase_add_test(all, a_newer_module_is_understood);
  tcase_add_test(all, other_words_are_no_line);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(screen_line_suite());
}
