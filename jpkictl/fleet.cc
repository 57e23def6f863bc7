// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/fleet.h"

#include "jpkictl/generations.h"
#include "jpkictl/input_file.h"
#include "validator/path/path.h"
#include "validator/x509/classify.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

using Members = std::map<std::string, std::vector<x509::Certificate>>;

Expected<Unit, std::string> add(const std::string& account, const std::string& file, Members& members) {
  auto certificates = read_certificates(file);
  if (!certificates) return Unexpected{certificates.error()};
  auto& of_account = members[account];
  for (auto& certificate : *certificates) of_account.push_back(std::move(certificate));
  return Unit{};
}

bool is_certificate_file(const std::filesystem::path& file) {
  return file.extension() == ".pem" || file.extension() == ".crt" || file.extension() == ".der";
}

Expected<Unit, std::string> read_directory(const std::string& path, Members& members) {
  std::error_code error;
  std::filesystem::directory_iterator entries(path, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto& file = entries->path();
    if (!is_certificate_file(file)) continue;
    if (auto added = add(file.stem(), file, members); !added) return added;
  }
  if (error) return Unexpected{path + ": " + error.message()};
  return Unit{};
}

Expected<Unit, std::string> read_list(const std::string& path, Members& members) {
  const auto content = read_input(path);
  if (!content) return Unexpected{content.error()};
  std::istringstream lines{std::string(as_text(*content))};
  const auto directory = std::filesystem::path(path).parent_path();
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string account;
    std::string file;
    if (!(words >> account) || account.starts_with('#')) continue;
    std::getline(words >> std::ws, file);
    while (!file.empty() && (file.back() == '\r' || file.back() == ' ')) file.pop_back();
    if (file.empty()) return Unexpected{fmt::format("{}:{}: write \"ACCOUNT PATH\"", path, number)};
    if (auto added = add(account, directory / file, members); !added)
      return Unexpected{fmt::format("{}:{}: {}", path, number, added.error())};
  }
  return Unit{};
}

Fate fate_of(const x509::Certificate& certificate, const FleetRules& rules, Time when) {
  const x509::Kind kind = x509::classify(certificate, rules.kind_rules);
  const bool allowed = std::ranges::find(rules.login_kinds, kind) != rules.login_kinds.end();
  if (!allowed)
    return {x509::refusal_for(kind), fmt::format("certificate of kind {}", x509::name_of(kind)), {}};
  const path::PathPolicy policy{
      .initial_policies = x509::policies_of(kind, rules.kind_rules), .explicit_policy = true, .kind = kind};
  const auto path = path::validate_path(certificate, rules.intermediates, rules.anchors, policy, when);
  if (!path) return {path.error().verdict, path.error().clause, {}};
  const auto generations = in_force(rules.anchors, kind, when);
  const bool newest = !generations.empty() && generations.back() == path->anchor().name;
  return {Verdict::kAccepted, {}, path->anchor().name, !newest};
}

// Lower is better.
int rank(const Fate& fate) {
  if (fate.verdict == Verdict::kAccepted) return fate.old_generation ? 1 : 0;
  return fate.verdict == Verdict::kAnchorRetired ? 2 : 3;
}

}  // namespace

Expected<std::vector<FleetMember>, std::string> read_fleet(const std::string& path) {
  Members members;
  std::error_code ignored;
  const bool directory = std::filesystem::is_directory(path, ignored);
  if (auto read = directory ? read_directory(path, members) : read_list(path, members); !read)
    return Unexpected{read.error()};
  if (members.empty())
    return Unexpected{path + ": contains no certificates; for the format, run: jpkictl anchor check --help"};
  std::vector<FleetMember> fleet;
  for (auto& [account, certificates] : members) fleet.push_back({account, std::move(certificates)});
  return fleet;
}

Fate fate_of(const FleetMember& member, const FleetRules& rules, Time when) {
  std::optional<Fate> best;
  for (const x509::Certificate& certificate : member.certificates) {
    Fate fate = fate_of(certificate, rules, when);
    if (!best || rank(fate) < rank(*best)) best = std::move(fate);
  }
  return best.value_or(Fate{Verdict::kNoLoginCertificate, "no certificate", {}});
}

}  // namespace jpki::ctl
