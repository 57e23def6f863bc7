// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the other files of a configuration do to an answer.
#include "jpkictl/setup/configuration.h"
#include "tests/unit/jpkictl/setup_files.h"
#include "tests/unit/support/expect.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::setup;
using test::expect_contains;
using test::file;
using test::planned;
using Kind = FileState::Kind;

const std::string kEarlier = JPKI_SYSCONFDIR "/jpki.toml.d/10-site.toml";
const std::string kLater = JPKI_SYSCONFDIR "/jpki.toml.d/site.toml";
const std::string kDirectoryLater = JPKI_SYSCONFDIR "/ad.toml.d/site.toml";

Present a_computer(const std::string& path = kMainSettings, const std::string& text = "") {
  Present present;
  present.files[kMainSettings] = file("");
  present.files[path] = file(text);
  present.profiles["/etc/pam.d/common-auth"] = file("auth sufficient pam_jpki.so\n");
  present.profiles["/etc/pam.d/common-session"] = file("session optional pam_jpki.so\n");
  return present;
}

// Whether it is refused, for `path`.
bool is_refused(const Answers& answers, const Present& present, const std::string& path) {
  const auto made = planned(answers, present);
  if (made) return false;
  ck_assert(made.error().status == ExitStatus::kBad);
  expect_contains(made.error().text, path);
  return true;
}

// However they are written, and wherever they stand: no responder goes between the sources of somebody else.
START_TEST(sources_of_others_are_seen) {
  const Answers kAnswers{.responders = {"platform=http://one/"}};
  for (const char* text : {"[[revocation.source]]\nname = \"mine\"\ntype = \"crl\"\n",
                           "  [[ revocation . source ]]\nname = \"mine\"\ntype = \"crl\"\n",
                           "[[\"revocation\".'source']]\nname = \"mine\"\ntype = \"crl\"\n",
                           "[revocation]\nsource = [{name = \"mine\", type = \"crl\"}]\n",
                           "revocation.source = [\n  {name = \"mine\", type = \"crl\"}\n]\n",
                           "revocation = { source = [{name = \"mine\", type = \"crl\"}] }\n"})
    for (const std::string& path : {std::string(kMainSettings), kEarlier, kLater}) {
      ck_assert_msg(is_refused(kAnswers, a_computer(path, text), path), "%s: %s", path.c_str(), text);
      ck_assert(planned({.segment = "lgwan"}, a_computer(path, text)).has_value());
    }
  for (const char* text :
       {"#[[revocation.source]]\n", "[revocation]\nsource = []\n", "[source]\n", "[[source]]\n",
        "[log]\npseudonym_key = \"\"\"\n[[revocation.source]]\n\"\"\"\n", "[revocation]\nsource = \"crl\"\n"})
    ck_assert_msg(planned(kAnswers, a_computer(kLater, text)).has_value(), "%s", text);
  // What is no file of the configuration.
  for (const char* path : {"/jpki.toml.d/.hidden.toml", "/jpki.toml.d/site.toml.orig",
                           "/jpki.toml.d/old/site.toml", "/ad.toml.d/x.toml", "/jpki.toml.dpkg-old"})
    ck_assert(planned(kAnswers, a_computer(JPKI_SYSCONFDIR + std::string(path), "[[revocation.source]]\n")));
  Present linked = a_computer();
  linked.files[kLater] = {Kind::kLink, 0, 0, 0, "[[revocation.source]]\n"};
  ck_assert(planned(kAnswers, linked).has_value());
  // Its own are replaced.
  ck_assert(
      planned(kAnswers, a_computer(kSettings, "\n[[revocation.source]]\nname = \"crl\"\n")).has_value());
}
END_TEST

// With a segment for which no source is, nobody could log in by card.
START_TEST(a_segment_has_a_source) {
  const Answers kAnswers{.segment = "lgwan"};
  const auto source = [](const std::string& segment) {
    return "[[revocation.source]]\nname = \"mine\"\ntype = \"crl\"\n" + segment;
  };
  for (const std::string& path : {std::string(kMainSettings), kEarlier, kLater}) {
    ck_assert(is_refused(kAnswers, a_computer(path, source("segment = 'internet'\n")), path));
    ck_assert(planned(kAnswers, a_computer(path, source("segment = 'lgwan'\n"))).has_value());
    ck_assert(planned(kAnswers, a_computer(path, source(""))).has_value());
    ck_assert(planned({.removal = "lock"}, a_computer(path, source("segment = 'internet'\n"))).has_value());
    Present two = a_computer(path, source("segment = 'internet'\n"));
    two.files[JPKI_SYSCONFDIR "/jpki.toml.d/20.toml"] = file(source("segment = 'lgwan'\n"));
    ck_assert(planned(kAnswers, two).has_value());
  }
  // Those that are replaced do not count.
  const Answers kBoth{.segment = "lgwan", .responders = {"a=http://a/"}};
  ck_assert(planned(kBoth, a_computer(kSettings, source("segment = 'internet'\n"))).has_value());
}
END_TEST

// CRLs add up; a name counts once.
START_TEST(crls_of_others_are_seen) {
  const Answers kAnswers{.crls = {"a=http://one/a.crl", "b=http://one/b.crl"}};
  for (const std::string& path : {std::string(kMainSettings), kEarlier, kLater}) {
    ck_assert(is_refused(kAnswers, a_computer(path, "[[ crl ]]\nname = 'b'\n"), path));
    ck_assert(is_refused(kAnswers, a_computer(path, "crl = [{name = \"a\"}, {name = \"c\"}]\n"), path));
    ck_assert(planned(kAnswers, a_computer(path, "[[crl]]\nname = \"c\"\n")).has_value());
    ck_assert(planned({.segment = "a"}, a_computer(path, "[[crl]]\nname = \"a\"\n")).has_value());
  }
  ck_assert(planned(kAnswers, a_computer(kSettings, "\n[[crl]]\nname = \"a\"\n")).has_value());
}
END_TEST

// The last file counts: a later one may say the same, an earlier one anything.
START_TEST(answers_that_a_later_file_undoes) {
  struct Row {
    Answers answers;
    const char* other;
    const char* same;
  };
  const Row kRows[] = {
      {{.removal = "lock"}, "[ session ]\nremoval = 'none'\n", "session.removal = \"lock\"\n"},
      {{.mapping = "local"}, "account = { source = \"ad\" }\n", "[account]\nsource = \"file\"\n"},
      {{.mapping = "ad", .realm = "x"}, "account = { source = \"file\" }\n", "[account]\nsource = \"ad\"\n"},
      {{.segment = "lgwan"}, "[\"revocation\"]\nsegment = \"\"\n", "[revocation]\nsegment = 'lgwan'\n"},
      {{.feed = "/a"}, "succession.feed = \"/b\"\n", "succession.feed = \"/a\"\n"},
      {{.resolver = "/a"}, "[succession]\n\"resolver\"=\"/b\"\n", "succession.resolver = \"/a\"\n"},
      {{.ocsp_extension = "2.9.1"},
       "succession.ocsp_extension = \"\"\n",
       "succession.ocsp_extension = \"2.9.1\"\n"}};
  for (const Row& row : kRows) {
    ck_assert_msg(is_refused(row.answers, a_computer(kLater, row.other), kLater), "%s", row.other);
    ck_assert_msg(planned(row.answers, a_computer(kLater, row.same)).has_value(), "%s", row.same);
    for (const std::string& path : {std::string(kMainSettings), kEarlier})
      ck_assert_msg(planned(row.answers, a_computer(path, row.other)).has_value(), "%s", row.other);
    const Answers other = row.answers.segment.empty() ? Answers{.segment = "a"} : Answers{.removal = "none"};
    ck_assert_msg(planned(other, a_computer(kLater, row.other)).has_value(), "%s", row.other);
  }
  // Of two later files the last one counts.
  Present present = a_computer(kLater, "session.removal = \"none\"\n");
  present.files[JPKI_SYSCONFDIR "/jpki.toml.d/terminal.toml"] = file("session.removal = \"lock\"\n");
  ck_assert(planned({.removal = "lock"}, present).has_value());
  ck_assert(is_refused({.removal = "logoff"}, present, JPKI_SYSCONFDIR "/jpki.toml.d/terminal.toml"));
}
END_TEST

START_TEST(answers_about_the_directory_that_a_later_file_undoes) {
  const Answers kAnswers{.realm = "ad.example.jp", .controllers = {"dc1", "dc2"}};
  for (const char* text : {"[directory]\nrealm = \"OTHER.JP\"\n", "directory.servers = [\"dc2\", \"dc1\"]\n",
                           "directory.servers = []\n"})
    ck_assert_msg(is_refused(kAnswers, a_computer(kDirectoryLater, text), kDirectoryLater), "%s", text);
  for (const char* text : {"[directory]\nrealm = \"AD.EXAMPLE.JP\"\nservers = [\"dc1\", \"dc2\"]\n",
                           "directory.site = \"x\"\n", "[[x]]\n"})
    ck_assert_msg(planned(kAnswers, a_computer(kDirectoryLater, text)).has_value(), "%s", text);
  ck_assert(planned(kAnswers, a_computer(kDirectory, "[directory]\nrealm = \"OTHER.JP\"\n")).has_value());
  ck_assert(planned({.realm = "ad.jp"}, a_computer(kDirectoryLater, "directory.servers = [\"dc\"]\n")));
}
END_TEST

START_TEST(lockers_ask_about_people_of_the_directory) {
  const auto asks = [](const Answers& answers, const Present& present) {
    const auto made = planned(answers, present);
    const auto locker = std::ranges::find(made->changes, "/etc/pam.d/i3lock", &Change::path);
    return locker->after.content.find("account requisite   pam_jpki.so") != std::string::npos;
  };
  const Answers kAnswers{.lockers = {"i3lock"}};
  constexpr char kAd[] = "[ account ]\nsource = 'ad'\n";
  constexpr char kFile[] = "\n[account]\nsource = \"file\"\n";
  ck_assert(!asks(kAnswers, a_computer()));
  for (const std::string& path : {std::string(kMainSettings), kEarlier, std::string(kSettings), kLater})
    ck_assert(asks(kAnswers, a_computer(path, kAd)));
  Present present = a_computer(kMainSettings, kAd);
  present.files[kSettings] = file(kFile);
  ck_assert(!asks(kAnswers, present));
  present.files.erase(kSettings);
  present.files[kLater] = file("[session]\nremoval = \"lock\"\n");
  ck_assert(asks(kAnswers, present));
  ck_assert(!asks({.mapping = "local", .lockers = {"i3lock"}}, a_computer(kMainSettings, kAd)));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("setup configuration");
  TCase* all = tcase_create("all");
  for (const TTest* test :
       {sources_of_others_are_seen, a_segment_has_a_source, crls_of_others_are_seen,
        answers_that_a_later_file_undoes, answers_about_the_directory_that_a_later_file_undoes,
        lockers_ask_about_people_of_the_directory})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
