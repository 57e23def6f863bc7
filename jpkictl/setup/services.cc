// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/services.h"

#include "jpkictl/words.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace jpki::ctl::setup {
namespace {

std::string text_of(const pam::Place& place) {
  return place.file + ":" + std::to_string(place.line);
}

bool asks_for_password(const pam::Service& service) {
  return std::ranges::any_of(service.of(pam::Facility::kAuth),
                             [](const pam::Step& step) { return role_of(step) == Role::kPassword; });
}

const char* msgid_of(Ruling ruling) {
  switch (ruling) {
    case Ruling::kOpen:
      return N_("{place}: lets in people who have neither a card nor a password ({word})");
    case Ruling::kPassword:
      return N_("{place}: lets people in by password, without a card ({word})");
    case Ruling::kPresenceAlone:
      return N_("{place}: lets in whoever stands there while the card lies on the reader");
    case Ruling::kNobody:
      return N_("{place}: keeps everybody out, even with card, PIN and password ({word})");
    case Ruling::kRootKeptOut:
      return N_("{word}: root does not get in with its password");
    case Ruling::kSecondTry:
      return N_("{place}: asks for the PIN again after a wrong one; that costs a second try");
    case Ruling::kPasswordAsPin:
      return N_(
          "{place}: sends the card as PIN what was typed as a password (use_first_pass); that costs a try");
    case Ruling::kPasswordMayBePin:
      return N_("{place}: a mistyped password of four digits is sent to the card as PIN (try_first_pass)");
    case Ruling::kRefusalPassed:
      return N_("{place}: people whose card or PIN was refused go on to the password");
    case Ruling::kAccountNotJudged:
      return N_("{place}: accounts that may not be used get in; this line does not decide");
    case Ruling::kUnknownModule:
      return N_("{place}: whoever satisfies {word}, which is not known here, gets in without a card");
    case Ruling::kUnreadable:
      return N_("{place}: libpam cannot read \"{word}\"; the line fails for everybody");
    case Ruling::kNoFile:
      return N_("{place}: there is no file \"{word}\" to include; the line fails for everybody");
    case Ruling::kNoModule:
      return N_("{place}: {word} is not installed; the line fails for everybody");
    case Ruling::kBadJump:
      return N_("{place}: jumps past the end; that fails");
    case Ruling::kTooManyWays:
      return N_("{word}: its lines can go too many ways to be judged");
  }
  return "";
}

// Names of files that others include: no services of their own.
std::set<std::string> included(const std::map<std::string, pam::Service>& services) {
  std::set<std::string> paths;
  for (const auto& [name, service] : services)
    for (std::size_t i = 1; i < service.files.size(); ++i) paths.insert(service.files[i]);
  std::set<std::string> names;
  for (const std::string& path : paths) names.insert(path.substr(path.rfind('/') + 1));
  return names;
}

}  // namespace

Services judge_services(const PamFiles& files, const std::vector<std::string>& names, bool exclusive) {
  const auto read = [&](const std::string& name) { return files.read(name); };
  std::map<std::string, pam::Service> loaded;
  for (const std::string& name : names.empty() ? files.names() : names)
    loaded.emplace(name, pam::load_service(name, read));
  Services result;
  if (names.empty()) {
    const auto fragments = included(loaded);
    std::erase_if(loaded, [&](const auto& one) {
      const auto& [name, service] = one;
      return fragments.contains(name) || !(names_card(service) || (exclusive && asks_for_password(service)));
    });
  }
  std::map<std::tuple<pam::Place, Ruling, std::string>, Said> said;
  for (const auto& [name, service] : loaded) {
    if (!files.read(name)) {
      result.missing.push_back(name);
      continue;
    }
    result.judged.push_back(name);
    for (Judgement& judgement :
         judge(service, [&](const std::string& module) { return files.installed(module); })) {
      const std::string which = judgement.place.line == 0 ? name : std::string();
      const Severity severity = severity_of(judgement.ruling, exclusive);
      auto& one = said.try_emplace({judgement.place, judgement.ruling, which}, Said{judgement, severity, {}})
                      .first->second;
      one.services.push_back(name);
    }
  }
  for (auto& [key, one] : said) result.said.push_back(std::move(one));
  std::ranges::stable_sort(result.said, std::ranges::greater(), &Said::severity);
  return result;
}

std::string sentence_of(const Said& said) {
  const Judgement& one = said.judgement;
  const std::string place = one.place.line == 0 ? one.word : text_of(one.place);
  std::string text = say(msgid_of(one.ruling), {{"{place}", place}, {"{word}", one.word}});
  if (one.because)
    text += say(N_("; {place} refuses before, and is passed over"), {{"{place}", text_of(*one.because)}});
  return text;
}

Json json_of(const Said& said) {
  const Judgement& one = said.judgement;
  Json json{{"ruling", name_of(one.ruling)}, {"severity", name_of(said.severity)}};
  json["file"] = one.place.line == 0 ? Json(nullptr) : Json(one.place.file);
  json["line"] = one.place.line;
  json["word"] = one.word;
  json["passed_over"] = one.because ? Json(text_of(*one.because)) : Json(nullptr);
  json["services"] = said.services;
  return json;
}

std::string_view name_of(Severity severity) noexcept {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kCouldNotTell:
      return "could-not-tell";
    case Severity::kBad:
      return "bad";
  }
  return {};
}

}  // namespace jpki::ctl::setup
