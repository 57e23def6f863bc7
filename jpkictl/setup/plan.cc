// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/plan.h"

#include "base/settings/strict_toml.h"
#include "jpkictl/setup/configuration.h"
#include "jpkictl/setup/edited_text.h"
#include "jpkictl/words.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::setup {
namespace {

using Kind = FileState::Kind;

constexpr char kHead[] =
    "# Written by jpkictl setup, which writes it anew; your own settings belong in other files.\n";
constexpr char kNameServices[] = "/etc/nsswitch.conf";
constexpr char kLightdmDirectory[] = "/etc/lightdm/lightdm.conf.d";
constexpr char kLightdm[] = "/etc/lightdm/lightdm.conf.d/90-jpki-setup.conf";
constexpr char kGreeterService[] = "/etc/pam.d/lightdm-jpki";
constexpr char kGreeterSettings[] = JPKI_SYSCONFDIR "/greeter.toml";
constexpr char kGdmChoice[] = "/etc/alternatives/gdm-smartcard";
constexpr char kGdmAlternatives[] = "/var/lib/dpkg/alternatives/gdm-smartcard";
constexpr char kGdmExclusive[] = "/etc/pam.d/gdm-smartcard-jpki-exclusive";
constexpr char kGdmOrPassword[] = "/etc/pam.d/gdm-smartcard-jpki-or-password";
constexpr char kCommonAuth[] = "/etc/pam.d/common-auth";
constexpr char kSource[] = "[[revocation.source]]";
constexpr char kCrl[] = "[[crl]]";
constexpr char kCommonSession[] = "/etc/pam.d/common-session";
constexpr char kSelectedAuth[] = "/var/lib/pam/auth";  // what pam-auth-update made its files of
constexpr char kSelectedSession[] = "/var/lib/pam/session";

struct Switches {
  std::vector<std::string> on;
  std::vector<std::string> off;
};

Switches profile_switches(const Answers& answers) {
  Switches profiles;
  if (answers.profile) {
    const bool exclusive = *answers.profile == Profile::kExclusive;
    profiles.on.emplace_back(exclusive ? "jpki-required" : "jpki");
    profiles.off.emplace_back(exclusive ? "jpki" : "jpki-required");
    if (exclusive)
      profiles.off.emplace_back("jpki-emergency");  // it asks before a password, which then does not count
  }
  if (answers.emergency) (*answers.emergency ? profiles.on : profiles.off).emplace_back("jpki-emergency");
  if (!answers.removal.empty())
    (answers.removal == "none" ? profiles.off : profiles.on).emplace_back("jpki-session");
  return profiles;
}

// Whether a file below /var/lib/pam names the profile: the other files have no lines that say whose they are.
bool is_selected(const FileState& file, const std::string& profile) {
  return ("\n" + file.content).find("\nModule: " + profile + "\n") != std::string::npos;
}

std::string locker_file(const std::string& locker) {
  return "/etc/pam.d/" + locker;
}

// The value of a key in a file that this program wrote.
std::string value_in(const std::string& text, const std::string& key) {
  const auto at = text.find("\n" + key + " = \"");
  if (at == std::string::npos) return {};
  const auto begin = text.find('"', at) + 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

// What stands from `beginning` to the end of `text`, or to the end of its line.
std::string rest_from(const std::string& text, const std::string& beginning) {
  const auto at = text.find("\n" + beginning);
  return at == std::string::npos ? std::string() : text.substr(at + 1);
}
// With the empty line before it, if it is anything.
std::string before_rest(const std::string& rest) {
  return rest.empty() ? rest : "\n" + rest;
}
std::string line_from(const std::string& text, const std::string& beginning) {
  const std::string rest = rest_from(text, beginning);
  return rest.substr(0, rest.find('\n'));
}

// Tables for the answers "NAME=URL"; `more` are lines that all of them have.
std::string tables_of(const char* header, const std::vector<std::string>& answers, const char* more = "") {
  std::vector<std::pair<std::string, std::string>> tables;  // in the order of their first mention
  for (const std::string& answer : answers) {
    const auto equals = answer.find('=');
    const std::string name = answer.substr(0, equals);
    const std::string url = "\"" + answer.substr(equals + 1) + "\"";
    const auto known = std::ranges::find(tables, name, &std::pair<std::string, std::string>::first);
    if (known == tables.end())
      tables.emplace_back(name, url);
    else
      known->second += ", " + url;
  }
  std::string text;
  for (const auto& [name, urls] : tables)
    text += fmt::format("\n{}\nname = \"{}\"\n{}urls = [{}]\n", header, name, more, urls);
  return text;
}

// Responders first, then the CRLs: while a responder does not answer, they decide.
std::string source_tables(const std::vector<std::string>& responders) {
  return tables_of(kSource, responders, "type = \"ocsp\"\n") +
         fmt::format("\n{}\nname = \"crl\"\ntype = \"crl\"\n", kSource);
}

class Planner {
 public:
  Planner(const Answers& answers, const Present& present) : answers_(answers), present_(present) {}

  Expected<Plan, Trouble> all() {
    if (auto fit = check(); !fit) return Unexpected{fit.error()};
    settings();
    directory();
    profiles();
    lockers();
    if (answers_.greeter) greeter();
    if (answers_.gdm) gdm();
    units();
    return std::move(plan_);
  }

 private:
  const FileState& now(const std::string& path) const {
    static const FileState absent;
    const auto known = present_.files.find(path);
    return known == present_.files.end() ? absent : known->second;
  }

  Expected<Unit, Trouble> check() const {
    const auto refuse = [](std::string text) { return Unexpected{refused(std::move(text))}; };
    if (answers_.mapping == "ad" && answers_.realm.empty() && now(kDirectory).kind == Kind::kAbsent)
      return refuse(say(N_("accounts from Active Directory need the name of the domain; add --realm")));
    if (!answers_.realm.empty() && !present_.name_service_module)
      return refuse(say(N_("accounts from Active Directory need the package libnss-ad; install it first")));
    if (answers_.profile == Profile::kExclusive && !present_.root_has_password)
      return refuse(say(
          N_("with cards only, root's password is the way in when a reader is broken, and root has none; set "
             "it first: passwd root")));
    if (answers_.greeter && now(kGreeterService).kind == Kind::kAbsent)
      return refuse(say(N_("the login screen needs the package jpki-greeter; install it first")));
    if (answers_.gdm && (now(kGdmExclusive).kind == Kind::kAbsent || now(kGdmChoice).kind != Kind::kLink ||
                         now(kGdmAlternatives).kind != Kind::kRegular))
      return refuse(say(N_("GDM's service for cards needs the package jpki-gdm; install it first")));
    if (exclusive() && answers_.emergency.value_or(false))
      return refuse(say(
          N_("the profile for emergency codes goes with passwords; for cards and codes alone, see the recipe "
             "\"Card only, or an emergency code\"")));
    if (auto others = check_other_files(answers_, present_.files); !others) return others;
    if (auto greeter = check_greeter(); !greeter) return greeter;
    return check_profiles();
  }

  Expected<Unit, Trouble> check_greeter() const {
    const std::string text = greeter_settings();
    if (text == now(kGreeterSettings).content) return Unit{};
    const auto read = settings::TomlDocument::parse(text, kGreeterSettings);
    if (read) return Unit{};
    return Unexpected{refused(
        say(N_("the login screen's settings could not be read after the change; make it by hand: {why}"),
            {{"{why}", read.error()}}))};
  }

  Expected<Unit, Trouble> check_profiles() const {
    const auto refuse = [](std::string text) { return Unexpected{refused(std::move(text))}; };
    if (profile_words(answers_).empty()) return Unit{};
    if (present_.profiles.empty())
      return refuse(
          say(N_("the profiles of pam-auth-update are not there; install the package libpam-jpki")));
    const auto has_card = [&](const char* path) {
      const auto file = present_.profiles.find(path);
      return file != present_.profiles.end() && file->second.content.find("pam_jpki.so") != std::string::npos;
    };
    const auto selected = [&](const std::string& profile) {
      return std::ranges::any_of(present_.profiles, [&](const auto& file) {
        return (file.first == kSelectedAuth || file.first == kSelectedSession) &&
               is_selected(file.second, profile);
      });
    };
    const Switches asked = profile_switches(answers_);
    const bool records = !answers_.removal.empty() && answers_.removal != "none";
    if ((answers_.profile && !has_card(kCommonAuth)) || (records && !has_card(kCommonSession)) ||
        !std::ranges::all_of(asked.on, selected) || std::ranges::any_of(asked.off, selected))
      return refuse(
          say(N_("pam-auth-update leaves the files of /etc/pam.d alone, because they were changed by hand; "
                 "pam-auth-update(8) tells how to give them back to it")));
    return Unit{};
  }

  // Only cards count: as it was answered, else as it is.
  bool exclusive() const {
    return answers_.profile ? *answers_.profile == Profile::kExclusive
                            : is_selected(now(kSelectedAuth), "jpki-required");
  }

  void change(const std::string& path, FileState after) {
    const FileState& before = now(path);
    if (before.kind == after.kind && before.kind != Kind::kAbsent) {  // whose it is, is others' business
      after.owner = before.owner;
      after.group = before.group;
      after.mode = before.mode;
    }
    if (before != after) plan_.changes.push_back({path, before, std::move(after)});
  }
  void write(const std::string& path, std::string content) {
    change(path, {Kind::kRegular, 0, 0, 0644, std::move(content)});
  }
  void directory_for(const std::string& path) {
    if (now(path).kind != Kind::kLink) change(path, {Kind::kDirectory, 0, 0, 0755});  // a link leads to one
  }

  // What was answered before stays.
  std::string kept(const std::string& answer, const char* key) const {
    return answer.empty() ? value_in(now(kSettings).content, key) : answer;
  }

  void settings() {
    if (answers_.removal.empty() && answers_.mapping.empty() && answers_.segment.empty() &&
        answers_.responders.empty() && answers_.crls.empty() && answers_.feed.empty() &&
        answers_.resolver.empty() && answers_.ocsp_extension.empty())
      return;
    std::string text = kHead;
    const std::string old = value_in(now(kSettings).content, "source");
    const std::string source =
        answers_.mapping.empty() ? old : std::string(answers_.mapping == "ad" ? "ad" : "file");
    if (!source.empty()) text += fmt::format("\n[account]\nsource = \"{}\"\n", source);
    if (const auto segment = kept(answers_.segment, "segment"); !segment.empty())
      text += fmt::format("\n[revocation]\nsegment = \"{}\"\n", segment);
    if (const auto removal = kept(answers_.removal, "removal"); !removal.empty())
      text += fmt::format("\n[session]\nremoval = \"{}\"\n", removal);
    const std::string feed = kept(answers_.feed, "feed");
    const std::string resolver = kept(answers_.resolver, "resolver");
    const std::string extension = kept(answers_.ocsp_extension, "ocsp_extension");
    if (!feed.empty() || !resolver.empty() || !extension.empty()) text += "\n[succession]\n";
    if (!feed.empty()) text += fmt::format("feed = \"{}\"\n", feed);
    if (!resolver.empty()) text += fmt::format("resolver = \"{}\"\n", resolver);
    if (!extension.empty()) text += fmt::format("ocsp_extension = \"{}\"\n", extension);
    // They stand last, in this order.
    const std::string old_crls = rest_from(now(kSettings).content, kCrl);
    std::string old_sources = rest_from(now(kSettings).content, kSource);
    old_sources.erase(old_sources.size() - std::min(before_rest(old_crls).size(), old_sources.size()));
    text += answers_.responders.empty() ? before_rest(old_sources) : source_tables(answers_.responders);
    text += answers_.crls.empty() ? before_rest(old_crls) : tables_of(kCrl, answers_.crls);
    directory_for(kSettingsDirectory);
    write(kSettings, std::move(text));
  }

  void directory() {
    if (answers_.realm.empty()) return;
    if (now(kDirectory).kind == Kind::kAbsent) write(kDirectory, present_.ad_template);
    directory_for(kDirectorySettingsDirectory);
    write(kDirectorySettings,
          fmt::format("{}\n[directory]\nrealm = \"{}\"\n{}", kHead, answers_.realm, controllers()));
    if (now(kNameServices).kind == Kind::kRegular)
      write(kNameServices, with_directory_accounts(now(kNameServices).content));
  }

  std::string controllers() const {
    if (answers_.controllers.empty()) {
      const std::string old = line_from(now(kDirectorySettings).content, "servers = ");
      return old.empty() ? old : old + "\n";
    }
    std::string hosts;
    for (const std::string& host : answers_.controllers)
      hosts += fmt::format("{}\"{}\"", hosts.empty() ? "" : ", ", host);
    return fmt::format("servers = [{}]\n", hosts);
  }

  void profiles() {
    bool auth = false;
    for (const auto& [path, state] : present_.profiles) {
      FileState after = state;
      auth = auth || path == kCommonAuth;
      if (path == kCommonAuth && !answers_.language.empty())
        after.content = with_language(after.content, answers_.language);
      change(path, std::move(after));
    }
    if (!auth && !answers_.language.empty() && now(kCommonAuth).kind == Kind::kRegular)
      write(kCommonAuth, with_language(now(kCommonAuth).content, answers_.language));
  }

  // doc/pam-recipes.md, "Screen lockers that run as the user".
  void lockers() {
    const bool directory = accounts_from_directory(answers_, present_.files);
    std::string text = kHead;
    if (directory || exclusive())
      text += "auth    required    pam_jpki.so\n";
    else
      text +=
          "auth    [success=2 ignore=ignore module_unknown=ignore default=die]  pam_jpki.so "
          "ignore_unknown_user ignore_authinfo_unavail\n"
          "auth    [success=1 default=ignore]                                   pam_unix.so\n"
          "auth    requisite                                                    pam_deny.so\n"
          "auth    required                                                     pam_permit.so\n";
    if (directory) text += "account requisite   pam_jpki.so\n";
    text += "account required    pam_permit.so\n";
    for (const std::string& locker : answers_.lockers) write(locker_file(locker), text);
  }

  void greeter() {
    directory_for(kLightdmDirectory);
    write(kLightdm, std::string(kHead) +
                        "[Seat:*]\ngreeter-session=jpki-greeter\npam-service=lightdm-jpki\n"
                        "greeter-hide-users=true\nallow-guest=false\n");
    if (std::string text = greeter_settings(); text != now(kGreeterSettings).content)
      write(kGreeterSettings, std::move(text));
  }

  std::string greeter_settings() const {
    std::string text = now(kGreeterSettings).content;
    if (!answers_.greeter) return text;
    if (!answers_.language.empty())
      text = with_setting(text, "language", fmt::format("\"{}\"", answers_.language));
    if (answers_.profile)  // with cards only, the button would lead to a refusal
      text =
          with_setting(text, "password_button", *answers_.profile == Profile::kExclusive ? "false" : "true");
    return text;
  }

  // What update-alternatives(1) --set does.
  void gdm() {
    const bool exclusive = answers_.profile ? *answers_.profile == Profile::kExclusive
                                            : now(kGdmChoice).content == kGdmExclusive;
    change(kGdmChoice, {Kind::kLink, 0, 0, 0, exclusive ? kGdmExclusive : kGdmOrPassword});
    write(kGdmAlternatives, chosen_by_hand(now(kGdmAlternatives).content));
  }

  void units() {
    for (const std::string& unit : units_of(answers_)) {
      const auto known = present_.units.find(unit);
      if (known == present_.units.end()) continue;
      const bool wanted = unit != "jpki-session-guard.service" || answers_.removal != "none";
      if (known->second.enabled == wanted && known->second.active == wanted) continue;
      plan_.units.push_back({unit, known->second.enabled, known->second.active, wanted});
    }
  }

  const Answers& answers_;
  const Present& present_;
  Plan plan_;
};

}  // namespace

std::vector<std::string> paths_of(const Answers& answers) {
  std::vector<std::string> paths{JPKI_SYSCONFDIR,    kMainSettings,    kSettingsDirectory,
                                 kSettings,          kDirectory,       kDirectorySettingsDirectory,
                                 kDirectorySettings, kNameServices,    kLightdmDirectory,
                                 kLightdm,           kGreeterService,  kGreeterSettings,
                                 kGdmChoice,         kGdmAlternatives, kGdmExclusive,
                                 kCommonAuth,        kSelectedAuth};
  for (const std::string& locker : answers.lockers) paths.push_back(locker_file(locker));
  return paths;
}

std::vector<std::string> units_of(const Answers& answers) {
  std::vector<std::string> units;
  if (answers.profile || !answers.crls.empty()) units.emplace_back("jpki-crl-refresh.timer");
  if (!answers.realm.empty()) units.emplace_back("nss-ad-refresh.timer");
  if (!answers.lockers.empty())
    for (const char* unit : {"jpki-validator.socket", "jpki-account.socket"}) units.emplace_back(unit);
  if (!answers.removal.empty()) units.emplace_back("jpki-session-guard.service");
  return units;
}

std::vector<std::string> profile_words(const Answers& answers) {
  const auto [on, off] = profile_switches(answers);
  std::vector<std::string> words;
  if (!off.empty()) words.emplace_back("--disable");
  words.insert(words.end(), off.begin(), off.end());
  if (!on.empty()) words.emplace_back("--enable");
  words.insert(words.end(), on.begin(), on.end());
  return words;
}

Expected<Plan, Trouble> plan(const Answers& answers, const Present& present) {
  return Planner(answers, present).all();
}

}  // namespace jpki::ctl::setup
