// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the network or a card wrote does not spoil the log, nor does its size end a login.
#include "tests/unit/support/check_main.h"
#include "validator/engine/channel_dialogue.h"
#include "validator/engine/record.h"

#include <sys/socket.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;

START_TEST(a_long_line_does_not_end_the_login) {
  int ends[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Channel module{UniqueFd(ends[0])};
  Channel validator{UniqueFd(ends[1])};
  ck_assert(module.send(Start{}, Deadline::after(1s)) && validator.receive(Deadline::after(1s)));
  engine::ChannelDialogue dialogue(validator, false);
  std::string text(4085, 'x');
  for (int i = 0; i < 4000; ++i) text += "\xe3\x81\x82";  // あ
  dialogue.log(LogLevel::kWarning, text);
  dialogue.log(LogLevel::kInfo, "next");
  const auto line = module.receive(Deadline::after(1s));
  const auto* first = line ? std::get_if<LogLine>(&*line) : nullptr;
  ck_assert(first != nullptr && first->text == std::string(4085, 'x') + "\xe3\x81\x82 [cut]");
  const auto next = module.receive(Deadline::after(1s));
  ck_assert(next && std::get_if<LogLine>(&*next) != nullptr && dialogue.pause(0ms));
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("log line");
  TCase* t = tcase_create("log line");
  tcase_add_test(t, a_long_line_does_not_end_the_login);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
