// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_commands.h"
#include "jpkictl/anchor_files.h"
#include "jpkictl/fleet.h"
#include "jpkictl/generations.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "validator/config/config.h"
#include "validator/trust/certificate_file.h"
#include "validator/x509/public_key.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

// What a login will miss, one line each.
std::string consequences(const std::string& name, const trust::TrustStore& anchors,
                         const std::vector<x509::Kind>& login_kinds, Time now) {
  if (anchors.size() == 1)
    return "It is the last anchor: nobody will be able to log in by card (JPKI-602).\n";
  const auto found = std::ranges::find(anchors, name, &trust::Anchor::name);
  if (found == anchors.end()) return {};
  std::string text;
  if (found->serves(trust::Function::kLogin) && trust::twin_of(*found, anchors) == nullptr)
    text += "Every card issued below it stops working at once (JPKI-302).\n";
  for (const x509::Kind kind : login_kinds) {
    const auto left = in_force(anchors, kind, now);
    if (left != std::vector<std::string>{name}) continue;
    text += fmt::format(
        "It is the last anchor in force for {}: all cards of this kind stop working (JPKI-302).\n",
        x509::name_of(kind));
  }
  for (const trust::Function function : found->functions) {
    const auto serves = [&](const trust::Anchor& other) {
      return &other != &*found && other.serves(function);
    };
    if (std::ranges::none_of(anchors, serves))
      text += fmt::format("It is the last anchor with the function {}.\n", trust::name_of(function));
  }
  return text;
}

// All generations of a CA have one name, and publish link certificates ("old key signed by new"). Only as an
// anchor is the old key known to be one, and kept within its window (R3).
bool has_other_generation(const std::string& name, const trust::TrustStore& anchors) {
  const auto removed = std::ranges::find(anchors, name, &trust::Anchor::name);
  if (removed == anchors.end()) return false;
  const x509::Certificate& own = removed->certificate;
  bool other_generation = false;
  for (const trust::Anchor& other : anchors) {
    const x509::Certificate& certificate = other.certificate;
    if (&other == &*removed || !names_equal(certificate.subject(), own.subject())) continue;
    // The key stays an anchor's.
    if (x509::same_public_key(certificate.subject_public_key_info(), own.subject_public_key_info()))
      return false;
    other_generation = true;
  }
  return other_generation;
}

// Whose cards stop, one line each.
Expected<std::string, std::string> losers(const AnchorRemoveOptions& options, const config::Config& config,
                                          const trust::TrustStore& anchors, const Context& context) {
  const auto fleet = read_fleet(options.fleet);
  if (!fleet) return Unexpected{fleet.error()};
  auto others = trust::load_trust_store(config.anchors_directory, context.trust);
  if (!others) return Unexpected{others.error()};
  std::erase_if(*others, [&](const trust::Anchor& anchor) { return anchor.name == options.name; });
  std::vector<std::string> passed_over;
  const auto intermediates =
      trust::load_intermediates(config.intermediates_directory, passed_over, context.trust);
  context.warn(passed_over);
  std::string text;
  std::size_t count = 0;
  for (const FleetMember& member : *fleet) {
    const auto fate = [&](const trust::TrustStore& store) {
      return fate_of(member, {store, intermediates, config.login_kinds, config.kind_rules}, context.now);
    };
    if (fate(anchors).verdict != Verdict::kAccepted) continue;
    const Fate then = fate(*others);
    if (then.verdict == Verdict::kAccepted) continue;
    ++count;
    text += fmt::format("{} {}: {}\n", code_of(then.verdict), member.account, then.clause);
  }
  return text + fmt::format("{} account(s): {} without a working card then\n", fleet->size(), count);
}

}  // namespace

ExitStatus anchor_remove(const AnchorRemoveOptions& options, const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const std::string& directory = config->anchors_directory;
  const std::string file = options.name + ".toml";
  const auto files = list_trusted_directory(directory, ".toml", context.trust);
  if (!files) return context.could_not_tell(files.error().text);
  if (std::ranges::find(*files, file) == files->end())
    return context.could_not_tell(fmt::format(
        "{}/{}: there is no such anchor; to list all anchors, run: jpkictl anchor list", directory, file));

  const auto anchors = trust::load_trust_store(directory, context.trust);
  if (anchors && !options.yes && has_other_generation(options.name, *anchors))
    return context.could_not_tell(
        fmt::format("{}/{}: another generation of this CA remains, and its link certificate would vouch for "
                    "the removed one's cards again; to retire it, set accept_until in this file instead, or "
                    "give --yes to remove it anyway",
                    directory, file));
  std::string question = anchors ? consequences(options.name, *anchors, config->login_kinds, context.now)
                                 : fmt::format("No card login works now: {}\n", anchors.error());
  if (anchors && !options.fleet.empty()) {
    const auto told = losers(options, *config, *anchors, context);
    if (!told) return context.could_not_tell(told.error());
    question += *told;
  }
  const std::string told = question;
  if (options.yes && !context.json) context.print(told);
  question += fmt::format("Remove anchor {}? Type yes: ", options.name);
  if (!options.yes) {
    const auto answer = context.ask(question);
    if (!answer)
      return context.could_not_tell(
          "there is no terminal to ask; give --yes to remove it without a question");
    if (*answer != "yes") {
      (void)context.could_not_tell("nothing was removed");
      return ExitStatus::kBad;
    }
  }
  const HeldSignals whole;
  if (auto removed = remove_anchor(directory, options.name, context.trust); !removed)
    return context.could_not_tell(removed.error());
  if (context.json)
    context.print(print_json({{"result", "removed"}, {"name", options.name}, {"consequences", told}}));
  else
    context.print(fmt::format("anchor {} was removed\n", options.name));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
