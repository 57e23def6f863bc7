// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpkictl setup plans: for each answer what changes, what stays, and what it is refused for.
#include "jpkictl/setup/edited_text.h"
#include "jpkictl/setup/plan.h"
#include "tests/unit/jpkictl/setup_files.h"
#include "tests/unit/support/expect.h"

#include <algorithm>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::setup;
using test::expect_text;
using test::file;
using test::planned;
using Kind = FileState::Kind;

const std::string kSettings = JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml";
const std::string kDirectorySettings = JPKI_SYSCONFDIR "/ad.toml.d/50-setup.toml";

Present a_computer() {
  Present present;
  present.files["/etc/nsswitch.conf"] =
      file("passwd: files systemd # files\ngroup: files\nhosts: files dns\nshadow: files ad\n");
  present.files["/etc/pam.d/common-auth"] = file("auth required pam_unix.so\n");
  present.profiles["/etc/pam.d/common-auth"] =
      file("auth sufficient pam_jpki.so wait_for_card=5\nauth required pam_unix.so\n");
  present.profiles["/etc/pam.d/common-session"] = file("session optional pam_jpki.so\n");
  present.ad_template = "# template\n";
  return present;
}

const FileState* after(const Plan& plan, const std::string& path) {
  const auto found = std::ranges::find(plan.changes, path, &Change::path);
  return found == plan.changes.end() ? nullptr : &found->after;
}

START_TEST(a_plan_changes_what_was_answered) {
  const auto made =
      planned({.profile = Profile::kOrPassword, .removal = "lock", .language = "ja"}, a_computer());
  ck_assert(made.has_value());
  ck_assert(after(*made, "/etc/pam.d/common-auth")->content ==
            "auth sufficient pam_jpki.so wait_for_card=5 lang=ja\nauth required pam_unix.so\n");
  const FileState* const settings = after(*made, kSettings);
  ck_assert(settings != nullptr && settings->content.ends_with("\n[session]\nremoval = \"lock\"\n"));
  ck_assert(settings->mode == 0644);
  ck_assert(after(*made, "/etc/nsswitch.conf") == nullptr);
  ck_assert_int_eq(std::ranges::count(made->changes, "/etc/pam.d/common-auth", &Change::path), 1);
  // What pam-auth-update makes, where nothing is said of the language.
  const auto as_made = planned({.profile = Profile::kOrPassword}, a_computer());
  for (const auto& [path, state] : a_computer().profiles)
    ck_assert(after(*as_made, path)->content == state.content);
  // Once more, from there: nothing.
  Present there = a_computer();
  for (const Change& change : made->changes) there.files[change.path] = change.after;
  there.profiles.clear();
  ck_assert(planned({.language = "ja"}, there)->changes.empty());
  // Other answers leave it.
  const auto more = planned({.segment = "lgwan"}, there);
  ck_assert(
      after(*more, kSettings)
          ->content.ends_with("\n[revocation]\nsegment = \"lgwan\"\n\n[session]\nremoval = \"lock\"\n"));
}
END_TEST

START_TEST(a_plan_with_active_directory) {
  Present present = a_computer();
  present.units["nss-ad-refresh.timer"] = {false, false};
  const auto made = planned({.mapping = "ad", .realm = "ad.city.example.jp"}, present);
  ck_assert(made.has_value());
  ck_assert(after(*made, "/etc/nsswitch.conf")->content ==
            "passwd: files ad systemd # files\ngroup: files ad\nhosts: files dns\nshadow: files ad\n");
  ck_assert(after(*made, JPKI_SYSCONFDIR "/ad.toml")->content == "# template\n");
  ck_assert(after(*made, kDirectorySettings)->content.ends_with("realm = \"ad.city.example.jp\"\n"));
  ck_assert_uint_eq(made->units.size(), 1);
  ck_assert(made->units[0] == (UnitChange{"nss-ad-refresh.timer", false, false, true}));
}
END_TEST

START_TEST(a_plan_with_sources) {
  const auto made = planned({.realm = "ad.example.jp",
                             .controllers = {"dc1.ad.example.jp", "dc2.ad.example.jp:3389"},
                             .crls = {"a=http://one/a.crl", "b=http://one/b.crl", "a=ldap://two/a"},
                             .feed = "/srv/feed",
                             .resolver = "/usr/local/bin/resolver",
                             .ocsp_extension = "2.999.1.7"},
                            a_computer());
  ck_assert(
      after(*made, kSettings)
          ->content.ends_with("\n[succession]\nfeed = \"/srv/feed\"\nresolver = \"/usr/local/bin/resolver\"\n"
                              "ocsp_extension = \"2.999.1.7\"\n"
                              "\n[[crl]]\nname = \"a\"\nurls = [\"http://one/a.crl\", \"ldap://two/a\"]\n"
                              "\n[[crl]]\nname = \"b\"\nurls = [\"http://one/b.crl\"]\n"));
  ck_assert(after(*made, kDirectorySettings)
                ->content.ends_with("servers = [\"dc1.ad.example.jp\", \"dc2.ad.example.jp:3389\"]\n"));
  // What is answered later leaves the rest.
  Present there = a_computer();
  for (const Change& change : made->changes) there.files[change.path] = change.after;
  ck_assert(planned({.realm = "ad.example.jp", .feed = "/srv/feed"}, there)->changes.empty());
  const auto more = planned({.removal = "lock", .crls = {"c=http://three/c.crl"}}, there);
  const std::string text = after(*more, kSettings)->content;
  ck_assert(text.find("feed = \"/srv/feed\"") != std::string::npos);
  ck_assert(text.find("ocsp_extension = \"2.999.1.7\"") != std::string::npos);
  ck_assert(text.ends_with("\n[[crl]]\nname = \"c\"\nurls = [\"http://three/c.crl\"]\n"));
}
END_TEST

START_TEST(a_plan_with_responders) {
  const std::string settings = JPKI_SYSCONFDIR "/jpki.toml.d/50-setup.toml";
  const std::string sources =
      "\n[[revocation.source]]\nname = \"platform\"\ntype = \"ocsp\"\nurls = [\"http://one/\", "
      "\"http://two/\"]\n"
      "\n[[revocation.source]]\nname = \"crl\"\ntype = \"crl\"\n";
  Present there = a_computer();
  const auto keep = [&](const Plan& made) {
    for (const Change& change : made.changes) there.files[change.path] = change.after;
    return there.files[settings].content;
  };
  const Answers both{.responders = {"platform=http://one/", "platform=http://two/"}};
  ck_assert(keep(*planned(both, there)).ends_with(sources));
  // CRLs come behind them, and neither takes the other away.
  const std::string crl = "\n[[crl]]\nname = \"a\"\nurls = [\"http://one/a.crl\"]\n";
  ck_assert(keep(*planned({.crls = {"a=http://one/a.crl"}}, there)).ends_with(sources + crl));
  ck_assert(keep(*planned({.removal = "lock"}, there)).ends_with(sources + crl));
  ck_assert(planned(both, there)->changes.empty());
  const std::string other = keep(*planned({.responders = {"b=https://three/"}}, there));
  ck_assert(other.find("platform") == std::string::npos && other.ends_with(crl));
}
END_TEST

START_TEST(a_plan_with_login_screens) {
  Present present = a_computer();
  present.files["/etc/pam.d/lightdm-jpki"] = file("auth required pam_jpki.so\n");
  present.files[JPKI_SYSCONFDIR "/greeter.toml"] =
      file("# Language\n#password_button = true\n\nlanguage = \"auto\"\n");
  present.files["/etc/alternatives/gdm-smartcard"] = {Kind::kLink, 0, 0, 0,
                                                      "/etc/pam.d/gdm-smartcard-jpki-or-password"};
  present.files["/var/lib/dpkg/alternatives/gdm-smartcard"] =
      file("auto\n/etc/pam.d/gdm-smartcard\n\nauto\n");
  present.files["/etc/pam.d/gdm-smartcard-jpki-exclusive"] = file("auth required pam_jpki.so\n");
  const auto made =
      planned({.profile = Profile::kExclusive, .language = "ja", .greeter = true, .gdm = true}, present);
  ck_assert(made.has_value());
  ck_assert(after(*made, JPKI_SYSCONFDIR "/greeter.toml")->content ==
            "# Language\npassword_button = false\n\nlanguage = \"ja\"\n");
  const FileState* const choice = after(*made, "/etc/alternatives/gdm-smartcard");
  ck_assert(choice->kind == Kind::kLink && choice->content == "/etc/pam.d/gdm-smartcard-jpki-exclusive");
  ck_assert(after(*made, "/var/lib/dpkg/alternatives/gdm-smartcard")->content ==
            "manual\n/etc/pam.d/gdm-smartcard\n\nauto\n");
  // Where nobody says who logs in, the choice stays.
  for (const Change& change : made->changes) present.files[change.path] = change.after;
  present.profiles.clear();
  ck_assert(planned({.gdm = true}, present)->changes.empty());
  ck_assert(with_setting("", "language", "\"en\"") == "language = \"en\"\n");
  ck_assert(with_setting("languages = 1\n", "language", "2") == "languages = 1\nlanguage = 2\n");
}
END_TEST

// Of a file that this program writes, what is below its head.
std::string written(const Plan& plan, const std::string& path) {
  const FileState* const state = after(plan, path);
  if (state == nullptr) return "(unchanged)";
  return state->content.substr(state->content.find('\n') + 1);
}
// As if the plan had been carried out.
Present with(Present present, const Plan& plan) {
  for (const Change& change : plan.changes) present.files[change.path] = change.after;
  return present;
}

// Each answer alone, which is all that its file says; and with another answer later it is there still.
START_TEST(each_setting_is_written_alone_and_kept) {
  struct Row {
    Answers answers;
    const char* text;
  };
  const Row kRows[] = {
      {{.removal = "lock"}, "\n[session]\nremoval = \"lock\"\n"},
      {{.mapping = "local"}, "\n[account]\nsource = \"file\"\n"},
      {{.mapping = "ad", .realm = "ad.example.jp"}, "\n[account]\nsource = \"ad\"\n"},
      {{.segment = "lgwan"}, "\n[revocation]\nsegment = \"lgwan\"\n"},
      {{.feed = "/srv/feed"}, "\n[succession]\nfeed = \"/srv/feed\"\n"},
      {{.resolver = "/bin/resolver"}, "\n[succession]\nresolver = \"/bin/resolver\"\n"},
      {{.ocsp_extension = "2.999.1"}, "\n[succession]\nocsp_extension = \"2.999.1\"\n"},
      {{.crls = {"a=http://one/a.crl"}}, "\n[[crl]]\nname = \"a\"\nurls = [\"http://one/a.crl\"]\n"}};
  for (const Row& row : kRows) {
    const auto made = planned(row.answers, a_computer());
    expect_text(written(*made, kSettings), row.text);
    const FileState* const above = after(*made, JPKI_SYSCONFDIR "/jpki.toml.d");
    ck_assert(above != nullptr && *above == (FileState{Kind::kDirectory, 0, 0, 0755}));
    ck_assert(after(*made, kSettings)->owner == 0 && after(*made, kSettings)->group == 0);
    const Answers other = row.answers.segment.empty() ? Answers{.segment = "x"} : Answers{.removal = "lock"};
    const auto later = planned(other, with(a_computer(), *made));
    ck_assert_msg(written(*later, kSettings).find(row.text) != std::string::npos, "%s", row.text);
  }
  expect_text(written(*planned({.profile = Profile::kOrPassword, .language = "ja"}, a_computer()), kSettings),
              "(unchanged)");
}
END_TEST

// Whose a file is and who may read it, is its administrator's business; what kind it is, is not.
START_TEST(what_is_there_keeps_its_owner) {
  Present present = a_computer();
  present.files[kSettings] = {Kind::kRegular, 7, 8, 0600, "old"};
  ck_assert(after(*planned({.removal = "lock"}, present), kSettings)->owner == 7);
  ck_assert(after(*planned({.removal = "lock"}, present), kSettings)->group == 8);
  ck_assert(after(*planned({.removal = "lock"}, present), kSettings)->mode == 0600);
  present.files[kSettings].kind = Kind::kLink;
  ck_assert(after(*planned({.removal = "lock"}, present), kSettings)->owner == 0);
  ck_assert(after(*planned({.removal = "lock"}, present), JPKI_SYSCONFDIR "/jpki.toml.d") != nullptr);
  present.files[JPKI_SYSCONFDIR "/jpki.toml.d"] = {Kind::kLink, 0, 0, 0, "/srv/jpki"};
  ck_assert(after(*planned({.removal = "lock"}, present), JPKI_SYSCONFDIR "/jpki.toml.d") == nullptr);
}
END_TEST

START_TEST(a_directory_that_is_set_up_is_left) {
  Present present = a_computer();
  present.files[JPKI_SYSCONFDIR "/ad.toml"] = file("# mine\n");
  const auto made = planned({.realm = "ad.example.jp", .controllers = {"dc1"}}, present);
  ck_assert(after(*made, JPKI_SYSCONFDIR "/ad.toml") == nullptr);
  expect_text(written(*made, kDirectorySettings),
              "\n[directory]\nrealm = \"ad.example.jp\"\nservers = [\"dc1\"]\n");
  const auto later = planned({.realm = "other.example.jp"}, with(present, *made));
  expect_text(written(*later, kDirectorySettings),
              "\n[directory]\nrealm = \"other.example.jp\"\nservers = [\"dc1\"]\n");
  // Where it is set up by hand, nobody has to name the domain.
  ck_assert(planned({.mapping = "ad"}, present).has_value());
  present.files.erase("/etc/nsswitch.conf");
  ck_assert(after(*planned({.realm = "ad.example.jp"}, present), "/etc/nsswitch.conf") == nullptr);
}
END_TEST

START_TEST(accounts_of_the_directory_stand_behind_files) {
  const std::pair<const char*, const char*> kRows[] = {
      {"passwd: files\n", "passwd: files ad\n"},
      {"group:\tcompat files\tsystemd\n", "group:\tcompat files ad\tsystemd\n"},
      {"shadow: files# x\n", "shadow: files ad# x\n"},
      {"passwd: files ad\n", "passwd: files ad\n"},
      {"passwd: ad files\n", "passwd: ad files\n"},
      {"passwd: files # ad\n", "passwd: files ad # ad\n"},
      {"passwd: # files\n", "passwd: # files\n"},
      {"passwd: filesystem\n", "passwd: filesystem\n"},
      {"hosts: files dns\n", "hosts: files dns\n"},
      {"passwd: files", "passwd: files ad\n"}};
  for (const auto& [before, expected] : kRows) expect_text(with_directory_accounts(before), expected);
}
END_TEST

START_TEST(only_the_card_s_lines_speak_a_language) {
  const std::pair<const char*, const char*> kRows[] = {
      {"auth required pam_jpki.so\n", "auth required pam_jpki.so lang=ja\n"},
      {"auth required pam_jpki.so  \n", "auth required pam_jpki.so lang=ja\n"},
      {"auth required pam_jpki.so lang=en\n", "auth required pam_jpki.so lang=ja\n"},
      {"auth required pam_jpki.so lang=en quiet\n", "auth required pam_jpki.so quiet lang=ja\n"},
      {"auth required pam_jpki.so # lang=en\n", "auth required pam_jpki.so # lang=en\n"},
      {"account required pam_jpki.so\n", "account required pam_jpki.so\n"},
      {"auth required pam_unix.so\n", "auth required pam_unix.so\n"}};
  for (const auto& [before, expected] : kRows) expect_text(with_language(before, "ja"), expected);
  // Where the profiles do not make common-auth, it is as it is.
  Present present = a_computer();
  present.profiles.erase("/etc/pam.d/common-auth");
  present.files["/etc/pam.d/common-auth"] = file("auth required pam_jpki.so\n");
  const auto made = planned({.language = "ja"}, present);
  expect_text(after(*made, "/etc/pam.d/common-auth")->content, "auth required pam_jpki.so lang=ja\n");
  ck_assert(after(*planned({.segment = "x"}, present), "/etc/pam.d/common-auth") == nullptr);
  present.files.erase("/etc/pam.d/common-auth");
  ck_assert(after(*planned({.language = "ja"}, present), "/etc/pam.d/common-auth") == nullptr);
}
END_TEST

START_TEST(a_setting_is_written_once) {
  expect_text(with_setting("#key = 1\nkey = 2\n", "key", "3"), "#key = 1\nkey = 3\n");
  expect_text(with_setting("#key = 1\n  key=2\n", "key", "3"), "#key = 1\nkey = 3\n");
  expect_text(with_setting("#key = 1\n# key = 2\n", "key", "3"), "key = 3\n# key = 2\n");
  expect_text(with_setting("keyring = 1\n#key\n", "key", "3"), "keyring = 1\n#key\nkey = 3\n");
  expect_text(with_setting("# key\nother = 1\n", "key", "3"), "# key\nother = 1\nkey = 3\n");
  expect_text(with_setting("key= 1\n", "key", "3"), "key = 3\n");
  expect_text(chosen_by_hand("manual\nauto\n"), "manual\nauto\n");
}
END_TEST

// doc/pam-recipes.md: who is in the directory is asked about there; who has only the card has no other way.
START_TEST(lockers_fit_the_profile) {
  constexpr char kCard[] = "auth    required    pam_jpki.so\n";
  constexpr char kAsks[] = "account requisite   pam_jpki.so\n";
  constexpr char kEnd[] = "account required    pam_permit.so\n";
  constexpr char kLocker[] = "/etc/pam.d/i3lock";
  Answers answers{.lockers = {"i3lock"}};
  const std::string either = written(*planned(answers, a_computer()), kLocker);
  ck_assert(either.find("pam_unix.so") != std::string::npos && either.ends_with(kEnd));
  ck_assert(either.find(kAsks) == std::string::npos);
  answers.profile = Profile::kOrPassword;
  expect_text(written(*planned(answers, a_computer()), kLocker), either);
  answers.profile = Profile::kExclusive;
  expect_text(written(*planned(answers, a_computer()), kLocker), std::string(kCard) + kEnd);
  answers = {.mapping = "ad", .realm = "ad.example.jp", .lockers = {"i3lock"}};
  const auto with_directory = planned(answers, a_computer());
  expect_text(written(*with_directory, kLocker), std::string(kCard) + kAsks + kEnd);
  const auto later = planned({.lockers = {"swaylock"}}, with(a_computer(), *with_directory));
  expect_text(written(*later, "/etc/pam.d/swaylock"), std::string(kCard) + kAsks + kEnd);
}
END_TEST

START_TEST(the_greeter_shows_the_button_that_leads_somewhere) {
  Present present = a_computer();
  present.files["/etc/pam.d/lightdm-jpki"] = file("auth required pam_jpki.so\n");
  const std::string settings = JPKI_SYSCONFDIR "/greeter.toml";
  const auto made = planned({.profile = Profile::kOrPassword, .greeter = true}, present);
  expect_text(after(*made, settings)->content, "password_button = true\n");
  expect_text(written(*made, "/etc/lightdm/lightdm.conf.d/90-jpki-setup.conf"),
              "[Seat:*]\ngreeter-session=jpki-greeter\npam-service=lightdm-jpki\n"
              "greeter-hide-users=true\nallow-guest=false\n");
  ck_assert(after(*planned({.greeter = true}, present), settings) == nullptr);
  ck_assert(after(*planned({.profile = Profile::kOrPassword}, present), settings) == nullptr);
  // A key in another spelling would be there twice, and the greeter would read nothing.
  present.files[settings] = file("\"language\" = \"en\"\n");
  const auto twice = planned({.language = "ja", .greeter = true}, present);
  ck_assert(!twice && twice.error().status == ExitStatus::kBad);
  test::expect_contains(twice.error().text, settings + ":2: ");
  ck_assert(planned({.greeter = true}, present).has_value());
}
END_TEST

START_TEST(units_run_where_something_needs_them) {
  using Units = std::vector<std::string>;
  ck_assert(units_of({}).empty());
  ck_assert(units_of({.profile = Profile::kExclusive}) == Units{"jpki-crl-refresh.timer"});
  ck_assert(units_of({.crls = {"a=http://a"}}) == Units{"jpki-crl-refresh.timer"});
  ck_assert(units_of({.realm = "ad"}) == Units{"nss-ad-refresh.timer"});
  ck_assert(units_of({.lockers = {"i3lock"}}) == (Units{"jpki-validator.socket", "jpki-account.socket"}));
  ck_assert(units_of({.removal = "none"}) == Units{"jpki-session-guard.service"});
  const std::string guard = "jpki-session-guard.service";
  for (const bool enabled : {false, true})
    for (const bool active : {false, true})
      for (const bool wanted : {false, true}) {
        Present present = a_computer();
        present.units[guard] = {enabled, active};
        const auto made = planned({.removal = wanted ? "lock" : "none"}, present);
        if (enabled == wanted && active == wanted)
          ck_assert(made->units.empty());
        else
          ck_assert(made->units == (std::vector<UnitChange>{{guard, enabled, active, wanted}}));
      }
  ck_assert(planned({.removal = "lock"}, a_computer())->units.empty());  // it is not installed
}
END_TEST

START_TEST(profiles_are_switched_on_and_off) {
  using Words = std::vector<std::string>;
  ck_assert(profile_words({.language = "ja"}).empty());
  ck_assert(profile_words({.profile = Profile::kOrPassword}) ==
            (Words{"--disable", "jpki-required", "--enable", "jpki"}));
  ck_assert(profile_words({.profile = Profile::kExclusive}) ==
            (Words{"--disable", "jpki", "jpki-emergency", "--enable", "jpki-required"}));
  ck_assert(profile_words({.emergency = true}) == (Words{"--enable", "jpki-emergency"}));
  ck_assert(profile_words({.emergency = false}) == (Words{"--disable", "jpki-emergency"}));
  ck_assert(profile_words({.removal = "lock"}) == (Words{"--enable", "jpki-session"}));
  ck_assert(profile_words({.removal = "none"}) == (Words{"--disable", "jpki-session"}));
}
END_TEST

// Each refusal for itself: everything else is as it has to be.
// It says so on stderr only, where it leaves its files alone.
START_TEST(what_pam_auth_update_did_not_do_is_no_plan) {
  const auto with_selected = [](const std::string& modules) {
    Present present = a_computer();
    present.profiles["/var/lib/pam/auth"] = file(modules);
    present.profiles["/var/lib/pam/session"] = file("Module: unix\nrequired pam_unix.so\n");
    return present;
  };
  ck_assert(plan({.profile = Profile::kExclusive}, with_selected("Module: jpki-required\nModule: unix\n")));
  for (const char* old : {"Module: jpki\n", "Module: jpki\nModule: jpki-required\n", "Module: unix\n",
                          "Module: jpki-required\nModule: jpki-emergency\n", "Module: jpki-required-too\n",
                          "the Module: jpki-required\n", ""})
    ck_assert_msg(!plan({.profile = Profile::kExclusive}, with_selected(old)), "%s", old);
  ck_assert(!plan({.emergency = false}, with_selected("Module: jpki-emergency\n")));
  ck_assert(plan({.emergency = false}, with_selected("Module: jpki\n")));
  Present recorded = with_selected("Module: jpki\n");
  ck_assert(!plan({.removal = "lock"}, recorded));
  recorded.profiles["/var/lib/pam/session"].content += "Module: jpki-session\n";
  ck_assert(plan({.removal = "lock"}, recorded));
  ck_assert(!plan({.removal = "none"}, recorded));
}
END_TEST

// The profile that counts is the one that is there, where none is answered.
START_TEST(a_card_only_computer_stays_one) {
  Present present = a_computer();
  present.files["/var/lib/pam/auth"] = file("Module: jpki-required\nauth line\n");
  ck_assert(!planned({.emergency = true}, present));
  ck_assert(planned({.profile = Profile::kOrPassword, .emergency = true}, present));
  const auto locker = planned({.lockers = {"i3lock"}}, present);
  ck_assert(after(*locker, "/etc/pam.d/i3lock")->content.find("pam_unix.so") == std::string::npos);
  const auto either = planned({.profile = Profile::kOrPassword, .lockers = {"i3lock"}}, present);
  ck_assert(after(*either, "/etc/pam.d/i3lock")->content.find("pam_unix.so") != std::string::npos);
}
END_TEST

START_TEST(a_plan_is_refused) {
  const auto taken = [](const Answers& answers, const std::function<void(Present&)>& change) {
    Present present = a_computer();
    present.files["/etc/pam.d/lightdm-jpki"] = file("");
    present.files["/etc/alternatives/gdm-smartcard"] = {Kind::kLink, 0, 0, 0, "/etc/pam.d/gdm-smartcard"};
    present.files["/var/lib/dpkg/alternatives/gdm-smartcard"] = file("auto\n");
    present.files["/etc/pam.d/gdm-smartcard-jpki-exclusive"] = file("");
    change(present);
    const auto made = planned(answers, present);
    ck_assert(made || (made.error().status == ExitStatus::kBad && !made.error().text.empty()));
    return made.has_value();
  };
  struct Row {
    Answers answers;
    std::function<void(Present&)> change;
  };
  const Row kRows[] = {
      {{.mapping = "ad", .realm = "ad"}, [](Present& one) { one.name_service_module = false; }},
      {{.profile = Profile::kExclusive}, [](Present& one) { one.root_has_password = false; }},
      {{.greeter = true}, [](Present& one) { one.files.erase("/etc/pam.d/lightdm-jpki"); }},
      {{.gdm = true}, [](Present& one) { one.files.erase("/etc/pam.d/gdm-smartcard-jpki-exclusive"); }},
      {{.gdm = true}, [](Present& one) { one.files["/etc/alternatives/gdm-smartcard"] = file(""); }},
      {{.gdm = true}, [](Present& one) { one.files.erase("/var/lib/dpkg/alternatives/gdm-smartcard"); }},
      {{.profile = Profile::kOrPassword}, [](Present& one) { one.profiles.clear(); }},
      {{.profile = Profile::kOrPassword}, [](Present& one) { one.profiles.erase("/etc/pam.d/common-auth"); }},
      {{.profile = Profile::kOrPassword},
       [](Present& one) { one.profiles["/etc/pam.d/common-auth"].content = "auth required pam_unix.so\n"; }},
      {{.removal = "lock"}, [](Present& one) { one.profiles.erase("/etc/pam.d/common-session"); }}};
  for (const Row& row : kRows) {
    ck_assert(taken(row.answers, [](Present&) {}));
    ck_assert(!taken(row.answers, row.change));
  }
  ck_assert(!taken({.mapping = "ad"}, [](Present&) {}));
  ck_assert(!taken({.profile = Profile::kExclusive, .emergency = true}, [](Present&) {}));
  ck_assert(taken({.profile = Profile::kExclusive, .emergency = false}, [](Present&) {}));
  ck_assert(taken({.profile = Profile::kOrPassword, .emergency = true}, [](Present&) {}));
  // What is not asked for is not needed.
  ck_assert(
      taken({.removal = "none"}, [](Present& one) { one.profiles.erase("/etc/pam.d/common-session"); }));
  ck_assert(taken({.removal = "lock"}, [](Present& one) { one.profiles.erase("/etc/pam.d/common-auth"); }));
  ck_assert(taken({.profile = Profile::kOrPassword}, [](Present& one) { one.root_has_password = false; }));
  ck_assert(taken({.mapping = "local"}, [](Present& one) { one.name_service_module = false; }));
  ck_assert(taken({.segment = "x"}, [](Present& one) { one = {}; }));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("setup plan");
  TCase* all = tcase_create("all");
  for (const TTest* test :
       {a_plan_changes_what_was_answered, a_plan_with_active_directory, a_plan_with_sources,
        a_plan_with_responders, a_plan_with_login_screens, each_setting_is_written_alone_and_kept,
        what_is_there_keeps_its_owner, a_directory_that_is_set_up_is_left,
        accounts_of_the_directory_stand_behind_files, only_the_card_s_lines_speak_a_language,
        a_setting_is_written_once, lockers_fit_the_profile, the_greeter_shows_the_button_that_leads_somewhere,
        units_run_where_something_needs_them, profiles_are_switched_on_and_off,
        what_pam_auth_update_did_not_do_is_no_plan, a_card_only_computer_stays_one, a_plan_is_refused})
    tcase_add_test(all, test);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
