// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/offered_values.h"

#include "base/printable.h"
#include "jpkictl/explain.h"
#include "validator/trust/trust_store.h"
#include "validator/x509/kind.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <CLI/CLI.hpp>
#include <pwd.h>

namespace jpki::ctl {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kFirstPerson = 1000;
constexpr uid_t kNobody = 65534;

std::vector<Offer> files() {
  return {{kOfferFiles}};
}
std::vector<Offer> directories() {
  return {{kOfferDirectories}};
}

std::vector<Offer> accounts() {
  std::set<std::string> names;
  ::setpwent();
  while (const passwd* const entry = ::getpwent())
    if (entry->pw_uid >= kFirstPerson && entry->pw_uid != kNobody &&
        printable(entry->pw_name) == entry->pw_name)
      names.insert(entry->pw_name);
  ::endpwent();
  std::vector<Offer> found;
  for (const std::string& name : names) found.push_back({name});
  return found;
}

std::vector<Offer> codes() {
  std::vector<Offer> found;
  for (const ExplainedCode& code : all_codes()) found.push_back({code.code, code.name});
  return found;
}

// The names of regular files there, up to the ending, which may be empty: then names with a dot are left out.
std::vector<Offer> names_in(const fs::path& directory, const std::string& ending) {
  std::set<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed))
    if (entry.is_regular_file(failed) && entry.path().extension() == ending)
      names.insert(entry.path().stem());
  std::vector<Offer> found;
  for (const std::string& name : names)
    if (printable(name) == name) found.push_back({name});
  return found;
}
std::vector<Offer> services() {
  return names_in("/etc/pam.d", "");
}
std::vector<Offer> anchors() {
  return names_in(JPKI_SYSCONFDIR "/anchors.d", ".toml");
}

std::vector<Offer> kinds() {
  std::vector<Offer> found;
  for (int kind = 0; kind < static_cast<int>(x509::Kind::kAuthority); ++kind)
    found.push_back({std::string(x509::name_of(static_cast<x509::Kind>(kind)))});
  return found;
}
std::vector<Offer> functions() {
  using enum trust::Function;
  std::vector<Offer> found;
  for (const trust::Function function : {kLogin, kRevocationData, kOcspSigner, kTls, kCvsSigner})
    found.push_back({std::string(trust::name_of(function))});
  return found;
}

struct Rule {
  std::string_view command;  // empty: any
  std::string_view name;
  std::vector<Offer> (*values)();
};
constexpr Rule kRules[] = {
    {"account", "NAME", accounts}, {"account", "--service", services},
    {"remove", "NAME", anchors},   {"", "ACCOUNT", accounts},
    {"", "OLD", accounts},         {"", "NEW", accounts},
    {"revoke", "WHAT", accounts},  {"answer", "--account", accounts},
    {"", "CODE", codes},           {"", "SERVICE", services},
    {"", "--kind", kinds},         {"", "FUNCTION", functions},
    {"", "FILE", files},           {"", "FLEET", files},
    {"", "CERT", files},           {"", "PATH", files},
    {"", "DIR", directories},      {"", "DIRECTORY", directories},
};

// "{lock,logoff,none}" behind the type, as CLI11 writes a set that is checked.
std::vector<Offer> words_of(const std::string& type) {
  const auto begin = type.find(":{");
  const auto end = type.find('}', begin);
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::vector<Offer> found;
  std::istringstream words(type.substr(begin + 2, end - begin - 2));
  for (std::string word; std::getline(words, word, ',');) found.push_back({word});
  return found;
}

}  // namespace

std::vector<Offer> values_of(const CLI::Option& option, const CLI::App& command) {
  const std::string type = option.get_type_name();
  if (auto words = words_of(type); !words.empty()) return words;
  const std::string name = option.get_name();  // "--kind", or an argument's
  const std::string of_value = type.substr(0, type.find(':'));
  for (const Rule& rule : kRules)
    if ((rule.command.empty() || rule.command == command.get_name()) &&
        (rule.name == name || rule.name == of_value))
      return rule.values();
  return {};
}

}  // namespace jpki::ctl
