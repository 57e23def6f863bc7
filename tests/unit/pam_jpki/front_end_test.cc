// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What each kind of front end is told and asked.
#include "pam_jpki/screen.h"
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/story.h"

namespace {

using namespace jpki::pam;
using namespace jpki::pam::test;

struct Known {
  Front front;
  Screen screen;
};
const Known kKnown[] = {
    {{.service = "login", .terminal = "/dev/tty1"}, screens::kFull},
    {{.service = "login"}, screens::kFull},
    {{.service = "su", .terminal = "pts/3"}, screens::kFull},
    {{.service = "su", .typed_to = false},
     screens::kNobody},  // in a script: it would read the script's input
    {{.service = "su-l"}, screens::kNobody},
    {{.service = "chsh"}, screens::kNobody},
    {{.service = "chfn"}, screens::kNobody},
    {{.service = "vlock"}, screens::kNobody},
    {{.service = "chsh", .terminal = "/dev/pts/3"}, screens::kFull},
    {{.service = "chfn", .terminal = "/dev/pts/3"}, screens::kFull},
    {{.service = "vlock", .terminal = "/dev/tty3"}, screens::kFull},
    {{.service = "sudo", .terminal = "/dev/pts/3"}, screens::kPromptOnly},
    {{.service = "sudo"}, screens::kPromptOnly},  // by an askpass program
    {{.service = "sshd", .terminal = "ssh"}, screens::kFull},
    {{.service = "polkit-1"}, screens::kFull},
    {{.service = "gdm-password", .terminal = "/dev/tty2"}, screens::kGdm},
    {{.service = "gdm-smartcard", .terminal = "/dev/tty1"}, screens::kGdm},
    {{.service = "lightdm", .display = ":0"}, screens::kAnnounced},
    {{.service = "lightdm-jpki", .display = ":0"}, screens::kGreeter},
    {{.service = "hyprlock"}, screens::kOneAnswer},
    {{.service = "gtklock"}, screens::kBlind},
    {{.service = "i3lock", .terminal = ":0.0"}, screens::kBlind},
    {{.service = "swaylock"}, screens::kBlind},
    {{.service = "kde-smartcard", .terminal = "/dev/tty1"}, screens::kNobody},
    {{.service = "cron", .terminal = "cron"}, screens::kNobody},
    {{.service = "systemd-user"}, screens::kNobody},
    // Nobody looked at these.
    {{.service = "mail"}, screens::kNobody},
    {{.service = "some-tool", .terminal = "/dev/pts/0"}, screens::kFull},
    {{.service = "some-tool", .terminal = "tty3"}, screens::kFull},
    {{.service = "some-tool", .terminal = "/dev/console"}, screens::kFull},
    {{.service = "some-locker", .terminal = ":1"}, screens::kUnknown},
    {{.service = "some-locker", .terminal = "wayland-0"}, screens::kUnknown},
    {{.service = "some-greeter", .display = ":0"}, screens::kUnknown},
    {{.service = "pamtester", .typed_to = true}, screens::kFull},
    {{.service = "some-locker", .terminal = ":1", .typed_to = true}, screens::kUnknown},
    {{.service = "i3lock-color", .terminal = ":0"}, screens::kUnknown},
};

START_TEST(a_front_end_is_known_by_its_service_or_its_terminal) {
  const Known& row = kKnown[_i];
  ck_assert_msg(screen_of(row.front) == row.screen, "%s at %s", row.front.service.c_str(),
                row.front.terminal.c_str());
  ck_assert(screen_named(row.screen.name) == row.screen);
}
END_TEST

START_TEST(who_asks_for_silence_gets_prompts_alone) {
  for (const char* service : {"sudo", "login", "lightdm", "lightdm-jpki", "gdm-password", "some-tool"}) {
    const Front front{.service = service, .terminal = "/dev/tty1"};
    Front silent = front;
    silent.silent = true;
    const Screen screen = screen_of(silent);
    ck_assert(!screen.texts && screen.same_handle && !screen.program && !screen.lists);
    // Silence makes nothing visible.
    const Screen loud = screen_of(front);
    ck_assert(screen.prompts == loud.prompts && screen.tries == loud.prompts &&
              screen.holds() == loud.prompts);
  }
  const Screen unknown = screen_of({.service = "some-locker", .terminal = ":1", .silent = true});
  ck_assert(!unknown.prompts && !unknown.tries && !unknown.texts);
  ck_assert(screen_of({.service = "xscreensaver", .display = ":0", .silent = true}).columns == 34);
  ck_assert(!screen_of({.service = "i3lock", .silent = true}).questions);
  ck_assert(screen_of({.service = "gdm-smartcard", .silent = true}).restarts);
  ck_assert(!screen_of({.service = "cron", .silent = true}).somebody);
}
END_TEST

START_TEST(a_name_that_no_screen_has_is_none) {
  for (const char* name : {"", "Full", "auto", "full ", "mute"}) ck_assert(!screen_named(name).has_value());
}
END_TEST

const Story kStories[] = {
    {"full", 3, {"9999"}, PAM_AUTH_ERR, 1, {kPrompt3}, {"2 more wrong PINs lock it", "[JPKI-201]"}},
    // The host's own "wrong password" would stand there next: so the conversation goes on.
    {"announced",
     3,
     {"9999", "1234"},
     PAM_SUCCESS,
     2,
     {kPrompt3, std::string("Wrong PIN [JPKI-201]. ") + kPrompt2},
     {kPrompt3, std::string("Wrong PIN [JPKI-201]. ") + kPrompt2}},
    {"prompt-only",
     3,
     {"9999", "1234"},
     PAM_SUCCESS,
     2,
     {kPrompt3, std::string("Wrong PIN [JPKI-201]. ") + kPrompt2},
     {}},
    {"announced",
     2,
     {"9999", "no"},
     PAM_AUTH_ERR,
     1,
     {kPrompt2, std::string("Wrong PIN [JPKI-201]. ") + kLastTry, "Press Enter: "},
     {"The next try may be the last one, so the PIN was not checked."}},
    {"announced", 0, {}, PAM_MAXTRIES, 0, {"Press Enter: "}, {"The PIN is locked", "[JPKI-202]"}},
    {"prompt-only", 0, {}, PAM_MAXTRIES, 0, {"The PIN is locked [JPKI-202]. Press Enter: "}, {}},
    // In its field there is room for few words; all of them stand below it.
    {"gdm", 0, {}, PAM_MAXTRIES, 0, {"Press Enter: "}, {"The PIN is locked", "[JPKI-202]"}},
    {"gdm",
     3,
     {"9999", "1234"},
     PAM_SUCCESS,
     2,
     {"Card PIN (3 tries left): ", "Card PIN (2 tries left): "},
     {kPrompt3, std::string("Wrong PIN [JPKI-201]. ") + kPrompt2}},
    {"gdm",
     1,
     {"yes", "1234"},
     PAM_SUCCESS,
     1,
     {"Use the last try? (yes / no): ", "Card PIN (last try): "},
     {kLastTry, "MyNumber card PIN (4 digits, last try): "}},
    {"gdm quiet", 1, {"no"}, PAM_AUTH_ERR, 0, {kLastTry}, {}},
    {"greeter",
     3,
     {"9999", "1234"},
     PAM_SUCCESS,
     2,
     {"jpki1 state=pin tries=3 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n" +
          std::string(kPrompt3),
      "jpki1 state=pin tries=2 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n" +
          std::string(kPrompt2)},
     {"jpki1 state=refused verdict=201 tries=2\nThe PIN is not correct."}},
    {"greeter",
     1,
     {"yes", "1234"},
     PAM_SUCCESS,
     1,
     {"jpki1 state=confirm tries=1 max_tries=3 account=nobody\n" + std::string(kLastTry),
      "jpki1 state=pin tries=1 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n"
      "MyNumber card PIN (4 digits, last try): ",
      "jpki1 state=hold\nPress Enter: "},
     {"2 wrong PINs were entered for your card before this login."}},
    {"greeter",
     0,
     {},
     PAM_MAXTRIES,
     0,
     {"jpki1 state=hold verdict=202\nPress Enter: "},
     {"jpki1 state=refused verdict=202\nThe PIN is locked"}},
    {"greeter",
     3,
     {"12", "1234"},
     PAM_SUCCESS,
     1,
     {"jpki1 state=pin tries=3 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n" +
          std::string(kPrompt3),
      "jpki1 state=pin tries=3 max_tries=3 min_length=4 max_length=4 digits=yes account=nobody\n" +
          std::string(kPrompt3)},
     {"jpki1 state=wrong-form min_length=4 max_length=4 digits=yes\nThe PIN has 4 digits."}},
    // One text is all there is: it is not asked for twice, and it is no yes.
    {"one-answer", 3, {"12", "1234"}, PAM_AUTH_ERR, 0, {kPrompt3}, {"[JPKI-203]"}},
    {"one-answer", 3, {"9999", "1234"}, PAM_AUTH_ERR, 1, {kPrompt3}, {"[JPKI-201]"}},
    {"one-answer", 1, {"yes", "1234"}, PAM_AUTH_ERR, 0, {}, {"[JPKI-205]"}},
    {"blind", 3, {"1234"}, PAM_SUCCESS, 1, {kPrompt3}, {}},
    {"blind", 3, {"9999", "1234"}, PAM_AUTH_ERR, 1, {kPrompt3}, {}},
    {"blind", 1, {"yes", "1234"}, PAM_AUTH_ERR, 0, {}, {}},
    {"unknown", 1, {"yes", "1234"}, PAM_AUTH_ERR, 0, {"Press Enter: "}, {"[JPKI-205]"}},
    {"nobody", 3, {"1234"}, PAM_AUTHINFO_UNAVAIL, 0, {}, {}},
    {"nobody use_first_pass", 3, {"1234"}, PAM_AUTH_ERR, 0, {}, {}},
};

// Beside its field a question has half of the width of a message; at spaces xscreensaver breaks lines itself.
START_TEST(a_question_may_have_less_room) {
  const Screen xscreensaver = screen_of({.service = "xscreensaver", .display = ":0"});
  ck_assert_uint_eq(xscreensaver.columns_for("残り3回", true), 18);
  ck_assert_uint_eq(xscreensaver.columns_for("残り3回", false), 34);
  ck_assert_uint_eq(xscreensaver.columns_for("3 tries left", true), 34);
  const Screen lightdm = screen_of({.service = "lightdm", .display = ":0"});
  ck_assert_uint_eq(lightdm.columns_for("残り3回", true), 72);
  ck_assert_uint_eq(screen_of({.service = "su", .terminal = "/dev/tty1"}).columns_for("残り3回", true), 0);
}
END_TEST

START_TEST(each_screen_has_its_own_conversation) {
  const Story& story = kStories[_i];
  Host host;
  host.use(std::string("screen=") + story.screen);
  host.script("step 5\ncard 1234\n");
  host.tries(story.tries);
  host.answers = story.answers;
  ck_assert_int_eq(host.authenticate("nobody"), story.code);
  ck_assert_int_eq(host.record_count("verify"), story.verifies);
  ck_assert_uint_eq(host.questions().size(), story.questions.size());
  for (std::size_t i = 0; i < story.questions.size(); ++i)
    check_text(host.questions()[i], as_shown(story.screen, story.questions[i]));
  for (const std::string& part : story.heard)
    ck_assert_msg(host.heard(as_shown(story.screen, part)), "%s", part.c_str());
  if (story.heard.empty() && std::string(story.screen) != "greeter") check_text(host.told(), "");
  ck_assert(!host.asked_visibly());
}
END_TEST

// However many tries a token has: a conversation is not for guessing.
START_TEST(three_pins_are_asked_for_in_one_conversation) {
  Host host;
  host.use("screen=announced");
  host.script("ask nobody 4 4 1 9 9\nverify 1234 9\noutcome 0 nobody\n");
  host.answers = {"9999", "9999", "9999", "", "1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTH_ERR);
  ck_assert_int_eq(host.record_count("pin"), 3);
}
END_TEST

// With the PIN given by another module nothing is asked, so nothing is asked again.
START_TEST(a_pin_that_was_given_is_tried_once) {
  Host host;
  host.use("screen=announced use_first_pass");
  host.script("card 1234\n");
  host.start("nobody");
  // libpam lets modules alone set PAM_AUTHTOK: without one there is nothing to try.
  const int code = ::pam_authenticate(host.handle(), 0);
  host.end(code);
  ck_assert_int_eq(code, PAM_AUTH_ERR);
  ck_assert_int_eq(host.record_count("verify"), 0);
}
END_TEST

// What our greeter can show of the work while it is done; nobody else is told.
START_TEST(the_greeter_sees_what_is_going_on) {
  static const char kScript[] = "step 4\nstep 5\nstep 6\nstep 7\nstep 8\ncard 1234\n";
  Host host;
  host.use("screen=greeter");
  host.script(kScript);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  check_text(host.told(),
             "jpki1 state=insert-card\nPlease put your card on the reader.\n"
             "jpki1 state=reading\nThe card is being read. Please leave it on the reader.\n"
             "jpki1 state=checking\nThe certificate on the card is being checked.\n");
  Host other;
  other.use("screen=full");
  other.script(kScript);
  other.answers = {"1234"};
  ck_assert_int_eq(other.authenticate("nobody"), PAM_SUCCESS);
  check_text(other.told(), "Please put your card on the reader.\n");
}
END_TEST

struct Notice {
  const char* screen;
  int tries;
  const char* before;
  std::vector<std::string> heard;
  std::vector<std::string> not_heard;
  std::size_t questions;
};
const Notice kNotices[] = {
    {"full", 3, "", {}, {"wrong PIN", "expires"}, 1},
    {"full", 2, "", {"A wrong PIN was entered for your card before this login."}, {}, 1},
    {"full", 3, "expires-in 12\n", {"expires in 12 days."}, {"wrong PIN"}, 1},
    {"full", 3, "expires-in 0\n", {"expires within 24 hours."}, {}, 1},
    {"full", 3, "overlap-days 14\n", {"in place of the old one.", "for 14 more days."}, {}, 1},
    {"full", 3, "overlap-days 0\n", {"The old one no longer logs in"}, {}, 1},
    {"greeter",
     2,
     "expires-in 30\n",
     {"jpki1 state=notice\nA wrong PIN was",
      "jpki1 state=notice\nThe certificate on your card expires in 30 days."},
     {},
     3},
    {"full",
     3,
     "no-ticket 533\n",
     {"Your card was accepted, but the clock of this computer", "[JPKI-533]"},
     {},
     1},
    // Nobody would read it there.
    {"announced", 2, "no-ticket 533\n", {}, {"JPKI-533"}, 1},
    {"announced", 2, "expires-in 12\n", {}, {"wrong PIN was", "expires"}, 1},
    {"prompt-only", 2, "expires-in 12\n", {}, {"wrong PIN was", "expires"}, 1},
    {"blind", 2, "expires-in 12\n", {}, {"wrong PIN was", "expires"}, 1},
    {"full quiet", 2, "expires-in 12\n", {}, {"wrong PIN was", "expires"}, 1},
};

START_TEST(a_good_login_says_what_the_person_should_know) {
  const Notice& row = kNotices[_i];
  Host host;
  host.use(std::string("screen=") + row.screen);
  host.script(row.before + std::string("card 1234\n"));
  host.tries(row.tries);
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
  for (const std::string& part : row.heard) ck_assert_msg(host.heard(part), "%s", host.told().c_str());
  for (const std::string& part : row.not_heard) ck_assert_msg(!host.heard(part), "%s", host.told().c_str());
  ck_assert_uint_eq(host.questions().size(), row.questions);
}
END_TEST

// Who mistyped a moment ago knows it.
START_TEST(own_mistakes_are_no_news) {
  for (const char* screen : {"full", "greeter"}) {
    Host host;
    host.use(std::string("screen=") + screen);
    host.script("card 1234\n");
    host.answers = {"9999", "1234"};
    host.start("nobody");
    int code = ::pam_authenticate(host.handle(), 0);
    if (code != PAM_SUCCESS) code = ::pam_authenticate(host.handle(), 0);
    host.end(code);
    ck_assert_int_eq(code, PAM_SUCCESS);
    ck_assert(!host.heard("before this login"));
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki front end");
  TCase* tests = tcase_create("front end");
  tcase_set_timeout(tests, 600);
  tcase_add_loop_test(tests, a_front_end_is_known_by_its_service_or_its_terminal, 0,
                      static_cast<int>(std::size(kKnown)));
  tcase_add_test(tests, who_asks_for_silence_gets_prompts_alone);
  tcase_add_test(tests, a_name_that_no_screen_has_is_none);
  tcase_add_test(tests, a_question_may_have_less_room);
  tcase_add_loop_test(tests, each_screen_has_its_own_conversation, 0, static_cast<int>(std::size(kStories)));
  tcase_add_test(tests, three_pins_are_asked_for_in_one_conversation);
  tcase_add_test(tests, a_pin_that_was_given_is_tried_once);
  tcase_add_test(tests, the_greeter_sees_what_is_going_on);
  tcase_add_loop_test(tests, a_good_login_says_what_the_person_should_know, 0,
                      static_cast<int>(std::size(kNotices)));
  tcase_add_test(tests, own_mistakes_are_no_news);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
