// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A plan whose configuration would not load is refused, and what is broken already is told as such.
#include "jpkictl/setup/configuration.h"
#include "jpkictl/setup/outcome.h"
#include "tests/unit/jpkictl/setup_files.h"
#include "tests/unit/support/expect.h"
#include "tests/unit/support/privilege.h"

#include <functional>

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::setup;
using test::expect_contains;
using test::file;
using Kind = FileState::Kind;

const std::string kLater = JPKI_SYSCONFDIR "/jpki.toml.d/site.toml";

const Files kComputer = {{kMainSettings, file("")}};

Files with(const std::string& path, const std::string& text) {
  Files files = kComputer;
  files[path] = file(text);
  return files;
}

Plan writes(const Files& files, const std::string& path, const FileState& after) {
  const auto before = files.find(path);
  return {{{path, before == files.end() ? FileState{} : before->second, after}}, {}};
}
std::string judged(const Plan& plan, const Files& files, const Answers& answers = {}) {
  const Context context{
      .out = nullptr, .err = nullptr, .now = {}, .ask = {}, .trust = {.owner = ::geteuid()}};
  const auto good = judge_outcome(plan, answers, files, context);
  ck_assert(good || good.error().status == ExitStatus::kBad);
  if (!good) ck_assert(good.error().text.find("jpki-setup-") == std::string::npos);  // where it tried it
  return good ? "" : good.error().text;
}
// That neither breaks nor mends anything.
const Plan kOther = writes({}, JPKI_SYSCONFDIR "/jpki.toml.d/other.toml", file(""));

bool says_already(const std::string& text) {
  return text.find("already") != std::string::npos;
}

START_TEST(what_would_not_load_is_refused) {
  const Files files = kComputer;
  ck_assert(judged({}, files).empty());
  ck_assert(judged(writes(files, kSettings, file("[session]\nremoval = \"lock\"\n")), files).empty());
  std::string text = judged(writes(files, kSettings, file("\n[session]\nremoval = \"x\"\n")), files);
  expect_contains(text, std::string(kSettings) + ":3: session.removal must be");
  ck_assert(!says_already(text));
  // What only all files together can tell, and what is about a file as such.
  const Files roles = with(kLater, "[account]\nrole_accounts = [\"x\"]\n");
  text = judged(writes(roles, kSettings, file("[account]\nsource = \"ad\"\n")), roles);
  expect_contains(text, std::string(kMainSettings) + ": account.role_accounts");
  text = judged(writes(files, kSettings, file("", 0664)), files);
  expect_contains(text, std::string(kSettings) + ": writable by group");
  // The order is that of logins: the earlier file has the name first.
  const Files crls = with(kLater, "[[crl]]\nname = \"a\"\nurls = [\"http://a/\"]\n");
  text = judged(writes(crls, kSettings, file("[[crl]]\nname = \"a\"\nurls = [\"http://b/\"]\n")), crls);
  expect_contains(text, kLater + ":2: crl.name \"a\" is used twice");
  ck_assert(!says_already(text));
}
END_TEST

START_TEST(what_is_broken_already_is_told_and_may_be_mended) {
  const FileState kGood = file("[session]\nremoval = \"lock\"\n");
  Files files = with(kLater, "removal = lock\n");
  std::string text = judged(writes(files, kSettings, kGood), files);
  expect_contains(text, kLater + ":1: ");
  ck_assert(says_already(text));
  ck_assert(says_already(judged(kOther, files)));
  ck_assert(judged({}, files).empty());
  ck_assert(says_already(judged({}, files, {.profile = Profile::kExclusive})));
  files.erase(kLater);
  files[kSettings] = file("removal = lock\n");
  ck_assert(says_already(judged(kOther, files)));
  ck_assert(judged(writes(files, kSettings, kGood), files).empty());
  files[kSettings] = {Kind::kLink, ::geteuid(), ::getegid(), 0, "/dev/null"};
  ck_assert(says_already(judged(kOther, files)));
  ck_assert(judged(writes(files, kSettings, kGood), files).empty());
  ck_assert(judged(writes(files, kSettings, {}), files).empty());
  files.erase(kMainSettings);
  text = judged(writes(files, kSettings, kGood), files);
  expect_contains(text, kMainSettings);
  ck_assert(says_already(text));
  files = kComputer;
  files[JPKI_SYSCONFDIR] = {Kind::kDirectory, ::geteuid(), ::getegid(), 0775};
  ck_assert(says_already(judged(kOther, files)));
}
END_TEST

// Nothing is written where links lead.
START_TEST(links_to_directories_are_not_followed) {
  const test::TemporaryDirectory elsewhere;
  for (const char* path : {JPKI_SYSCONFDIR, kSettingsDirectory}) {
    Files files = with(kLater, "[session]\nremoval = \"lock\"\n");
    files[path] = {Kind::kLink, ::geteuid(), ::getegid(), 0, elsewhere.path()};
    ck_assert(judged(writes(files, kSettings, file("[session]\nremoval = \"none\"\n")), files).empty());
    expect_contains(judged(writes(files, kSettings, file("x\n")), files), kSettings);
    ck_assert(std::filesystem::is_empty(elsewhere.path()));
    // Logins look at what they lead to.
    ck_assert_int_eq(::chmod(elsewhere.path().c_str(), 0775), 0);
    ck_assert(says_already(judged(kOther, files)));
    ck_assert_int_eq(::chmod(elsewhere.path().c_str(), 0755), 0);
  }
}
END_TEST

Expected<Unit, Trouble> judged_as(const std::function<Expected<Unit, std::string>()>& become_helper,
                                  const Files& files) {
  const Context context{.out = nullptr,
                        .err = nullptr,
                        .now = {},
                        .ask = {},
                        .become_helper = become_helper,
                        .trust = {.owner = ::geteuid()}};
  return judge_outcome(kOther, {}, files, context);
}

START_TEST(a_link_that_leads_to_no_directory_is_told) {
  const test::TemporaryDirectory elsewhere;
  for (const std::string& target : {elsewhere.write("file", ""), elsewhere.path("none")}) {
    Files files = kComputer;
    files[kSettingsDirectory] = {Kind::kLink, ::geteuid(), ::getegid(), 0, target};
    const auto good = judged_as({}, files);
    ck_assert(!good && good.error().status == ExitStatus::kCouldNotTell);
    expect_contains(good.error().text, std::string(kSettingsDirectory) + ": leads to no directory");
  }
}
END_TEST

constexpr uid_t kAnother = 65534;

// Root looks at the files as whoever logins run as.
START_TEST(the_settings_are_read_by_the_user_of_logins) {
  const auto nobody = [] { return Expected<Unit, std::string>(Unexpected{std::string("no such user")}); };
  const auto refused = judged_as(nobody, kComputer);
  ck_assert(!refused && refused.error().status == ExitStatus::kCouldNotTell);
  expect_contains(refused.error().text, ": no such user");
  const auto other = [] {
    if (::setresgid(kAnother, kAnother, kAnother) != 0 || ::setresuid(kAnother, kAnother, kAnother) != 0)
      ::_exit(1);
    return Expected<Unit, std::string>(Unit{});
  };
  ck_assert(judged_as(other, kComputer).has_value());
  Files closed = kComputer;
  closed[kMainSettings] = file("", 0600);
  const auto cannot = judged_as(other, closed);
  ck_assert(!cannot && cannot.error().status == ExitStatus::kBad);
  expect_contains(cannot.error().text, kMainSettings);
}
END_TEST

// ad.toml counts where the plan has to do with it: a draft of it is no obstacle to anything else.
START_TEST(the_directory_s_configuration_is_judged_where_it_is_meant) {
  const Answers kAnswers{.mapping = "ad", .realm = "ad.example.jp"};
  const Files files = with(kDirectory, "[directory]\ntransport = \"ldaps\"\n");
  const FileState kRealm = file("[directory]\nrealm = \"ad.example.jp\"\n");
  std::string text = judged(writes(files, kDirectorySettings, kRealm), files, kAnswers);
  expect_contains(text, std::string(kDirectory) + ": directory.transport");
  ck_assert(says_already(text));
  expect_contains(judged({}, files, {.mapping = "ad"}), "directory.realm is missing");
  ck_assert(!judged({}, files, {.realm = "ad.example.jp"}).empty());
  ck_assert(judged({}, files, {.mapping = "local"}).empty());
  const Files draft = with(kDirectory, "#realm\n");
  ck_assert(judged(writes(draft, kDirectorySettings, kRealm), draft, kAnswers).empty());
  text = judged(writes(draft, kDirectorySettings, file("[directory]\nrealm = \"a_b\"\n")), draft, kAnswers);
  expect_contains(text, std::string(kDirectorySettings) + ":2: directory.realm");
  ck_assert(judged({}, kComputer, kAnswers).empty());  // there is none
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("setup outcome");
  TCase* all = tcase_create("all");
  for (const TTest* test : {what_would_not_load_is_refused, what_is_broken_already_is_told_and_may_be_mended,
                            links_to_directories_are_not_followed, a_link_that_leads_to_no_directory_is_told,
                            the_directory_s_configuration_is_judged_where_it_is_meant})
    tcase_add_test(all, test);
  if (::geteuid() == 0 && test::can_become(kAnother))
    tcase_add_test(all, the_settings_are_read_by_the_user_of_logins);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
