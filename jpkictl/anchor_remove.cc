// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_commands.h"
#include "jpkictl/anchor_files.h"
#include "jpkictl/generations.h"
#include "validator/config/config.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

// What a login will miss, one line each.
std::string consequences(const std::string& name, const trust::TrustStore& anchors,
                         const std::vector<x509::Kind>& login_kinds, Time now) {
  if (anchors.size() == 1) return "It is the last anchor: nobody will log in by card (JPKI-602).\n";
  const auto found = std::ranges::find(anchors, name, &trust::Anchor::name);
  if (found == anchors.end()) return {};
  std::string text;
  for (const x509::Kind kind : login_kinds) {
    const auto left = in_force(anchors, kind, now);
    if (left != std::vector<std::string>{name}) continue;
    text += fmt::format("It is the last anchor in force for {}: all cards of this kind stop (JPKI-302).\n",
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

}  // namespace

ExitStatus anchor_remove(const AnchorRemoveOptions& options, const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const std::string& directory = config->anchors_directory;
  const std::string file = options.name + ".toml";
  const auto files = list_trusted_directory(directory, ".toml", context.trust);
  if (!files) return context.could_not_tell(files.error().text);
  if (std::ranges::find(*files, file) == files->end())
    return context.could_not_tell(
        fmt::format("{}/{}: there is no such anchor; jpkictl anchor list shows all", directory, file));

  const auto anchors = trust::load_trust_store(directory, context.trust);
  std::string question = anchors ? consequences(options.name, *anchors, config->login_kinds, context.now)
                                 : fmt::format("No login works now: {}\n", anchors.error());
  question += fmt::format("Remove anchor {}? Type yes: ", options.name);
  if (!options.yes) {
    const auto answer = context.ask(question);
    if (!answer)
      return context.could_not_tell("no terminal to ask; give --yes to remove it without a question");
    if (*answer != "yes") return context.could_not_tell("nothing was removed");
  }
  if (auto removed = remove_anchor(directory, options.name, context.trust); !removed)
    return context.could_not_tell(removed.error());
  context.print(fmt::format("anchor {} was removed\n", options.name));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
