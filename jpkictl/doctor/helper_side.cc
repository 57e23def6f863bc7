// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/helper_side.h"

#include "jpkictl/directory_check.h"
#include "jpkictl/doctor/program_output.h"
#include "jpkictl/json.h"
#include "jpkictl/validation.h"
#include "nss_ad/config/ad_config.h"
#include "pkcs11/applet.h"
#include "pkcs11/pcsc.h"
#include "validator/card/card_service.h"
#include "validator/config/config.h"
#include "validator/self_check.h"
#include "validator/trust/certificate_file.h"
#include "validator/x509/classify.h"

#include <algorithm>
#include <array>
#include <sstream>

#include <unistd.h>

namespace jpki::ctl::doctor {
namespace {

using Write = std::function<void(const std::string&)>;
using Card = CardFacts::Card;
using Service = CardFacts::Service;

constexpr std::chrono::seconds kForCard{12};
constexpr std::chrono::seconds kForCheck{60};

// A line for each thing that is known: what comes after a hang is not there.
void tell(const Write& write, const Json& json) {
  write(json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

std::vector<Json> told(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (Json json = Json::parse(line, nullptr, false); json.is_object()) lines.push_back(std::move(json));
  return lines;
}

// As a login judges the path; an error of the installation is told by other links.
std::optional<Verdict> judge_path(const Blob& der, const Context& context) {
  auto certificate = x509::Certificate::decode(der);
  if (!certificate) return Verdict::kCertificateMalformed;
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return std::nullopt;
  auto anchors = trust::load_trust_store(config->anchors_directory, context.trust);
  if (!anchors) return std::nullopt;
  std::vector<std::string> problems;
  ValidationRequest request{.certificate = std::move(*certificate)};
  request.untrusted = trust::load_intermediates(config->intermediates_directory, problems, context.trust);
  request.anchors = std::move(*anchors);
  request.kind_rules = config->kind_rules;
  request.login_kinds = config->login_kinds;
  request.policy.kind = x509::classify(request.certificate, request.kind_rules);
  request.policy.initial_policies = x509::policies_of(*request.policy.kind, request.kind_rules);
  request.policy.explicit_policy = true;
  request.revocation = Revocation::kNotAsked;
  request.when = context.now;
  return validate(request).verdict;
}

Card meaning(pkcs11::Trouble trouble) {
  switch (trouble) {
    case pkcs11::Trouble::kBusy:
      return Card::kHeldByOther;
    case pkcs11::Trouble::kNotRecognised:
      return Card::kOther;
    case pkcs11::Trouble::kNoService:
    case pkcs11::Trouble::kNoReader:
    case pkcs11::Trouble::kNoCard:
    case pkcs11::Trouble::kPinNeeded:
    case pkcs11::Trouble::kCardError:
      break;
  }
  return Card::kSilent;
}

void ask_applet(pkcs11::Card& card, const Context& context, const Write& write) {
  pkcs11::Findings findings;
  auto applet = pkcs11::Applet::select(card, findings);
  if (!applet) return tell(write, {{"card", meaning(applet.error())}});
  tell(write, {{"card", Card::kMyNumber}});
  if (const auto tries = applet->tries_left()) tell(write, {{"tries", *tries}});
  const auto certificate = applet->certificate();
  if (!certificate || certificate->empty()) return;
  if (const auto verdict = judge_path(*certificate, context))
    tell(write, {{"certificate", static_cast<std::uint16_t>(*verdict)}});
}

void ask_reader(const std::string& name, const Context& context, const Write& write) {
  tell(write, {{"card", Card::kSilent}});  // until it answers
  pkcs11::PcscReaders readers;
  auto card = readers.connect(name);
  if (!card) return tell(write, {{"card", meaning(card.error())}});
  if (const auto began = (*card)->begin(); !began) return tell(write, {{"card", meaning(began.error())}});
  ask_applet(**card, context, write);
  (*card)->end(pkcs11::Leave::kAsItIs);
}

void ask_card_service(const Context& context, const Write& write) {
  if (::geteuid() == 0 && context.become_helper)
    if (const auto became = context.become_helper(); !became)
      return tell(write, {{"service", Service::kNotAsked}, {"says", became.error()}});
  tell(write, {{"service", Service::kSilent}});  // until it answers
  const auto service = card::CardService::connect();
  if (!service) return tell(write, {{"service", Service::kDown}, {"says", service.error().cause}});
  const auto readers = service->readers();
  if (!readers && readers.error().verdict == Verdict::kCardServiceDown)
    return tell(write, {{"service", Service::kDown}, {"says", readers.error().cause}});
  tell(write, {{"service", Service::kAnswers}, {"readers", readers ? readers->size() : 0}});
  if (!readers) return;
  if (std::ranges::any_of(*readers, &card::CardService::Reader::held_by_other))
    return tell(write, {{"card", Card::kHeldByOther}});
  const auto found = std::ranges::find_if(*readers, &card::CardService::Reader::holds_card);
  if (found != readers->end()) ask_reader(found->name, context, write);
}

// The constant of check_report.h with that text.
std::string_view subject_named(const std::string& name) {
  static constexpr std::array kAll{
      subject::kIdentity,
      subject::kOpenscConf,
      subject::kConfiguration,
      subject::kAnchors,
      subject::kWindows,
      subject::kAccounts,
      subject::kBindings,
      subject::kCrlIndex,
      subject::kCrlAge,
      subject::kModules,
      subject::kSiteKey,
      subject::kSources,
      subject::kAuxiliary,
      subject::kTlsAnchors,
      subject::kRevokedMemory,
      subject::kSnapshots,
      subject::kSnapshotAge,
      subject::kAccountRules,
      subject::kDirectoryConfiguration,
  };
  const auto found = std::ranges::find(kAll, name);
  return found == kAll.end() ? std::string_view() : *found;
}

void run_check(const Context& context, Modules modules, const Write& write) {
  CheckReport report;
  self_check(context.config_file, context.now, report, modules);
  check_directory({ad::config::kDefaultConfigFile, JPKI_STATEDIR "/ad", context.trust.owner}, context.now,
                  report);
  for (const CheckReport::Line& line : report.lines())
    tell(write, {{"kind", line.kind},
                 {"verdict", static_cast<std::uint16_t>(line.verdict)},
                 {"text", line.text},
                 {"subject", std::string(line.subject)}});
}

}  // namespace

CardFacts ask_card(const Context& context) {
  const Written written = in_a_child([&](const Write& write) { ask_card_service(context, write); }, kForCard);
  CardFacts facts;
  for (const Json& line : told(written.text)) {
    facts.service = line.value("service", facts.service);
    facts.service_says = line.value("says", facts.service_says);
    facts.readers = line.value("readers", facts.readers);
    facts.card = line.value("card", facts.card);
    if (line.contains("tries")) facts.tries_left = line["tries"].get<unsigned>();
    if (line.contains("certificate"))
      facts.certificate = verdict_from(line["certificate"].get<std::uint16_t>());
  }
  return facts;
}

void ask_check(const Context& context, Facts& facts) {
  if (!facts.root) return;
  const bool card_service_hangs = facts.card.service == Service::kSilent;
  const Modules modules = card_service_hangs ? Modules::kLeftOut : Modules::kLoaded;
  const Written written =
      in_a_child([&](const Write& write) { run_check(context, modules, write); }, kForCheck);
  if (!written.ended) {
    facts.check_problem = "the check took too long, or died";
    return;
  }
  auto& lines = facts.check.emplace();
  for (const Json& line : told(written.text))
    lines.push_back({line["kind"].get<CheckReport::Line::Kind>(),
                     verdict_from(line["verdict"].get<std::uint16_t>()).value_or(Verdict::kInternal),
                     line["text"].get<std::string>(), subject_named(line["subject"].get<std::string>())});
}

}  // namespace jpki::ctl::doctor
