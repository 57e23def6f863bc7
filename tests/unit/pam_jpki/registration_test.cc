// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The word register through libpam: what it asks, what it leaves behind, and what becomes of that.
#include "base/verdict.h"
#include "tests/unit/pam_jpki/host.h"

#include <chrono>
#include <thread>

#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

bool set_user_id = false;  // what the module takes this program for

}  // namespace

#pragma GCC visibility push(default)
extern "C" unsigned long getauxval(unsigned long type) noexcept {
  static const auto real =
      reinterpret_cast<unsigned long (*)(unsigned long)>(::dlsym(RTLD_NEXT, "getauxval"));
  return set_user_id && type == AT_SECURE ? 1 : real(type);
}
#pragma GCC visibility pop

namespace {

using namespace jpki;
using namespace jpki::pam::test;

// To a login an unregistered card, which may be registered.
constexpr char kRefused[] = "purpose 1\npseudonym c0ffee\noutcome 501 -\n";
constexpr char kMay[] =
    "purpose 4\npseudonym c0ffee\nask nobody 4 4 1 3 3\nverify 1234 2\nregistrable X509:<SHA1-PUKEY>00\n"
    "outcome 0 nobody\n";

std::string script_of(const std::string& may = kMay, const std::string& refused = kRefused) {
  return refused + may;
}

struct Registering : Host {
  explicit Registering(const std::string& lines = script_of(), const std::string& control = "optional",
                       const std::string& options = "screen=full") {
    script(lines);
    stack(control, options, "auth required pam_permit.so\n");
    answers = {"yes", "1234"};
  }
  void stack(const std::string& control, const std::string& options, const std::string& others) const {
    std::string line = entry("register " + options);
    line.replace(0, line.find(' '), control);
    std::string first = entry("screen=full");
    first.replace(0, first.find(' '), "[success=ok default=ignore]");
    write_service("auth " + first + others + "auth " + line);
  }
  int log_in(int setcred_flags = PAM_ESTABLISH_CRED) {
    start("nobody");
    const int code = pam_authenticate(handle(), 0);
    if (code == PAM_SUCCESS) (void)pam_setcred(handle(), setcred_flags);
    end(code);
    return code;
  }
  int registered() const { return record_count("registration nobody X509:<SHA1-PUKEY>00 2"); }
};

bool offered() {
  return ::geteuid() == 0;  // by programs of root's alone
}

START_TEST(yes_and_the_pin_register_it_when_the_login_has_succeeded) {
  Registering host;
  host.start("nobody");
  ck_assert_int_eq(pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  ck_assert_int_eq(host.registered(), 0);
  ck_assert_int_eq(pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  ck_assert_int_eq(pam_setcred(host.handle(), PAM_ESTABLISH_CRED), PAM_SUCCESS);
  host.end(PAM_SUCCESS);
  ck_assert_int_eq(host.registered(), offered() ? 1 : 0);
  ck_assert_uint_eq(host.questions().size(), offered() ? 2 : 0);
  const std::string record = host.record();  // the card lies there, so it is not waited for
  ck_assert(!offered() || record.find(" wait=0 ", record.find("purpose 1")) != std::string::npos);
  ck_assert(!host.asked_visibly());
  ck_assert(host.heard("Your card is registered.") == offered());
  ck_assert(!offered() ||
            take_log().find("JPKI-000 accepted self-registration service=") != std::string::npos);
}
END_TEST

START_TEST(no_flag_but_one_registers) {
  for (const int flags : {PAM_DELETE_CRED, PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED}) {
    Registering host;
    ck_assert_int_eq(host.log_in(flags), PAM_SUCCESS);
    ck_assert_int_eq(host.registered(), 0);
  }
}
END_TEST

START_TEST(what_is_no_yes) {
  for (const char* answer : {"", "no", "1234", "yes yes"}) {
    Registering host;
    host.answers = {answer, "1234"};
    ck_assert_int_eq(host.log_in(), PAM_SUCCESS);
    ck_assert_int_eq(host.registered(), 0);
    ck_assert_int_eq(host.record_count("pin "), 0);
    ck_assert(host.heard("[JPKI-542]") == offered());
  }
  Registering fails;
  fails.manner = Manner::kFails;
  ck_assert_int_eq(fails.log_in(), PAM_SUCCESS);
  ck_assert_int_eq(fails.registered(), 0);
}
END_TEST

START_TEST(only_ignore_is_a_yes) {
  for (const char* control : {"sufficient", "required", "requisite", "[default=ok]"}) {
    Registering alone(script_of(), control);
    alone.stack(control, "screen=full", "");
    ck_assert_int_eq(alone.log_in() == PAM_SUCCESS, 0);
    ck_assert_int_eq(alone.registered(), 0);
  }
  Registering refused(script_of(), "requisite");
  refused.answers = {"no"};
  ck_assert_int_eq(refused.log_in(), PAM_AUTH_ERR);
  Registering good(script_of(), "requisite");
  ck_assert_int_eq(good.log_in(), offered() ? PAM_SUCCESS : PAM_AUTH_ERR);
  // Without a card that was refused nobody passes it.
  Registering nothing(script_of(kMay, "purpose 1\noutcome 103 -\n"), "requisite");
  ck_assert_int_eq(nothing.log_in(), PAM_AUTH_ERR);
}
END_TEST

START_TEST(which_refusals_lead_there) {
  for (const char* code : {"502", "503", "504", "505", "543", "401", "302", "201", "103", "601"}) {
    Registering host(script_of(kMay, "purpose 1\npseudonym c0ffee\noutcome " + std::string(code) + " -\n"));
    ck_assert_int_eq(host.log_in(), PAM_SUCCESS);
    ck_assert_msg(host.record_count("purpose 4") == 0 && host.questions().empty(), "%s", code);
  }
}
END_TEST

START_TEST(a_validator_that_lies) {
  constexpr const char* kLies[] = {
      "purpose 4\npseudonym c0ffee\noutcome 0 nobody\n",
      "purpose 4\npseudonym c0ffee\nregistrable x\noutcome 0 nobody\n",
      "purpose 4\npseudonym c0ffee\nask nobody 4 4 1 3 3\noutcome 0 nobody\n",
      "purpose 4\npseudonym c0ffee\nask nobody 4 4 1 3 3\nregistrable x\noutcome 0 daemon\n",
      "purpose 4\npseudonym c0ffee\nask daemon 4 4 1 3 3\nregistrable x\noutcome 0 daemon\n",
      "purpose 4\npseudonym c0ffee\nask nobody 4 4 1 3 3\nregistrable x\nforge-nonce\noutcome 0 nobody\n",
      "purpose 4\npseudonym bad\nask nobody 4 4 1 3 3\nregistrable x\noutcome 0 nobody\n",
      "purpose 4\ndie 9\n"};
  for (const char* lie : kLies) {
    Registering host(script_of(lie), "requisite");
    ck_assert_msg(host.log_in() != PAM_SUCCESS && host.record_count("registration ") == 0, "%s", lie);
  }
  // Nor may one name a card to register at a login.
  Host host;
  host.script("ask nobody 4 4 1 3 3\nregistrable x\noutcome 0 nobody\n");
  host.use("");
  host.answers = {"1234"};
  ck_assert_int_eq(host.authenticate("nobody"), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

START_TEST(where_nothing_is_offered) {
  const auto is_asked = [](const std::string& options, const char* cause) {
    Registering host(script_of(), "optional", options);
    (void)take_log();
    ck_assert_int_eq(host.log_in(), PAM_SUCCESS);
    const std::string log = take_log();
    ck_assert_msg(!offered() || log.find(cause) != std::string::npos, "%s: %s", options.c_str(), log.c_str());
    return host.record_count("purpose 4") != 0 || !host.questions().empty();
  };
  for (const char* options : {"screen=blind", "screen=one-answer", "screen=unknown", "screen=nobody"})
    ck_assert_msg(!is_asked(options, "the screen cannot show"), "%s", options);
  ck_assert(!is_asked("screen=full min_uid=65535", "below min_uid"));
  ck_assert(is_asked("screen=full min_uid=65534", "") == offered());
  ck_assert(!is_asked("screen=full config_file=relative", "not an absolute path"));
  ck_assert(!is_asked("screen=full where_unknown=remote allow_remote", " cause=\""));
  set_user_id = true;
  ck_assert(!is_asked("screen=full", "the program is set-user-ID"));
  set_user_id = false;
}
END_TEST

START_TEST(what_the_person_is_told) {
  for (const auto& [code, text] :
       {std::pair("541", "[JPKI-541]"), {"543", "[JPKI-543]"}, {"544", "[JPKI-544]"}}) {
    Registering host(script_of() + "registration " + code + "\n");
    ck_assert_int_eq(host.log_in(), PAM_SUCCESS);
    ck_assert_msg(host.heard(text) == offered(), "%s", text);
  }
  Host other;
  other.script("ask nobody 4 4 1 3 3\nverify 1234 2\nother-card\noutcome 0 nobody\n");
  other.use("screen=full");
  other.answers = {"1234"};
  ck_assert_int_eq(other.authenticate("nobody"), PAM_SUCCESS);
  ck_assert(other.heard("another card for your account"));
}
END_TEST

// What a yes is worth: for this user, and not for long.
START_TEST(a_yes_is_for_one_login) {
  struct Change {
    std::function<void(Registering&)> change;
    const char* cause;  // null: it registers
  };
  const Change kChanges[] = {
      {[](Registering&) {}, nullptr},
      {[](Registering& host) { pam_set_item(host.handle(), PAM_USER, "daemon"); }, "another user or service"},
      {[](Registering&) { std::this_thread::sleep_for(std::chrono::milliseconds(2200)); },
       "its time is over"}};
  for (const Change& one : kChanges) {
    if (!offered()) break;
    Registering host;
    host.start("nobody");
    ck_assert_int_eq(pam_authenticate(host.handle(), 0), PAM_SUCCESS);
    one.change(host);
    (void)take_log();
    (void)pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
    ck_assert_int_eq(host.registered(), one.cause == nullptr ? 1 : 0);
    const std::string log = take_log();
    ck_assert_msg(one.cause == nullptr || log.find(one.cause) != std::string::npos, "%s", log.c_str());
    ck_assert(log.find(" account=nobody certificate=c0ffee") != std::string::npos);
    ck_assert((log.find(" cause=") == std::string::npos) == (one.cause == nullptr));
    host.end(PAM_SUCCESS);
  }
}
END_TEST

START_TEST(a_yes_stays_in_its_process) {
  Registering host;
  host.start("nobody");
  ck_assert_int_eq(pam_authenticate(host.handle(), 0), PAM_SUCCESS);
  const pid_t child = ::fork();
  if (child == 0) {
    (void)pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
    ::_exit(take_log().find("another process's") == std::string::npos ? 1 : 0);
  }
  int status = 0;
  ck_assert_int_eq(::waitpid(child, &status, 0), child);
  ck_assert_int_eq(host.registered(), 0);
  ck_assert(!offered() || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
  (void)pam_setcred(host.handle(), PAM_ESTABLISH_CRED);
  ck_assert_int_eq(host.registered(), offered() ? 1 : 0);
  host.end(PAM_SUCCESS);
}
END_TEST

START_TEST(the_card_and_the_user_are_those_that_were_refused) {
  std::string other = kMay;
  other.replace(other.find("c0ffee"), 6, "decaf0");
  Registering card(script_of(other));
  ck_assert_int_eq(card.log_in(), PAM_SUCCESS);
  ck_assert(!offered() || take_log().find("another card is there") != std::string::npos);
  Registering user;
  user.at_question = [&] { pam_set_item(user.handle(), PAM_USER, "daemon"); };
  ck_assert_int_eq(user.log_in(), PAM_SUCCESS);
  ck_assert(!offered() || take_log().find("named another user meanwhile") != std::string::npos);
  for (const Registering* host : {&card, &user}) ck_assert_int_eq(host->record_count("registration "), 0);
}
END_TEST

START_TEST(what_the_host_is_told) {
  const auto ends = [](Manner manner, const char* answer) {
    Registering host(script_of(), "requisite");
    host.manner = manner;
    host.answers = {answer};
    return host.log_in();
  };
  ck_assert_int_eq(ends(Manner::kFails, ""), offered() ? PAM_CONV_ERR : PAM_AUTH_ERR);
  ck_assert_int_eq(ends(Manner::kAnswers, "no"), PAM_AUTH_ERR);
  // Who was not asked is told nothing more.
  Registering host(script_of("purpose 4\noutcome 543 -\n"));
  ck_assert_int_eq(host.log_in(), PAM_SUCCESS);
  ck_assert(!host.heard("[JPKI-543]"));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam registration");
  TCase* all = tcase_create("all");
  tcase_set_timeout(all, 30);
  tcase_add_test(all, yes_and_the_pin_register_it_when_the_login_has_succeeded);
  tcase_add_test(all, no_flag_but_one_registers);
  tcase_add_test(all, what_is_no_yes);
  tcase_add_test(all, only_ignore_is_a_yes);
  tcase_add_test(all, which_refusals_lead_there);
  tcase_add_test(all, a_validator_that_lies);
  tcase_add_test(all, where_nothing_is_offered);
  tcase_add_test(all, what_the_person_is_told);
  tcase_add_test(all, a_yes_is_for_one_login);
  tcase_add_test(all, a_yes_stays_in_its_process);
  tcase_add_test(all, the_card_and_the_user_are_those_that_were_refused);
  tcase_add_test(all, what_the_host_is_told);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
