// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [[token]]: for which token a rule is, and what a PIN guard makes of it; and what a session calls a token.
#include "validator/card/token_rule.h"

#include "tests/unit/validator/scripted_token.h"
#include "validator/card/token_label.h"
#include "validator/config/config.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::test;
using card::PinGuard;
using card::TokenIdentity;
using card::TokenRule;
using x509::Kind;

constexpr Kind kStaff = Kind::kLgpkiUser;
constexpr auto kWrongPin = Verdict::kPinIncorrect;

// Both labels as pkcs11-tool -L shows them with our opensc.conf, by OpenSC 0.23 and 0.26.
START_TEST(a_token_has_the_label_that_its_desktop_is_shown) {
  for (const char* told : {"JPKI (User Authentication PIN)", "JPKI"})
    ck_assert(card::whole_label(told, "JPKI") == "JPKI (User Authentication PIN)");
  ck_assert(card::whole_label("JPKI", "Vendor") == "JPKI");
  ck_assert(card::whole_label("staff", "JPKI") == "staff");
}
END_TEST

START_TEST(patterns) {
  struct Row {
    const char* pattern;
    const char* text;
    bool match;
  };
  static const Row kRows[] = {
      {"", "", true},          {"", "a", false},     {"*", "", true},
      {"*", "any", true},      {"abc", "abc", true}, {"abc", "abcd", false},
      {"abc", "ab", false},    {"a?c", "abc", true}, {"a?c", "ac", false},
      {"?", "", false},        {"a*c", "ac", true},  {"a*c", "abcc", true},
      {"a*c", "abcd", false},  {"*b*", "abc", true}, {"a*b*c", "aXbYbZc", true},
      {"a*b*c", "acb", false}, {"**", "x", true},    {"Vendor*", "vendor", false},
      {"*ab", "aab", true},    {"a*", "b", false},
  };
  for (const Row& row : kRows)
    ck_assert_msg(card::matches(row.pattern, row.text) == row.match, "%s %s", row.pattern, row.text);
}
END_TEST

START_TEST(the_first_rule_that_agrees_in_all_counts) {
  const TokenIdentity token{.label = "staff 7", .manufacturer = "Vendor K.K.", .model = "U2", .serial = "1"};
  const std::string module = "/opt/v.so";
  const auto found = [&](const TokenRule& rule) {
    return card::rule_for(std::span(&rule, 1), module, token) != nullptr;
  };
  ck_assert(found({.name = "all"}));
  ck_assert(found({.name = "a", .modules = {"other.so", "/opt/v.so"}}));
  ck_assert(!found({.name = "a", .modules = {"v.so"}}));
  ck_assert(found({.name = "a", .manufacturer = "Vendor*"}));
  ck_assert(!found({.name = "a", .manufacturer = "Other*"}));
  ck_assert(found({.name = "a", .model = "U?"}));
  ck_assert(!found({.name = "a", .manufacturer = "Vendor*", .model = "U3"}));
  ck_assert(found({.name = "a", .label = "staff*"}));
  ck_assert(!found({.name = "a", .modules = {"/opt/v.so"}, .model = "U2", .label = "role*"}));
  const std::vector<TokenRule> rules = {
      {.name = "x", .model = "U3"}, {.name = "y", .model = "U*"}, {.name = "z"}};
  ck_assert(card::rule_for(rules, module, token) == &rules[1]);
  ck_assert_ptr_null(card::rule_for({}, module, token));
}
END_TEST

START_TEST(a_rule_names_the_kinds_that_may_come_from_there) {
  const TokenRule all{.name = "a"};
  ck_assert(all.admits(Kind::kJpkiAuthentication) && all.admits(Kind::kLgpkiRole) && !all.hides());
  const TokenRule staff{.name = "a", .kinds = std::vector{Kind::kLgpkiUser}};
  ck_assert(staff.admits(Kind::kLgpkiUser) && !staff.admits(Kind::kLgpkiRole) && !staff.hides());
  const TokenRule none{.name = "a", .kinds = std::vector<Kind>{}};
  ck_assert(!none.admits(Kind::kLgpkiUser) && none.hides());
}
END_TEST

constexpr auto kUntold = card::TriesTold::kNotAtAll;
constexpr auto kExact = card::TriesTold::kExactly;

// The meaning of the flags by a rule.
START_TEST(a_rule_says_what_the_flags_are_worth) {
  struct Row {
    PinFlags flags;
    card::PinSettings said;
    std::optional<std::uint8_t> tries;
    std::uint8_t max_tries;
  };
  static const Row kRows[] = {
      {kThreeLeft, {.tries = kExact, .max_tries = 3}, 3, 3},
      {kTwoLeft, {.tries = kExact, .max_tries = 3}, 2, 3},
      {kThreeLeft, {.tries = kExact, .max_tries = 5}, {}, 5},
      {kTwoLeft, {.tries = kExact, .max_tries = 5}, 2, 5},
      {kThreeLeft, {.tries = kExact}, {}, 0},
      {kTwoLeft, {.max_tries = 5}, {}, 5},
      {kOneLeft, {.max_tries = 5}, 1, 5},
      {kOneLeft, {.tries = kUntold}, {}, 0},
      {kLocked, {.tries = kUntold, .max_tries = 5}, {}, 5},
  };
  for (const Row& row : kRows) {
    const auto status = card::pin_status_from(row.flags, card::pin_rule_of(Kind::kLgpkiUser, row.said));
    ck_assert_msg(status.tries_left == row.tries && status.max_tries == row.max_tries, "row %td",
                  &row - kRows);
  }
  const auto mine = card::pin_rule_of(Kind::kJpkiAuthentication, {.tries = kUntold});
  ck_assert(!card::pin_status_from(kOneLeft, mine).tries_left && mine.max_tries == 3);
}
END_TEST

START_TEST(a_rule_says_what_a_pin_looks_like) {
  constexpr PinFlags kTold{.min_length = 6, .max_length = 8};
  const auto form = [&](const PinFlags& flags, const card::PinSettings& said, Kind kind = Kind::kLgpkiUser) {
    return card::pin_status_from(flags, card::pin_rule_of(kind, said)).form;
  };
  ck_assert((form(kTold, {}) == PinForm{6, 8, false, false}));
  ck_assert((form(kTold, {.min_length = 7}) == PinForm{7, 8, false, false}));
  ck_assert((form(kTold, {.max_length = 16}) == PinForm{6, 16, false, false}));
  ck_assert((form(kTold, {.min_length = 10}) == PinForm{10, 10, false, false}));
  ck_assert((form(kTold, {.characters = card::PinCharacters::kAscii}) == PinForm{6, 8, false, true}));
  ck_assert((form(kTold, {.characters = card::PinCharacters::kDigits}) == PinForm{6, 8, true, false}));
  ck_assert((form(kTold, {}, Kind::kJpkiAuthentication) == PinForm{4, 4, true, false}));
  ck_assert((form(kTold, {.min_length = 6, .max_length = 6, .characters = card::PinCharacters::kAny},
                  Kind::kJpkiAuthentication) == PinForm{6, 6, false, false}));
}
END_TEST

// How many lost tries make the next one a possible last one.
START_TEST(of_a_token_that_tells_nothing_the_next_try_may_be_the_last) {
  struct Row {
    std::uint8_t max_tries;
    std::optional<std::size_t> lost;
    bool may_be_last;
  };
  static const Row kRows[] = {{0, 0, false}, {0, 1, true},  {2, 0, false}, {2, 1, true},
                              {3, 1, false}, {3, 2, true},  {5, 3, false}, {5, 4, true},
                              {5, 99, true}, {0, {}, true}, {15, {}, true}};
  for (const Row& row : kRows) {
    card::PinSettings said{.tries = kUntold, .max_tries = row.max_tries};
    const auto status = card::pin_status_from({}, card::pin_rule_of(Kind::kLgpkiUser, said), row.lost);
    ck_assert_msg(status.may_be_last == row.may_be_last, "row %td", &row - kRows);
    said.entry = card::PinEntry::kReader;
    const auto keys = card::pin_status_from({}, card::pin_rule_of(Kind::kLgpkiUser, said), row.lost);
    ck_assert_msg(keys.may_be_last == (row.lost != std::size_t{0}) && keys.on_reader, "row %td",
                  &row - kRows);
  }
  const auto told = card::pin_rule_of(Kind::kLgpkiUser);
  ck_assert(!card::pin_status_from(kTwoLeft, told, {}).may_be_last);
}
END_TEST

START_TEST(what_keeps_a_pin_from_being_asked_for) {
  struct Row {
    PinFlags flags;
    card::PinSettings said;
    std::optional<Verdict> why;
  };
  static const Row kRows[] = {
      {{}, {}, {}},
      {{.required = false}, {}, Verdict::kTokenWithoutPin},
      {{.initialized = false, .required = false}, {.state_told = false}, Verdict::kTokenWithoutPin},
      {{.initialized = false}, {}, Verdict::kPinNotSet},
      {{.initialized = false}, {.state_told = false}, {}},
      {{.to_be_changed = true}, {}, Verdict::kPinToBeChanged},
      {{.to_be_changed = true}, {.state_told = false}, {}},
      {{.locked = true, .to_be_changed = true}, {}, Verdict::kPinLocked},
      {{.locked = true, .initialized = false}, {}, Verdict::kPinNotSet},
      {{.locked = true}, {.tries = kUntold}, {}},
      {{.on_reader = true}, {}, {}},
      {{.on_reader = true}, {.entry = card::PinEntry::kReader}, {}},
      {{}, {.entry = card::PinEntry::kReader}, Verdict::kConfigInvalid},
  };
  for (const Row& row : kRows) {
    ScriptedToken token;
    token.flags = {row.flags};
    PinGuard guard(token, card::pin_rule_of(Kind::kLgpkiUser, row.said), {kNothingWrong, {}});
    const auto status = guard.status();
    const auto why = status ? std::nullopt : std::optional(status.error().verdict);
    ck_assert_msg(why == row.why, "row %td", &row - kRows);
    if (row.why) assert_refused(guard.verify(reply("1234", true)), *row.why);
    ck_assert_int_eq(token.verifies, 0);
    ck_assert_int_eq(token.on_reader, 0);
  }
}
END_TEST

// A token that tells nothing: what was wrong here is all that is known, on every screen.
START_TEST(what_a_token_does_not_count_is_counted_here) {
  struct Row {
    std::uint8_t max_tries;
    std::vector<std::string> noted;
    bool confirmed;
    bool tries_shown;
    bool broken;
    std::optional<Verdict> login_error;
    std::optional<Verdict> verdict;
    int verifies;
    std::vector<std::string> noted_after;
  };
  constexpr auto kNotConfirmed = Verdict::kLastTryNotConfirmed;
  const Row rows[] = {
      {0, {}, false, true, false, {}, {}, 1, {}},
      {0, {}, false, true, false, kWrongPin, kWrongPin, 1, {"1234"}},
      {0, {"9999"}, false, true, false, {}, kNotConfirmed, 0, {"9999"}},
      {0, {"9999"}, true, true, false, {}, {}, 1, {}},
      {0, {"9999"}, true, true, false, kWrongPin, kWrongPin, 1, {"9999", "1234"}},
      {0, {"1234"}, true, true, false, {}, Verdict::kPinWrongBefore, 0, {"1234"}},
      {3, {"9999"}, false, true, false, kWrongPin, kWrongPin, 1, {"9999", "1234"}},
      {3, {"9999", "8888"}, false, true, false, {}, kNotConfirmed, 0, {"9999", "8888"}},
      {3, {"9999", "8888"}, true, true, false, {}, {}, 1, {}},
      // Who is killed during the VERIFY leaves a note, and so does a token that is pulled then.
      {3, {}, false, true, false, Verdict::kCardRemoved, Verdict::kCardRemoved, 1, {"1234"}},
      // Nobody sees anything: the last one is never spent.
      {0, {}, false, false, false, {}, {}, 1, {}},
      {0, {"9999"}, true, false, false, {}, kNotConfirmed, 0, {"9999"}},
      // What cannot be known.
      {3, {}, false, true, true, {}, kNotConfirmed, 0, {}},
      {3, {}, true, true, true, {}, Verdict::kInternal, 0, {}},
  };
  for (const Row& row : rows) {
    ScriptedToken token;
    token.flags = {kOneLeft};  // not believed
    if (row.login_error) token.login_answer = Unexpected{error(*row.login_error)};
    NotedPins pins;
    pins.noted = row.noted;
    pins.broken = row.broken;
    const auto rule = card::pin_rule_of(kStaff, {.tries = kUntold, .max_tries = row.max_tries});
    PinGuard guard(token, rule, {.wrong = pins, .key = {}, .tries_shown = row.tries_shown});
    const auto result = guard.verify(reply("1234", row.confirmed));
    const auto verdict = result ? std::nullopt : std::optional(result.error().verdict);
    ck_assert_msg(verdict == row.verdict, "row %td: %s", &row - rows,
                  verdict ? code_of(*verdict).c_str() : "accepted");
    ck_assert_msg(token.verifies == row.verifies && pins.noted == row.noted_after, "row %td", &row - rows);
  }
}
END_TEST

START_TEST(a_pin_on_the_reader_is_never_sent) {
  struct Row {
    card::TriesTold tries;
    std::vector<std::string> noted;
    bool confirmed;
    std::optional<Verdict> login_error;
    std::optional<Verdict> verdict;
    int verifies;
    std::size_t noted_after;
  };
  const Row rows[] = {
      {card::TriesTold::kByFlags, {}, false, {}, {}, 1, 0},
      {card::TriesTold::kByFlags, {}, false, kWrongPin, kWrongPin, 1, 1},
      {card::TriesTold::kByFlags, {}, false, Verdict::kCancelled, Verdict::kCancelled, 1, 0},
      {kUntold, {}, false, {}, {}, 1, 0},
      {kUntold, {""}, false, {}, Verdict::kLastTryNotConfirmed, 0, 1},
      {kUntold, {""}, true, {}, {}, 1, 0},
      {kUntold, {""}, true, kWrongPin, kWrongPin, 1, 1},
      // Nothing was typed: nothing is lost, and what was lost before is.
      {kUntold, {}, false, Verdict::kCancelled, Verdict::kCancelled, 1, 0},
      {kUntold, {""}, true, Verdict::kCancelled, Verdict::kCancelled, 1, 1},
  };
  for (const Row& row : rows) {
    ScriptedToken token;
    token.flags = {PinFlags{.on_reader = true, .min_length = 6, .max_length = 8}};
    if (row.login_error) token.login_answer = Unexpected{error(*row.login_error)};
    NotedPins pins;
    pins.noted = row.noted;
    const auto rule =
        card::pin_rule_of(kStaff, {.tries = row.tries, .max_tries = 5, .entry = card::PinEntry::kReader});
    PinGuard guard(token, rule, {.wrong = pins, .key = {}});
    const auto result = guard.verify(reply("", row.confirmed));
    const auto verdict = result ? std::nullopt : std::optional(result.error().verdict);
    ck_assert_msg(verdict == row.verdict, "row %td", &row - rows);
    ck_assert_msg(token.on_reader == row.verifies && token.verifies == 0, "row %td", &row - rows);
    ck_assert_msg(pins.noted.size() == row.noted_after, "row %td", &row - rows);
    if (row.verifies == 1) assert_refused(guard.verify(reply("", true)), Verdict::kInternal);
  }
}
END_TEST

#define TOKEN "[[token]]\nname = \"a\"\nmodel = \"m\"\n"

START_TEST(jpki_toml_says_it) {
  config::Config config;
  const auto applied = config::apply_config(R"([pkcs11]
modules = ["opensc-pkcs11.so", "/opt/v.so"]
[[token]]
name = "usb"
modules = ["/opt/v.so", "p11-kit-client.so"]
manufacturer = "Vendor*"
model = "U?"
label = "staff*"
kinds = ["lgpki-user", "lgpki-role"]
pin_min_length = 6
pin_max_length = 16
pin_characters = "ascii"
tries = "untold"
max_tries = 10
pin_state = "ignored"
[[token]]
name = "keys"
model = "K"
kinds = []
pin_entry = "reader"
[account]
role_accounts = ["counter"]
)",
                                            "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  using Texts = std::vector<std::string>;
  ck_assert_uint_eq(config.tokens.size(), 2);
  const TokenRule& usb = config.tokens[0];
  ck_assert(usb.name == "usb" && usb.modules == (Texts{"/opt/v.so", "p11-kit-client.so"}));
  ck_assert(usb.manufacturer == "Vendor*" && usb.model == "U?" && usb.label == "staff*");
  ck_assert(usb.kinds == std::vector({Kind::kLgpkiUser, Kind::kLgpkiRole}));
  ck_assert(usb.pin.min_length == 6 && usb.pin.max_length == 16 && usb.pin.max_tries == 10);
  ck_assert(usb.pin.characters == card::PinCharacters::kAscii && usb.pin.tries == kUntold);
  ck_assert(!usb.pin.state_told && usb.pin.entry == card::PinEntry::kScreen);
  const TokenRule& keys = config.tokens[1];
  ck_assert(keys.hides() && keys.pin.entry == card::PinEntry::kReader && keys.pin.state_told);
  ck_assert(!keys.pin.min_length && !keys.pin.max_length && !keys.pin.characters && !keys.pin.tries);
  ck_assert(config.role_accounts == Texts{"counter"});
  ck_assert(config::complete_config(config).has_value());
}
END_TEST

START_TEST(mistakes_in_jpki_toml) {
  struct Row {
    const char* text;
    const char* told;
  };
  static const Row kRows[] = {
      {"[[token]]\nname = \"a\"\nkinds = []\n", "token.name needs which tokens it is for"},
      {"[[token]]\nmodel = \"m\"\n", "token.name must be a name"},
      {TOKEN TOKEN, "token.name \"a\" is used twice"},
      {TOKEN "kinds = [\"mail\"]\n", "token.kinds holds \"mail\", which can never log anyone in"},
      {TOKEN "label = \"\"\n", "token.label must have 1 to 32 bytes"},
      {TOKEN "manufacturer = \"123456789012345678901234567890123\"\n",
       "token.manufacturer must have 1 to 32"},
      {TOKEN "tries = \"three\"\n", "token.tries is \"three\"; possible: \"exact\", \"flags\", \"untold\""},
      {TOKEN "pin_characters = \"kana\"\n", "possible: \"digits\", \"ascii\", \"any\""},
      {TOKEN "pin_entry = \"pad\"\n", "possible: \"screen\", \"reader\""},
      {TOKEN "pin_state = \"x\"\n", "possible: \"told\", \"ignored\""},
      {TOKEN "max_tries = 1\n", "from 2 to 15"},
      {TOKEN "max_tries = 16\n", "from 2 to 15"},
      {TOKEN "pin_min_length = 0\n", "from 1 to 256"},
      {TOKEN "pin_max_length = 257\n", "from 1 to 256"},
      {TOKEN "pin_min_length = 8\npin_max_length = 7\n", "token.pin_max_length is less than pin_min_length"},
      {TOKEN "pin_entry = \"reader\"\npin_min_length = 4\n", "the form of it cannot be checked"},
      {TOKEN "pin_tries = 3\n", "pin_tries"},
      {TOKEN "modules = [\"/opt/w.so\"]\n",
       "[[token]] a is for the module /opt/w.so, which [pkcs11] modules does not"},
      {"[account]\nsource = \"ad\"\nrole_accounts = [\"x\"]\n", "with \"ad\" use role_groups"},
  };
  for (const Row& row : kRows) {
    config::Config config;
    auto result = config::apply_config(row.text, "jpki.toml", config);
    if (result) result = config::complete_config(config);
    ck_assert_msg(!result && result.error().find(row.told) != std::string::npos, "%s gave: %s", row.text,
                  result ? "no error" : result.error().c_str());
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("token_rule");
  TCase* all = tcase_create("all");
  tcase_add_test(all, a_token_has_the_label_that_its_desktop_is_shown);
  tcase_add_test(all, patterns);
  tcase_add_test(all, the_first_rule_that_agrees_in_all_counts);
  tcase_add_test(all, a_rule_names_the_kinds_that_may_come_from_there);
  tcase_add_test(all, a_rule_says_what_the_flags_are_worth);
  tcase_add_test(all, a_rule_says_what_a_pin_looks_like);
  tcase_add_test(all, of_a_token_that_tells_nothing_the_next_try_may_be_the_last);
  tcase_add_test(all, what_keeps_a_pin_from_being_asked_for);
  tcase_add_test(all, what_a_token_does_not_count_is_counted_here);
  tcase_add_test(all, a_pin_on_the_reader_is_never_sent);
  tcase_add_test(all, jpki_toml_says_it);
  tcase_add_test(all, mistakes_in_jpki_toml);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
