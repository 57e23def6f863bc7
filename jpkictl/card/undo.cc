// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/commands.h"
#include "jpkictl/card/journal.h"
#include "jpkictl/interruption.h"
#include "jpkictl/words.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace jpki::ctl::card {
namespace {

struct Undone {
  std::size_t removed = 0;
  std::size_t gone = 0;  // were not there any more
  std::size_t refused = 0;
};

Expected<std::vector<Held>, Trouble> bindings_of(const std::string& file, const Site& site) {
  if (::access(file.c_str(), F_OK) != 0) return Unexpected{could_not(file + ": " + std::strerror(errno))};
  const auto text = read_journal(file);
  if (!text) return Unexpected{could_not(text.error())};
  auto bindings = parse_undo(*text);
  if (!bindings) return Unexpected{could_not(file + bindings.error())};
  const auto other = std::ranges::find_if(
      *bindings, [&](const Held& binding) { return binding.where != site.registry->name(); });
  if (other != bindings->end())
    return Unexpected{
        refused(say(N_("{file} is about {other}, and this would change {registry}"),
                    {{"{file}", file}, {"{other}", other->where}, {"{registry}", site.registry->name()}}))};
  std::ranges::reverse(*bindings);
  return std::move(*bindings);
}

// One that is refused does not keep the others; what could not be told ends it.
Expected<Undone, Trouble> take_back(const std::vector<Held>& bindings, Site& site, const Context& context) {
  Undone undone;
  for (const Held& binding : bindings) {
    const HeldSignals whole;
    const auto removed = site.registry->remove(binding);
    if (!removed && removed.error().status != ExitStatus::kBad) return Unexpected{removed.error()};
    if (!removed) {
      (void)context.could_not_tell(removed.error().text);
      ++undone.refused;
      continue;
    }
    if (*removed == Change::kDone)
      ++undone.removed;
    else
      ++undone.gone;
    if (binding.mapping.starts_with(mapping::kThumbprintPrefix))
      (void)site.copies.remove(binding.account, binding.mapping);
  }
  return undone;
}

// What was undone is not undone again, and the people of the list are asked for anew.
Expected<Unit, Trouble> put_away(const std::string& file) {
  if (file.ends_with(kUndoSuffix)) {
    const std::string state = file.substr(0, file.size() - kUndoSuffix.size()) + std::string(kStateSuffix);
    if (::unlink(state.c_str()) != 0 && errno != ENOENT)
      return Unexpected{could_not(state + ": " + std::strerror(errno))};
  }
  if (::rename(file.c_str(), (file + "ne").c_str()) != 0)  // FILE.undone
    return Unexpected{could_not(file + ": " + std::strerror(errno))};
  return Unit{};
}

}  // namespace

ExitStatus undo(const UndoOptions& options, const Context& context) {
  Json about{{"file", options.file}};
  auto site = open_site(context, options.place, Use::kWrite);
  if (!site) return tell(site.error(), context, about);
  const auto bindings = bindings_of(options.file, *site);
  if (!bindings) return tell(bindings.error(), context, about);
  const std::string count = std::to_string(bindings->size());
  if (options.dry_run) {
    about["result"] = "would-undo";
    about["count"] = bindings->size();
    const auto ldif = site->registry->preview_remove(*bindings);
    if (!ldif) return tell(ldif.error(), context, about);
    return tell_plan(
        say(N_("{count} registration(s) would be taken back; nothing was written"), {{"{count}", count}}) +
            "\n",
        *ldif, std::move(about), context);
  }
  const std::string question =
      say(N_("Take back {count} registration(s)? Type yes or no: "), {{"{count}", count}});
  if (auto sure = confirm_change(question, options.yes, context); !sure)
    return tell(sure.error(), context, about);
  const auto undone = take_back(*bindings, *site, context);
  if (!undone) return tell(undone.error(), context, about);
  if (undone->refused != 0)
    return tell(refused(say(N_("{left} registration(s) could not be taken back, all others are; run the same "
                               "command again when that is mended"),
                            {{"{left}", std::to_string(undone->refused)}})),
                context, about);
  if (auto away = put_away(options.file); !away) return tell(away.error(), context, about);
  about["result"] = "undone";
  about["removed"] = undone->removed;
  about["gone_before"] = undone->gone;
  context.print(context.json ? print_json(about)
                             : say(N_("{removed} registration(s) were taken back; {gone} had gone before"),
                                   {{"{removed}", std::to_string(undone->removed)},
                                    {"{gone}", std::to_string(undone->gone)}}) +
                                   "\n");
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::card
