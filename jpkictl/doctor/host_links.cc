// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Links of the host: PAM, and what pam_jpki.so starts.
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/links.h"
#include "jpkictl/doctor/pam_words.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl::doctor {
namespace {

constexpr std::uint64_t kFewBytes = 16 << 20;
constexpr std::uint64_t kFewInodes = 1000;
constexpr std::chrono::minutes kSkew{5};

Sentence at(const char* text, const PamLine& line) {
  return {text, {{"{place}", fmt::format("{}:{}", line.file, line.line)}}};
}

std::string edit(const PamLine& line, const std::string& expression) {
  return fmt::format("sed -i '{}{}' {}", line.line, expression, shell_word(line.file));
}

// `text` in a regular expression of sed between slashes.
std::string literal(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view(R"(\/.*[]^$&')").find(c) != std::string_view::npos) return {};
    escaped += c;
  }
  return escaped;
}

// A word of the line, with what takes it away.
Finding unwanted_word(const char* text, const PamLine& line, const std::string& word) {
  Sentence seen = at(text, line);
  seen.values.emplace_back("{word}", word);
  const std::string pattern = literal(word.substr(0, word.find('=')));
  if (pattern.empty()) return bad(std::move(seen), {edit(line, "s/^/#/")});
  return bad(
      std::move(seen),
      {edit(line, fmt::format(R"(s/[[:space:]]\+{}\(=[^[:space:]]*\)\?\($\|[[:space:]]\)/ /)", pattern))});
}

bool is_writable_by_others(const FileFact& file) {
  return file.exists() && (file.owner != 0 || (file.mode & 0022) != 0);
}

}  // namespace

Finding judge_pam_module(const Facts& facts) {
  if (auto finding = judge_files(rules_of_module(), facts)) return std::move(*finding);
  return good({N_("it is installed")});
}

Finding judge_pam_lines(const Facts& facts) {
  const auto is_auth = [](const PamLine& line) { return line.facility == "auth"; };
  if (std::ranges::none_of(facts.pam, is_auth))
    return bad({N_("no line of /etc/pam.d asks for a card")}, {"pam-auth-update --enable jpki"});
  for (const PamLine& line : facts.pam) {
    if (is_writable_by_others(facts.file(line.file)))
      return bad({N_("{file} can be changed by others than root"), {{"{file}", line.file}}},
                 {fmt::format("chown root:root {0} && chmod 0644 {0}", shell_word(line.file))});
    // "optional" counts only where nothing else decides: the card would decide nothing.
    if (is_auth(line) && line.control == "optional")
      return bad(at(N_("{place}: the card decides nothing, because the line is \"optional\""), line),
                 {edit(line, "s/optional/requisite/")});
    // "required" goes on to ask for a password when the PIN was wrong.
    if (line.facility == "account" && (line.control == "optional" || line.control == "sufficient"))
      return bad(
          at(N_("{place}: the account is not judged, because the line is \"optional\" or \"sufficient\""),
             line),
          {edit(line, "s/" + line.control + "/required/")});
  }
  return good({N_("{count} lines name pam_jpki.so"), {{"{count}", std::to_string(facts.pam.size())}}});
}

Finding judge_pam_options(const Facts& facts) {
  for (const PamLine& line : facts.pam)
    for (const std::string& word : line.options) {
      switch (judge_pam_word(word)) {
        case PamWord::kKnown:
          break;
        case PamWord::kUnknown:
          return unwanted_word(N_("{place}: pam_jpki.so knows no option \"{word}\""), line, word);
        case PamWord::kBadValue:
          return unwanted_word(N_("{place}: the value of \"{word}\" cannot be"), line, word);
      }
      if (word.starts_with("config_file=") && !facts.file(word.substr(word.find('=') + 1)).exists())
        return unwanted_word(N_("{place}: the file of \"{word}\" is missing"), line, word);
    }
  return good({N_("all are known")});
}

// Only where a directory says who may log in does the account step decide anything.
Finding judge_pam_account(const Facts& facts) {
  if (!facts.directory.used) return good({N_("not needed: accounts are not judged by a directory")});
  const auto is_account = [](const PamLine& line) { return line.facility == "account"; };
  if (std::ranges::any_of(facts.pam, is_account)) return good({N_("the account is judged")});
  for (const PamLine& line : facts.pam) {
    if (line.facility != "auth") continue;
    if (line.file.ends_with("/common-auth"))
      return bad({N_("no line of /etc/pam.d has the directory judge the account")},
                 {"pam-auth-update --package"});
    return bad({N_("no line of /etc/pam.d has the directory judge the account")},
               {fmt::format("sed -i '$a account required pam_jpki.so' {}", shell_word(line.file))});
  }
  return good({N_("the account is judged")});
}

Finding judge_helper_user(const Facts& facts) {
  if (!facts.helper)
    return bad({N_("the user {user} does not exist"), {{"{user}", JPKI_HELPER_USER}}}, {"systemd-sysusers"});
  if (facts.helper->uid == 0)
    return bad({N_("the user {user} is root"), {{"{user}", JPKI_HELPER_USER}}},
               {fmt::format("userdel --non-unique {0} ; systemd-sysusers", JPKI_HELPER_USER)});
  return good({N_("{user} exists"), {{"{user}", JPKI_HELPER_USER}}});
}

Finding judge_programs(const Facts& facts) {
  if (auto finding = judge_files(rules_of_programs(), facts)) return std::move(*finding);
  return good({N_("they can be started")});
}

Finding judge_directories(const Facts& facts) {
  if (auto finding = judge_files(rules_of_directories(), facts)) return std::move(*finding);
  return good({N_("owners and modes are right")});
}

Finding judge_disk(const Facts& facts) {
  if (!facts.free_bytes || !facts.free_inodes)
    return could_not_tell(
        {N_("the file system of {directory} does not tell"), {{"{directory}", JPKI_STATEDIR}}});
  const Remedy remedy{"apt-get clean; journalctl --vacuum-size=100M"};
  if (*facts.free_bytes < kFewBytes)
    return bad({N_("{directory}: only {size} KiB are free"),
                {{"{directory}", JPKI_STATEDIR}, {"{size}", std::to_string(*facts.free_bytes >> 10)}}},
               remedy);
  if (*facts.free_inodes < kFewInodes)
    return bad({N_("{directory}: only {count} more files can be made"),
                {{"{directory}", JPKI_STATEDIR}, {"{count}", std::to_string(*facts.free_inodes)}}},
               remedy);
  return good({N_("{size} MiB are free"), {{"{size}", std::to_string(*facts.free_bytes >> 20)}}});
}

Finding judge_clock(const Facts& facts) {
  for (const char* path : {JPKI_STATEDIR "/revocation/crl.idx", JPKI_LIBEXECDIR "/jpki-validator"}) {
    const FileFact& file = facts.file(path);
    if (file.exists() && file.changed > facts.now + kSkew)
      return bad({N_("the clock is behind the time of {file}"), {{"{file}", path}}},
                 {"timedatectl set-ntp true; touch -c " JPKI_LIBEXECDIR "/jpki-validator; jpki-crl-refresh"});
  }
  return good({N_("it is not behind what was written here before")});
}

Finding judge_opensc_conf(const Facts& facts) {
  return judge_subject(facts, {.name = subject::kOpenscConf,
                               .fine = {N_("it is there")},
                               .wrong = {N_("it is missing or can be changed by others")},
                               .otherwise = {"apt-get install --reinstall jpki-validator"}});
}

Finding judge_configuration(const Facts& facts) {
  Remedy remedy;
  if (!facts.file(facts.config_file).exists())
    remedy.command = "apt-get install --reinstall -o Dpkg::Options::=--force-confmiss jpki-validator";
  else
    remedy.advice = {N_("Correct what is shown; jpki.toml(5) has every key.")};
  return judge_subject(facts, {.name = subject::kConfiguration,
                               .fine = {N_("it can be read")},
                               .wrong = {N_("it is wrong, and refuses every card")},
                               .otherwise = std::move(remedy)});
}

}  // namespace jpki::ctl::doctor
