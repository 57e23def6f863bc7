// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/gather.h"

#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/file_text.h"
#include "jpkictl/doctor/helper_side.h"
#include "jpkictl/doctor/pam_words.h"
#include "jpkictl/doctor/program_output.h"
#include "jpkictl/doctor/servers.h"
#include "nss_ad/config/ad_config.h"
#include "validator/config/config.h"
#include "validator/schedule/plan.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <locale.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace jpki::ctl::doctor {
namespace {

constexpr char kPamDirectory[] = "/etc/pam.d";
constexpr std::chrono::hours kDay{24};

FileFact look_at(const std::string& path) {
  struct stat info {};
  FileFact fact;
  // What is installed below /usr may be a link, as libraries are; what we and the site write must be none.
  const bool follow = path.starts_with("/usr/") || path == rule_of_name_service_module().path;
  if ((follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info)) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) fact.kind = FileFact::Kind::kHidden;
    return fact;
  }
  using Kind = FileFact::Kind;
  fact.kind = S_ISREG(info.st_mode)    ? Kind::kRegular
              : S_ISDIR(info.st_mode)  ? Kind::kDirectory
              : S_ISSOCK(info.st_mode) ? Kind::kSocket
              : S_ISLNK(info.st_mode)  ? Kind::kLink
                                       : Kind::kOther;
  fact.owner = info.st_uid;
  fact.group = info.st_gid;
  fact.mode = info.st_mode & 07777;
  fact.changed = Time(std::chrono::seconds(info.st_mtim.tv_sec));
  return fact;
}

std::vector<std::string> files_in(const std::string& directory, std::string_view suffix) {
  std::vector<std::string> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed))
    if (const std::string path = entry.path(); path.ends_with(suffix)) files.push_back(path);
  std::ranges::sort(files);
  return files;
}

std::optional<User> user(const char* name) {
  const passwd* entry = ::getpwnam(name);
  if (entry == nullptr) return std::nullopt;
  return User{entry->pw_uid, entry->pw_gid};
}

void look_at_files(Facts& facts) {
  for (const auto rules : {rules_of_module(), rules_of_programs(), rules_of_directories(), rules_of_greeter(),
                           rules_of_requests()})
    for (const FileRule& rule : rules) facts.files[rule.path] = look_at(rule.path);
  for (const char* path :
       {rule_of_name_service_module().path, rule_of_sessions().path, rule_of_catalogue().path, kCardDaemon,
        kPolkitDaemon, kOldPolkitDaemon, kPolkitRule, kLightdm, kGreeterSettings, kLockerSocketFile,
        kAccountSocketFile, JPKI_SYSCONFDIR "/accounts.map", JPKI_STATEDIR "/revocation/crl.idx"})
    facts.files[path] = look_at(path);
  for (const std::string& path : {facts.config_file, facts.site_key}) facts.files[path] = look_at(path);
  facts.records = access_list_of(rule_of_sessions().path);
  facts.new_records = inherited_access_list_of(rule_of_sessions().path);
}

void look_at_pam(Facts& facts) {
  for (const std::string& file : files_in(kPamDirectory, ""))
    for (PamLine& line : parse_pam_file(text_of_file(file), file)) {
      facts.files[file] = look_at(file);
      for (const std::string& word : line.options)
        if (word.starts_with("config_file=/")) {
          const std::string named = word.substr(word.find('=') + 1);
          facts.files[named] = look_at(named);
        }
      facts.pam.push_back(std::move(line));
    }
}

// LANG of the machine: systemd's file, then Debian's.
std::string language_of_machine() {
  for (const char* path : {"/etc/locale.conf", "/etc/default/locale"}) {
    std::istringstream lines(text_of_file(path));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("LANG=")) {
        std::erase(line, '"');
        return line.substr(5);
      }
  }
  return {};
}

void look_at_language(Facts& facts) {
  facts.language = language_of_machine();
  const locale_t japanese = ::newlocale(LC_MESSAGES_MASK, "ja_JP.UTF-8", nullptr);
  facts.japanese_locale = japanese != nullptr;
  if (japanese != nullptr) ::freelocale(japanese);
}

// What lightdm reads after our settings.
void look_at_greeters(Facts& facts) {
  std::vector<std::string> files = files_in("/etc/lightdm/lightdm.conf.d", ".conf");
  files.emplace_back("/etc/lightdm/lightdm.conf");
  for (const std::string& file : files) {
    std::istringstream lines(text_of_file(file));
    unsigned number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.starts_with("greeter-session=") && line != "greeter-session=jpki-greeter")
        facts.other_greeters.push_back(file + ":" + std::to_string(number));
    }
  }
}

void look_at_directory(const Context& context, Facts& facts) {
  facts.directory.used = look_at(ad::config::kDefaultConfigFile).exists();
  if (!facts.directory.used) return;
  const auto config = ad::config::load_ad_config(ad::config::kDefaultConfigFile, context.trust);
  if (!config) return;
  facts.directory.keytab = config->directory.authentication == ad::ldap::Authentication::kKeytab;
  facts.directory.secret =
      facts.directory.keytab ? config->directory.keytab : config->directory.password_file;
  facts.directory.realm = config->directory.realm;
  facts.files[facts.directory.secret] = look_at(facts.directory.secret);
}

void look_at_disk(Facts& facts) {
  struct statvfs disk {};
  if (::statvfs(JPKI_STATEDIR, &disk) != 0) return;
  facts.free_bytes = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  // A file system that has no table of inodes (btrfs) says 0 of 0.
  facts.free_inodes = disk.f_files == 0 ? std::uint64_t{1} << 32 : static_cast<std::uint64_t>(disk.f_favail);
}

std::optional<std::map<std::string, UnitState>> ask_systemd() {
  const auto told = output_of({"/usr/bin/systemctl", "show", "--property=Id,ActiveState,UnitFileState",
                               kCrlTimer, kCrlService, kDirectoryTimer, kDirectoryService, kLockerSocket,
                               kAccountSocket, kGuardService});
  if (!told) return std::nullopt;
  return parse_units(*told);
}

}  // namespace

std::map<std::string, UnitState> parse_units(const std::string& text) {
  std::map<std::string, UnitState> units;
  std::istringstream lines(text);
  std::string id;
  UnitState unit;
  const auto keep = [&] {
    if (!id.empty()) units[id] = unit;
    id.clear();
    unit = {};
  };
  for (std::string line; std::getline(lines, line);) {
    const std::string value = line.substr(std::min(line.find('=') + 1, line.size()));
    if (line.empty()) keep();
    if (line.starts_with("Id=")) id = value;
    if (line.starts_with("ActiveState=")) unit.active = value;
    if (line.starts_with("UnitFileState=")) unit.enabled = value;
  }
  keep();
  return units;
}

std::map<std::string, std::vector<std::string>> parse_nsswitch(const std::string& text) {
  std::map<std::string, std::vector<std::string>> databases;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t comment = line.find('#'); comment != std::string::npos) line.resize(comment);
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::istringstream words(line.substr(colon + 1));
    auto& services = databases[line.substr(0, colon)];
    for (std::string word; words >> word;) services.push_back(word);
  }
  return databases;
}

std::optional<Gap> first_gap(const std::vector<schedule::SourceRule>& rules, const std::string& segment,
                             Time now) {
  const auto open_at = [&](Time when) {
    return std::ranges::any_of(schedule::plan(rules, segment, when), &schedule::PlannedSource::asked);
  };
  // Whether one is in service changes only when a rule does.
  std::vector<Time> moments{now};
  for (const schedule::SourceRule& rule : rules)
    for (Time when = now; rule.is_for(segment);) {
      const auto change = schedule::next_change(rule.hours, when);
      if (!change || *change >= now + kDay) break;
      moments.push_back(when = *change);
    }
  std::ranges::sort(moments);
  const schedule::TimeZone zone = rules.empty() ? schedule::TimeZone{} : rules.front().hours.zone;
  const auto closes = std::ranges::find_if_not(moments, open_at);
  if (closes == moments.end()) return std::nullopt;
  const auto opens = std::find_if(closes, moments.end(), open_at);
  return Gap{schedule::local_text(zone, *closes),
             schedule::local_text(zone, opens == moments.end() ? now + kDay : *opens)};
}

Facts gather(const Context& context, const Progress& progress) {
  Facts facts;
  facts.now = context.now;
  facts.root = ::geteuid() == 0;
  facts.config_file = context.config_file;
  progress("configuration");
  const auto config = config::load_config(context.config_file, context.trust);
  facts.site_key = config ? config->pseudonym_key_file : config::Config().pseudonym_key_file;
  facts.helper = user(JPKI_HELPER_USER);
  facts.guard = user("_jpki-guard");
  look_at_files(facts);
  look_at_pam(facts);
  look_at_directory(context, facts);
  look_at_disk(facts);
  look_at_language(facts);
  look_at_greeters(facts);
  facts.nsswitch = parse_nsswitch(text_of_file("/etc/nsswitch.conf"));
  progress("systemd");
  facts.units = ask_systemd();
  progress("card");
  facts.card = ask_card(context);
  progress("check");
  ask_check(context, facts);
  if (!config) return facts;
  facts.gap = first_gap(config->sources, config->segment, context.now);
  facts.proxy = config->fetch.proxy;
  progress("servers");
  facts.sources = ask_servers(*config, context);
  return facts;
}

}  // namespace jpki::ctl::doctor
