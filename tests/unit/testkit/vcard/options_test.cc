// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/options.h"

#include "tests/unit/testkit/vcard/fixture.h"

namespace {

using namespace jpki;
using namespace jpki::vcard;
using namespace jpki::vcard::test;

Expected<Invocation, std::string> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "jpki-vcard");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

START_TEST(the_command_line_is_understood) {
  const auto full = parse({"--card",
                           "a",
                           "--card",
                           "b",
                           "--state",
                           "s",
                           "--control",
                           "c",
                           "--auth-tries",
                           "5",
                           "--blocked-sw",
                           "6983",
                           "--apdu-latency-ms",
                           "0.5",
                           "--byte-latency-us",
                           "2",
                           "--next-generation",
                           "--absent",
                           "--fault",
                           "silent=1",
                           "--fault",
                           "@1 wrong-key"});
  ck_assert(full.has_value());
  const auto& serve = std::get<ServeOptions>(*full);
  ck_assert_uint_eq(serve.card_directories.size(), 2);
  ck_assert_uint_eq(serve.port, 35963);
  ck_assert_uint_eq(serve.rules.auth_pin.max_tries, 5);
  ck_assert_uint_eq(serve.rules.sign_pin.max_tries, 5);
  ck_assert_uint_eq(serve.rules.blocked, 0x6983);
  ck_assert_int_eq(serve.latency.per_apdu.count(), 500000);
  ck_assert_int_eq(serve.latency.per_byte.count(), 2000);
  ck_assert(serve.key_type == KeyType::kEcdsaP384);
  ck_assert(serve.absent);
  ck_assert_uint_eq(serve.faults.size(), 2);
  const auto control = parse({"ctl", "socket", "wait", "apdus>=5", "3"});
  ck_assert(control.has_value());
  assert_text(std::get<ControlOptions>(*control).command, "wait apdus>=5 3");
  ck_assert(std::holds_alternative<ShowText>(*parse({"--help"})));
  ck_assert(std::holds_alternative<ShowText>(*parse({"--version"})));
}
END_TEST

START_TEST(a_wrong_command_line_is_refused_in_one_line) {
  const std::vector<const char*> wrong[] = {
      {},
      {"--card", "a", "--state", "s"},
      {"--card", "a", "--state", "s", "--control", "c", "--nonsense"},
      {"--card", "a", "--state", "s", "--control", "c", "extra"},
      {"--card", "a", "--state", "s", "--control", "c", "--auth-pin", "12345"},
      {"--card", "a", "--state", "s", "--control", "c", "--sign-tries", "16"},
      {"--card", "a", "--state", "s", "--control", "c", "--blocked-sw", "6A82"},
      {"--card", "a", "--card", "b", "--state", "s", "--control", "c", "--port", "65535"},
      {"ctl"},
      {"ctl", "socket"},
  };
  for (const auto& arguments : wrong) {
    const auto result = parse(arguments);
    ck_assert(!result.has_value());
    ck_assert(!result.error().empty() && result.error().find('\n') == std::string::npos);
  }
}
END_TEST

Suite* options_suite() {
  Suite* suite = suite_create("vcard: options");
  TCase* tests = tcase_create("options");
  tcase_add_test(tests, the_command_line_is_understood);
  tcase_add_test(tests, a_wrong_command_line_is_refused_in_one_line);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(options_suite());
}
