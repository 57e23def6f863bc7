// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The greeter's model: what is on the screen after what PAM said and what the person did, and what the
// display manager is asked to do. Each row is a whole conversation.
#include "greeter/model.h"

#include "tests/unit/support/expect.h"

#include <functional>
#include <iterator>

namespace {

using namespace jpki;
using namespace jpki::greeter;
using namespace jpki::test;
using namespace std::chrono_literals;
using Kind = Command::Kind;
using Step = std::function<Commands(Model&)>;

// --- what may happen
Step connected() {
  return [](Model& model) { return model.connected(); };
}
Step says(std::string text, bool error = false) {
  return [=](Model& model) { return model.message(text, error), Commands{}; };
}
Step says(ScreenLine line, const std::string& words = "") {
  return says(encode(line) + words, line.state == ScreenState::kRefused);
}
Step asks(std::string text, bool hidden = true) {
  return [=](Model& model) { return model.prompt(text, hidden), Commands{}; };
}
Step asks(ScreenLine line, const std::string& words = "") {
  return asks(encode(line) + words);
}
Step ends(bool well) {
  return [=](Model& model) { return model.completed(well); };
}
Step types(bool empty = false) {
  return [=](Model& model) { return model.typed(empty); };
}
Step names(std::string name) {
  return [=](Model& model) { return model.name_given(name); };
}
Step chooses(std::size_t card) {
  return [=](Model& model) { return model.choose(card); };
}
Step last_try(bool use) {
  return [=](Model& model) { return model.last_try(use); };
}
Step enter() {
  return [](Model& model) { return model.go_on(); };
}
Step escape() {
  return [](Model& model) { return model.begin_anew(); };
}
Step has_no_card() {
  return [](Model& model) { return model.do_without_card(); };
}
Step time_passes() {
  return [](Model& model) { return model.time_passed(); };
}
Step session_fails() {
  return [](Model& model) { return model.session_failed(), Commands{}; };
}
Step no_manager() {
  return [](Model& model) { return model.not_connected(), Commands{}; };
}

const ScreenLine kInsert{.state = ScreenState::kInsertCard};
const ScreenLine kRead{.state = ScreenState::kReading};
const ScreenLine kCheck{.state = ScreenState::kChecking};
const ScreenLine kAsk{.state = ScreenState::kAsking, .account = "sato"};
const ScreenLine kVerify{.state = ScreenState::kVerifying, .account = "sato"};
const ScreenLine kPin{
    .state = ScreenState::kPin, .tries_left = 2, .max_tries = 3, .form = PinForm{}, .account = "sato"};
const ScreenLine kChoose{.state = ScreenState::kChoose, .cards = 2};
const ScreenLine kConfirm{.state = ScreenState::kConfirm, .tries_left = 1, .max_tries = 3, .account = "sato"};
const ScreenLine kWrongForm{.state = ScreenState::kWrongForm, .account = "sato"};
const ScreenLine kCodeIsAsked{.state = ScreenState::kCode, .account = "sato"};
const ScreenLine kHold{.state = ScreenState::kHold};
const ScreenLine kRevoked{.state = ScreenState::kRefused, .verdict = Verdict::kRevoked};
const ScreenLine kNoCard{.state = ScreenState::kRefused, .verdict = Verdict::kNoCard};
const ScreenLine kNoReader{.state = ScreenState::kRefused, .verdict = Verdict::kNoReader};
const ScreenLine kNoService{.state = ScreenState::kRefused, .verdict = Verdict::kCardServiceDown};
const ScreenLine kSoon{.state = ScreenState::kNotice};

struct Row {
  const char* what;
  std::vector<Step> steps;
  Page page;
  Commands last;  // of the last step
  std::string words = "";
  bool can_go_on = false;
  std::optional<std::chrono::seconds> patience{};
};

const Command kByCard{Kind::kAuthenticate, ""};

// clang-format off
const Row kRows[] = {
    {"the first attempt is for whomever the card names", {connected()}, Page::kStarting, {kByCard}},
    {"nobody talks where there is no manager", {connected(), no_manager(), says("late"), asks(kPin)}, Page::kNoManager, {}},
    {"nothing is asked of a manager that is not there", {no_manager(), escape()}, Page::kNoManager, {}},
    {"waiting", {connected(), says(kInsert, "Put it")}, Page::kInsertCard, {}},
    {"reading", {connected(), says(kInsert), says(kRead)}, Page::kWorking, {}},
    {"asking", {connected(), says(kCheck), says(kAsk)}, Page::kWorking, {}},
    {"the PIN", {connected(), says(kRead), asks(kPin, "PIN:")}, Page::kPin, {}, "", false, 120s},
    {"what is said meanwhile", {connected(), asks(kPin), says(kRevoked, "Revoked"), says(kRead)}, Page::kPin, {}, "Revoked", false, 120s},
    {"a PIN", {connected(), asks(kPin), types()}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"Enter in an empty field", {connected(), asks(kPin), types(true)}, Page::kPin, {}, "", false, 120s},
    {"a PIN is sent once", {connected(), asks(kPin), types(), types()}, Page::kWorking, {}},
    {"a state that is not ours to know", {connected(), says("jpki1 state=new\nHello")}, Page::kStarting, {}, "Hello"},
    {"accepted", {connected(), asks(kPin), types(), says(kVerify), ends(true)}, Page::kWelcome, {{Kind::kStartSession}}},
    {"the wrong form", {connected(), asks(kPin), types(), says(kWrongForm, "4 digits"), asks(kPin)}, Page::kPin, {}, "4 digits", false, 120s},
    {"the words go with the next answer", {connected(), says(kWrongForm, "4 digits"), asks(kPin), types()}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"Escape at the PIN", {connected(), asks(kPin), escape()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"nobody types", {connected(), asks(kPin), time_passes()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"Escape while a card is waited for", {connected(), says(kInsert), escape()}, Page::kInsertCard, {}},

    {"which card", {connected(), says(kRead), asks(kChoose, "Which?\n1: A\n2: B")}, Page::kChoose, {}, "", false, 120s},
    {"a card", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), chooses(1)}, Page::kWorking, {{Kind::kRespond, "2"}}},
    {"a card is chosen once", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), chooses(1), chooses(0)}, Page::kWorking, {}},
    {"a card that is not there", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), chooses(2)}, Page::kChoose, {}, "", false, 120s},
    {"a number is judged by the module", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), types()}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"Enter without a number", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), types(true)}, Page::kChoose, {}, "", false, 120s},
    {"no number", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), types(), says(kWrongForm, "1 or 2"), asks(kChoose, "Which?\n1: A\n2: B")}, Page::kChoose, {}, "1 or 2", false, 120s},
    {"the PIN after it", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), chooses(0), says(kCheck), asks(kPin)}, Page::kPin, {}, "", false, 120s},
    {"no card is chosen at the PIN", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), chooses(0), asks(kPin), chooses(0)}, Page::kPin, {}, "", false, 120s},
    {"Escape at the choice", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), escape()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"nobody chooses", {connected(), asks(kChoose, "Which?\n1: A\n2: B"), time_passes()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"fewer cards than are told are a question", {connected(), asks(kChoose, "1: A")}, Page::kQuestion, {}, "", false, 120s},

    {"the last try", {connected(), asks(kConfirm, "Really?")}, Page::kLastTry, {}, "", false, 120s},
    {"it is used", {connected(), asks(kConfirm), last_try(true)}, Page::kWorking, {{Kind::kRespond, "yes"}}},
    {"it is not used", {connected(), asks(kConfirm), last_try(false)}, Page::kWorking, {{Kind::kRespond, "no"}}},
    {"what is typed is no answer to it", {connected(), asks(kConfirm, "Really?"), types()}, Page::kLastTry, {}, "", false, 120s},
    {"Enter is no yes", {connected(), asks(kConfirm, "Really?"), enter()}, Page::kLastTry, {}, "", false, 120s},
    {"a yes without a question", {connected(), asks(kPin), last_try(true)}, Page::kPin, {}, "", false, 120s},

    {"refused", {connected(), says(kRevoked, "Revoked [JPKI-401]")}, Page::kRefused, {}, "Revoked [JPKI-401]"},
    {"Escape from a refusal that does not end", {connected(), says(kRevoked, "Revoked"), escape()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"held", {connected(), says(kRevoked, "Revoked"), asks(kHold, "Press Enter")}, Page::kRefused, {}, "Revoked", true, 60s},
    {"held without a word before", {connected(), asks(kHold, "Revoked. Press Enter")}, Page::kRefused, {}, "Revoked. Press Enter", true, 60s},
    {"read", {connected(), says(kRevoked, "Revoked"), asks(kHold), enter()}, Page::kRefused, {{Kind::kRespond, ""}}, "Revoked"},
    {"and begun anew", {connected(), says(kRevoked, "Revoked"), asks(kHold), enter(), ends(false)}, Page::kStarting, {kByCard}},
    {"Escape reads as well", {connected(), says(kRevoked, "Revoked"), asks(kHold), escape()}, Page::kRefused, {{Kind::kRespond, ""}}, "Revoked"},
    {"nobody reads any more", {connected(), says(kRevoked, "Revoked"), asks(kHold), time_passes()}, Page::kRefused, {{Kind::kRespond, ""}}, "Revoked"},
    {"a hold is not a field", {connected(), says(kRevoked, "Revoked"), asks(kHold), types()}, Page::kRefused, {}, "Revoked", true, 60s},
    {"not held", {connected(), says(kRevoked, "Revoked"), ends(false)}, Page::kRefused, {}, "Revoked", true, 60s},
    {"read then", {connected(), says(kRevoked, "Revoked"), ends(false), enter()}, Page::kStarting, {kByCard}},
    {"no card for an hour", {connected(), says(kInsert), says(kNoCard, "No card"), asks(kHold)}, Page::kRefused, {}, "No card", true, 10s},
    {"no card, not held", {connected(), says(kNoCard, "No card"), ends(false)}, Page::kRefused, {}, "No card", true, 10s},
    {"no reader", {connected(), says(kNoReader, "No reader"), ends(false)}, Page::kRefused, {}, "No reader", true, 10s},
    {"no pcscd", {connected(), says(kNoService, "No pcscd"), asks(kHold)}, Page::kRefused, {}, "No pcscd", true, 10s},
    {"what was read is not all", {connected(), says(kRevoked, "Revoked"), asks(kHold), enter(), says("Locked"), ends(false)}, Page::kRefused, {}, "Locked", true, 60s},
    {"a refusal without a word", {connected(), says(kRevoked), ends(true)}, Page::kWelcome, {{Kind::kStartSession}}},
    {"another module's words after it", {connected(), says(kRevoked), says("Locked")}, Page::kRefused, {}, "Locked"},
    {"nothing was told", {connected(), says(kRevoked), says(kRead), ends(false)}, Page::kEnded, {}, "", true, 3s},
    {"a refusal, then another module's question", {connected(), says(kRevoked, "Revoked"), asks("Password: ")}, Page::kQuestion, {}, "Revoked", false, 120s},

    {"an end without a word", {connected(), ends(false)}, Page::kEnded, {}, "", true, 3s},
    {"is followed after a pause", {connected(), ends(false), time_passes()}, Page::kStarting, {kByCard}},
    {"or at once by the person", {connected(), ends(false), enter()}, Page::kStarting, {kByCard}},
    {"an end after a prompt", {connected(), asks(kPin), types(), ends(false)}, Page::kEnded, {}, "", true, 3s},
    {"an end while a prompt is open", {connected(), asks(kPin), ends(false)}, Page::kEnded, {}, "", true, 3s},
    {"an end is an end once", {connected(), ends(false), ends(false), ends(true)}, Page::kEnded, {}, "", true, 3s},
    {"no session", {connected(), ends(true), session_fails()}, Page::kEnded, {}, "", true, 60s},
    {"no session: nothing is heard", {connected(), ends(true), session_fails(), says("late"), asks("later")}, Page::kEnded, {}, "", true, 60s},
    {"no session: again", {connected(), ends(true), session_fails(), enter()}, Page::kStarting, {kByCard}},

    {"a notice waits for the session", {connected(), asks(kPin), types(), says(kSoon, "Renew soon"), ends(true)}, Page::kNotice, {}, "Renew soon", true, 15s},
    {"which begins when it is read", {connected(), says(kSoon, "Renew soon"), ends(true), enter()}, Page::kWelcome, {{Kind::kStartSession}}, "Renew soon"},
    {"or after a while", {connected(), says(kSoon, "Renew soon"), ends(true), time_passes()}, Page::kWelcome, {{Kind::kStartSession}}, "Renew soon"},
    {"a notice before the PIN was read there", {connected(), says(kSoon, "Renew soon"), asks(kPin), types(), ends(true)}, Page::kWelcome, {{Kind::kStartSession}}},
    {"or could be read", {connected(), says(kSoon, "Renew soon"), asks(kPin), ends(true)}, Page::kWelcome, {{Kind::kStartSession}}, "Renew soon"},
    {"words that could be read end nothing", {connected(), says("Welcome"), asks(kPin), ends(false)}, Page::kEnded, {}, "Welcome", true, 3s},
    {"newer words take their place", {connected(), says("Welcome"), asks(kPin), says("Soon off")}, Page::kPin, {}, "Soon off", false, 120s},
    {"ours stand alone", {connected(), says("Welcome"), says(kWrongForm, "4 digits")}, Page::kStarting, {}, "4 digits"},
    {"a notice outlives the work", {connected(), says(kSoon, "Renew soon"), says(kRead)}, Page::kWorking, {}, "Renew soon"},
    {"Escape does not read it", {connected(), says(kSoon, "Renew soon"), ends(true), escape()}, Page::kNotice, {}, "Renew soon", true, 15s},
    {"Escape does not undo a login", {connected(), ends(true), escape()}, Page::kWelcome, {}},

    {"another module's prompt", {connected(), asks("Token: ", false)}, Page::kQuestion, {}, "", false, 120s},
    {"may be answered by nothing", {connected(), asks("Token: "), types(true)}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"another module's words", {connected(), says("One"), says("Two", true)}, Page::kStarting, {}, "One\nTwo"},
    {"which are read before it begins anew", {connected(), says("Locked", true), ends(false)}, Page::kRefused, {}, "Locked", true, 60s},
    {"two prompts at once", {connected(), asks("First"), asks("Second"), types()}, Page::kQuestion, {{Kind::kRespondTyped}}, "", false, 120s},
    {"and the second is answered", {connected(), asks("First"), asks("Second"), types(), types()}, Page::kWorking, {{Kind::kRespondTyped}}},

    {"a password is wanted", {connected(), says(kInsert), has_no_card()}, Page::kName, {{Kind::kCancel}}, "", false, 120s},
    {"the end of what was cancelled", {connected(), has_no_card(), ends(false)}, Page::kName, {}, "", false, 120s},
    {"what was cancelled still talks", {connected(), has_no_card(), says(kInsert), asks(kPin)}, Page::kName, {}, "", false, 120s},
    {"a name", {connected(), has_no_card(), names(" sato ")}, Page::kStarting, {{Kind::kAuthenticate, "sato"}}},
    {"no name", {connected(), has_no_card(), names("  ")}, Page::kName, {}, "", false, 120s},
    {"nobody gives a name", {connected(), has_no_card(), time_passes()}, Page::kStarting, {kByCard}},
    {"Escape at the name", {connected(), has_no_card(), escape()}, Page::kStarting, {kByCard}},
    {"the wrong password stays told", {connected(), has_no_card(), names("sato"), asks("Password: "), types(), ends(false)}, Page::kEnded, {}, "", true, 60s},
    {"after which a card counts again", {connected(), has_no_card(), names("sato"), ends(false), enter()}, Page::kStarting, {kByCard}},
    {"a code", {connected(), has_no_card(), names("sato"), asks(kCodeIsAsked, "Code:")}, Page::kCode, {}, "", false, 120s},
    {"is typed", {connected(), has_no_card(), names("sato"), asks(kCodeIsAsked), types()}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"who has none is asked for something else", {connected(), has_no_card(), names("sato"), asks(kCodeIsAsked), types(true)}, Page::kWorking, {{Kind::kRespondTyped}}},
    {"Escape at the code", {connected(), has_no_card(), names("sato"), asks(kCodeIsAsked), escape()}, Page::kStarting, {{Kind::kCancel}, kByCard}},
    {"a refused code", {connected(), has_no_card(), names("sato"), asks(kCodeIsAsked), types(), says(kRevoked, "Not right"), asks(kHold)}, Page::kRefused, {}, "Not right", true, 60s},
    {"a name without being asked", {connected(), names("sato")}, Page::kStarting, {}},
};
// clang-format on

START_TEST(a_conversation) {
  const Row& row = kRows[_i];
  Model model(WithoutCard::kPassword);
  Commands last;
  for (const Step& step : row.steps) last = step(model);
  const Shown& shown = model.shown();
  ck_assert_msg(shown.page == row.page, "%s: page %d", row.what, static_cast<int>(shown.page));
  ck_assert_msg(last == row.last, "%s: %zu commands", row.what, last.size());
  ck_assert_msg(shown.words == row.words, "%s: \"%s\"", row.what, shown.words.c_str());
  ck_assert_msg(shown.can_go_on == row.can_go_on, "%s: can go on", row.what);
  ck_assert_msg(model.patience() == row.patience, "%s: patience", row.what);
}
END_TEST

START_TEST(the_line_reaches_the_screen) {
  Model model(WithoutCard::kNot);
  model.connected();
  says(kCheck)(model);
  ck_assert(model.shown().work == Work::kChecking);
  says(kAsk)(model);
  ck_assert(model.shown().work == Work::kAsking);
  expect_text(model.shown().account, "sato");
  asks(kPin)(model);
  ck_assert(model.shown().tries_left == 2 && model.shown().max_tries == 3 && model.shown().form == PinForm{});
  ck_assert(!model.shown().smartphone);
  types()(model);
  ck_assert(model.shown().work == Work::kVerifying);
  says(kRevoked)(model);
  ck_assert(model.shown().verdict == Verdict::kRevoked);
}
END_TEST

START_TEST(a_smartphone_reaches_the_screen) {
  for (const ScreenState state : {ScreenState::kPin, ScreenState::kConfirm}) {
    Model model(WithoutCard::kNot);
    model.connected();
    asks(ScreenLine{.state = state, .smartphone = true}, "?")(model);
    ck_assert(model.shown().smartphone);
    (void)(state == ScreenState::kPin ? model.typed(false) : model.last_try(true));
    asks(kPin)(model);
    ck_assert(!model.shown().smartphone);
  }
}
END_TEST

struct Offer {
  Page page;
  std::vector<Step> steps;
  bool can_begin_anew;
  bool without_card;  // is offered
};

// Whoever can do nothing else here can give up, except where nothing is asked; and whoever has no card need
// not wait.
START_TEST(what_can_be_done_on_each_page) {
  const Offer offers[] = {
      {Page::kStarting, {}, false, true},
      {Page::kInsertCard, {says(kInsert)}, false, true},
      {Page::kWorking, {says(kRead)}, false, true},
      {Page::kChoose, {asks(kChoose, "?\n1\n2")}, true, true},
      {Page::kPin, {asks(kPin)}, true, true},
      {Page::kLastTry, {asks(kConfirm)}, true, true},
      {Page::kRefused, {says(kRevoked, "Revoked")}, true, true},
      {Page::kQuestion, {asks("Token: ")}, true, true},
      {Page::kCode, {asks(kCodeIsAsked)}, true, true},
      {Page::kName, {has_no_card()}, true, false},
      {Page::kQuestion, {has_no_card(), names("sato"), asks("Password: ")}, true, false},
      {Page::kCode, {has_no_card(), names("sato"), asks(kCodeIsAsked)}, true, false},
      {Page::kPin, {has_no_card(), names("sato"), asks(kPin)}, true, true},
      {Page::kNotice, {says(kSoon, "Renew soon"), ends(true)}, false, false},
      {Page::kWelcome, {ends(true)}, false, false},
      {Page::kEnded, {ends(false)}, false, true},
      {Page::kNoManager, {no_manager()}, false, false},
  };
  for (const Offer& offer : offers) {
    Model model(WithoutCard::kPassword);
    model.connected();
    for (const Step& step : offer.steps) step(model);
    const int page = static_cast<int>(offer.page);
    ck_assert_int_eq(static_cast<int>(model.shown().page), page);
    ck_assert_msg(model.shown().can_begin_anew == offer.can_begin_anew, "page %d", page);
    ck_assert_msg((model.shown().offered == WithoutCard::kPassword) == offer.without_card, "page %d", page);
  }
}
END_TEST

// Also where the person goes on by choosing.
START_TEST(what_was_told_goes_with_the_answer) {
  const auto answers = {types(), chooses(0)};
  for (const Step& answer : answers) {
    Model model(WithoutCard::kNot);
    model.connected();
    says(kRevoked, "Revoked")(model);
    asks(kChoose, "?\n1\n2")(model);
    says("An error", true)(model);
    ck_assert(model.shown().verdict == Verdict::kRevoked && model.shown().words_are_error);
    answer(model);
    ck_assert(!model.shown().verdict && !model.shown().said && model.shown().words.empty());
    says("No error")(model);
    expect_text(model.shown().words, "No error");
    ck_assert(!model.shown().words_are_error);
  }
}
END_TEST

START_TEST(whose_login_it_is_stays_until_another_is_told) {
  Model model(WithoutCard::kNot);
  model.connected();
  asks(kPin)(model);
  expect_text(model.shown().account, "sato");
  types()(model);
  says(kRevoked)(model);
  asks(kHold)(model);
  expect_text(model.shown().account, "sato");
}
END_TEST

// A module that asks again in the same conversation: the code stays with the words that it belongs to.
START_TEST(a_refusal_is_told_beside_the_next_question) {
  Model model(WithoutCard::kNot);
  model.connected();
  says(kRevoked, "Revoked [JPKI-401]")(model);
  asks(kPin)(model);
  ck_assert(model.shown().page == Page::kPin && model.shown().verdict == Verdict::kRevoked);
  types()(model);
  ck_assert(!model.shown().verdict);
  asks(kPin)(model);
  ck_assert(!model.shown().verdict && model.shown().words.empty());
}
END_TEST

START_TEST(cards_are_called_as_the_module_calls_them) {
  Model model(WithoutCard::kNot);
  model.connected();
  asks(kChoose, "Two lines\nof words:\n1: <b>A</b>\n2: カード\x1b[2J")(model);
  ck_assert(model.shown().cards == (std::vector<std::string>{"1: <b>A</b>", "2: カード [2J"}));
  Model most(WithoutCard::kNot);
  most.connected();
  asks("jpki1 state=choose cards=9\nWhich?\n1\n2\n3\n4\n5\n6\n7\n8\n9", false)(most);
  ck_assert_uint_eq(most.shown().cards.size(), 9);
  // What cannot be a list is asked like any question of ours: hidden.
  for (const char* text :
       {"jpki1 state=choose cards=10\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11", "jpki1 state=choose\nWhich?"}) {
    Model other(WithoutCard::kNot);
    other.connected();
    asks(text, false)(other);
    ck_assert(other.shown().page == Page::kQuestion && other.shown().hidden);
  }
}
END_TEST

START_TEST(which_words_are_about_an_error) {
  Model model(WithoutCard::kPassword);
  const auto error_after = [&](const Step& step) {
    step(model);
    return model.shown().words_are_error;
  };
  model.connected();
  ck_assert(!error_after(says("One")) && error_after(says("Two", true)) && error_after(says("Three")));
  asks(kPin)(model);
  types()(model);
  ck_assert(!error_after(says("Four")));
  ck_assert(error_after(says(kWrongForm, "4 digits")));
  asks(kPin)(model);
  types()(model);
  ck_assert(!error_after(says(kSoon, "Renew soon")));
  ck_assert(error_after(says(kRevoked, "Revoked")));
}
END_TEST

START_TEST(whose_words_they_are) {
  Model model(WithoutCard::kPassword);
  model.connected();
  says(kRevoked, "Revoked")(model);
  ck_assert(model.shown().said == kRevoked);
  asks(kHold)(model);
  ck_assert(model.shown().said == kRevoked);
  model.begin_anew();
  asks(kPin)(model);
  ck_assert(!model.shown().said);
  says("of another module")(model);
  ck_assert(!model.shown().said);
  model.typed(false);
  says(kWrongForm, "4 digits")(model);
  ck_assert(model.shown().said == kWrongForm);
  asks(kPin)(model);
  ck_assert(model.shown().said == kWrongForm);
  model.typed(false);
  says("before")(model);
  says(kWrongForm, "4 digits")(model);
  ck_assert(model.shown().said == kWrongForm && model.shown().words == "4 digits");
  says("and more")(model);
  ck_assert(!model.shown().said && model.shown().words == "4 digits\nand more");
}
END_TEST

// What the settings offer is offered while a card may come, and words and buttons know it to the end.
START_TEST(the_way_without_a_card_is_that_of_the_settings) {
  for (const WithoutCard way : {WithoutCard::kPassword, WithoutCard::kCode, WithoutCard::kPasswordOrCode}) {
    Model model(way);
    model.connected();
    ck_assert(model.shown().offered == way && model.shown().without_card == WithoutCard::kNot);
    model.do_without_card();
    ck_assert(model.shown().offered == WithoutCard::kNot && model.shown().without_card == way);
    model.name_given("sato");
    ck_assert(model.shown().offered == way && model.shown().without_card == way);
    asks(kCodeIsAsked, "Code:")(model);
    ck_assert(model.shown().offered == WithoutCard::kNot && model.shown().hidden);
    expect_text(model.shown().prompt, "Code:");
    model.completed(false);
    ck_assert(model.shown().without_card == way);
    model.go_on();
    ck_assert(model.shown().without_card == WithoutCard::kNot);
  }
}
END_TEST

START_TEST(nobody_gets_a_button_against_the_settings) {
  Model model(WithoutCard::kNot);
  model.connected();
  ck_assert(model.shown().offered == WithoutCard::kNot);
  ck_assert(model.do_without_card().empty());
  ck_assert(model.shown().page == Page::kStarting);
}
END_TEST

START_TEST(a_field_shows_what_is_typed_only_for_other_modules) {
  Model model(WithoutCard::kPassword);
  model.connected();
  asks("login: ", false)(model);
  ck_assert(!model.shown().hidden);
  model.typed(false);
  asks("Password: ", true)(model);
  ck_assert(model.shown().hidden);
  Model ours(WithoutCard::kPassword);
  ours.connected();
  asks(encode(kSoon) + "PIN?", false)(ours);
  ck_assert(ours.shown().hidden);
}
END_TEST

// Whatever is said, in whatever order: no attempt follows another without a person or the pause.
START_TEST(attempts_that_end_by_themselves_are_bounded) {
  const Step said[] = {says("x"),  says(kInsert), says(kRead), says(kNoCard, "No card"), says(kRevoked, "No"),
                       asks(kPin), asks(kHold),   asks("?")};
  for (std::size_t first = 0; first < std::size(said); ++first) {
    for (std::size_t second = 0; second < std::size(said); ++second) {
      Model model(WithoutCard::kPassword);
      model.connected();
      said[first](model);
      said[second](model);
      ck_assert(model.completed(false).empty());
      ck_assert(model.patience() && *model.patience() >= 3s);
    }
  }
}
END_TEST

// No sequence of keys makes "yes" out of anything but the button.
START_TEST(only_the_button_says_yes) {
  const Step keys[] = {types(), types(true), enter(), escape(), names("yes"), time_passes(), has_no_card()};
  for (const Step& one : keys) {
    for (const Step& two : keys) {
      Model model(WithoutCard::kPassword);
      model.connected();
      asks(kConfirm)(model);
      for (const Step& key : {one, two})
        for (const Command& command : key(model)) ck_assert(command != (Command{Kind::kRespond, "yes"}));
    }
  }
}
END_TEST

START_TEST(hostile_texts_are_bounded) {
  const std::string large(100 * 1024, 'A');
  const std::string lines(100 * 1024, '\n');
  const std::string noise = "<b>\x1b[2J\x01\x7f\xff\xfe\xc0\x80</b>";
  for (const std::string& text :
       {large, lines, noise, encode(kRevoked) + large, "jpki1 state=" + large, "jpki1 " + lines}) {
    Model model(WithoutCard::kPassword);
    model.connected();
    for (int i = 0; i < 50; ++i) model.message(text, true);
    ck_assert(model.shown().words.size() < 4096);
    model.prompt(text, true);
    ck_assert(model.shown().prompt.size() < 4096);
    for (int i = 0; i < 1000; ++i) model.prompt(text, true);
    (void)model.completed(false);
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("greeter model");
  TCase* tests = tcase_create("model");
  tcase_add_loop_test(tests, a_conversation, 0, static_cast<int>(std::size(kRows)));
  tcase_add_test(tests, the_line_reaches_the_screen);
  tcase_add_test(tests, a_smartphone_reaches_the_screen);
  tcase_add_test(tests, what_can_be_done_on_each_page);
  tcase_add_test(tests, what_was_told_goes_with_the_answer);
  tcase_add_test(tests, whose_login_it_is_stays_until_another_is_told);
  tcase_add_test(tests, a_refusal_is_told_beside_the_next_question);
  tcase_add_test(tests, cards_are_called_as_the_module_calls_them);
  tcase_add_test(tests, which_words_are_about_an_error);
  tcase_add_test(tests, whose_words_they_are);
  tcase_add_test(tests, the_way_without_a_card_is_that_of_the_settings);
  tcase_add_test(tests, nobody_gets_a_button_against_the_settings);
  tcase_add_test(tests, a_field_shows_what_is_typed_only_for_other_modules);
  tcase_add_test(tests, attempts_that_end_by_themselves_are_bounded);
  tcase_add_test(tests, only_the_button_says_yes);
  tcase_add_test(tests, hostile_texts_are_bounded);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
