// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/directory_lock.h"
#include "jpkictl/doctor/file_text.h"
#include "jpkictl/interruption.h"
#include "jpkictl/setup/commands.h"
#include "jpkictl/setup/difference.h"
#include "jpkictl/setup/lock.h"
#include "jpkictl/setup/outcome.h"
#include "jpkictl/setup/services.h"
#include "jpkictl/setup/undo_units.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>

#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

// What was not answered on the command line; Enter leaves it as it is. Words that are none of these do as
// well.
void ask_for(Answers& answers, const Context& context) {
  const auto ask = [&](const char* question) { return context.ask(say(question)).value_or(""); };
  if (!answers.profile) {
    const std::string word =
        ask(N_("Who logs in? or-password: card, or password without one; exclusive: cards "
               "only, root by password; Enter: as it is now: "));
    if (word == "or-password") answers.profile = Profile::kOrPassword;
    if (word == "exclusive") answers.profile = Profile::kExclusive;
  }
  if (answers.mapping.empty()) {
    const std::string word = ask(
        N_("Where are cards registered? local: on this computer; ad: in Active Directory; Enter: as it is "
           "now: "));
    if (word == "local" || word == "ad") answers.mapping = word;
  }
  if (answers.mapping == "ad" && answers.realm.empty())
    answers.realm = ask(N_("The domain, like ad.city.example.jp; Enter: as it is now: "));
  if (answers.removal.empty()) {
    const std::string word =
        ask(N_("When the card is taken away? lock, logoff or none; Enter: as it is now: "));
    if (word == "lock" || word == "logoff" || word == "none") answers.removal = word;
  }
}

// The services as they would be, judged.
Services judge_planned(const Plan& plan, bool exclusive) {
  std::map<std::string, std::string> planned;
  for (const Change& change : plan.changes)
    if (change.path.starts_with("/etc/pam.d/")) planned[change.path] = change.after.content;
  for (const Change& change : plan.changes)  // which file a service is
    if (change.after.kind == FileState::Kind::kLink && change.after.content.starts_with("/etc/pam.d/"))
      planned["/etc/pam.d" + change.path.substr(change.path.rfind('/'))] =
          doctor::text_of_file(change.after.content);
  return planned.empty() ? Services{} : judge_services(PamFiles("", planned), {}, exclusive);
}

std::string text_of(const Plan& plan, const Services& services) {
  std::string text;
  for (const Change& change : plan.changes) {
    if (change.after.kind == FileState::Kind::kDirectory)
      text += say(N_("new directory {path}"), {{"{path}", change.path}}) + "\n";
    else
      text += difference_of(change);
  }
  for (const UnitChange& unit : plan.units)
    text += (unit.enabled ? say(N_("enable and start {unit}"), {{"{unit}", unit.unit}})
                          : say(N_("disable and stop {unit}"), {{"{unit}", unit.unit}})) +
            "\n";
  for (const Said& said : services.said)
    if (said.severity != Severity::kNote) text += say(N_("WARNING")) + "  " + sentence_of(said) + "\n";
  return text;
}

Json json_of(const Plan& plan, const Services& services, const char* result) {
  Json json{
      {"result", result}, {"changes", Json::array()}, {"units", Json::array()}, {"rulings", Json::array()}};
  for (const Change& change : plan.changes)
    json["changes"].push_back({{"path", change.path}, {"difference", difference_of(change)}});
  for (const UnitChange& unit : plan.units)
    json["units"].push_back({{"unit", unit.unit}, {"enabled", unit.enabled}});
  for (const Said& said : services.said) json["rulings"].push_back(setup::json_of(said));
  return json;
}

Journal journal_of(const Plan& plan, const ApplyOptions& options, const Context& context) {
  return {.armed = boot_time(),
          .wait = std::chrono::minutes(options.minutes),
          .applied = context.now,
          .changes = plan.changes,
          .units = plan.units};
}

// Back to where it was, in the same breath.
Trouble take_back(const Journal& journal, std::string why) {
  RollBack back = roll_back(kJournalDirectory, journal);
  undo_units(journal);
  if (back.failed.empty()) {
    if (auto ended = end_journal(kJournalDirectory); !ended) why += "; " + ended.error();
    stop_timer();
    return could_not(why + "; " + say(N_("everything is as it was before")));
  }
  for (const std::string& failed : back.failed) why += "; " + failed;
  return could_not(why + "; " + say(N_("run: jpkictl setup rollback")));
}

Expected<Unit, Trouble> carry_out(const Journal& journal, bool without_timer) {
  const HeldSignals whole;
  if (auto written = write_journal(kJournalDirectory, journal); !written)
    return Unexpected{could_not(written.error())};
  if (!without_timer && !start_timer())
    return Unexpected{take_back(
        journal,
        say(N_("systemd does not start jpki-setup-rollback.timer, so nothing would go back by itself; "
               "to go on without it, add --without-timer")))};
  if (auto made = make_changes(journal); !made) return Unexpected{take_back(journal, made.error())};
  for (const UnitChange& unit : journal.units)
    if (!set_unit(unit.unit, unit.enabled, unit.enabled, true))
      return Unexpected{take_back(journal, say(N_("systemd refuses: {unit}"), {{"{unit}", unit.unit}}))};
  return Unit{};
}

// Nobody else is at it, and nothing waits.
Expected<UniqueFd, Trouble> begin() {
  auto lock = lock_journal();
  if (!lock) return Unexpected{lock.error()};
  const auto waiting = read_journal(kJournalDirectory);
  if (!waiting) return Unexpected{could_not(waiting.error())};
  if (*waiting)
    return Unexpected{refused(say(N_(
        "an earlier setup waits to be confirmed; run: jpkictl setup confirm, or jpkictl setup rollback")))};
  return std::move(*lock);
}

void tell_what_next(const ApplyOptions& options, const Context& context) {
  const std::string minutes = std::to_string(options.minutes);
  const char* const text =
      options.without_timer
          ? N_("Done. Nothing goes back by itself; \"jpkictl setup rollback\" takes it back.\nKeep this "
               "terminal "
               "open. Log in by card at another one, stay logged in there, and then run here: jpkictl setup "
               "confirm\n")
          : N_("Done. In {minutes} minutes, and when this computer starts anew, everything goes back by "
               "itself.\n"
               "Keep this terminal open. Log in by card at another one, stay logged in there, and then run "
               "here: "
               "jpkictl setup confirm\n");
  context.print(say(text, {{"{minutes}", minutes}}));
}

}  // namespace

ExitStatus apply(const ApplyOptions& given, const Context& context) {
  ApplyOptions options = given;
  if (::geteuid() != 0) return tell(could_not(say(N_("run it as root"))), context);
  std::optional<UniqueFd> lock;
  if (!options.dry_run) {
    auto begun = begin();
    if (!begun) return tell(begun.error(), context);
    lock = std::move(*begun);
  }
  if (!options.yes && !options.dry_run && !context.json && has_terminal()) ask_for(options.answers, context);
  if (!options.answers.any())
    return context.wrong_usage("nothing is to be set up; see: jpkictl setup apply --help");
  const auto present = look_around(options.answers);
  if (!present) return tell(could_not(present.error()), context);
  const auto planned = plan(options.answers, *present);
  if (!planned) return tell(planned.error(), context);
  const bool exclusive = options.answers.profile == Profile::kExclusive;
  const Services services = judge_planned(*planned, exclusive);
  const bool nothing = planned->changes.empty() && planned->units.empty();
  if (!context.json)
    context.print(nothing ? say(N_("everything is so already; nothing is to be changed")) + "\n"
                          : for_terminal(text_of(*planned, services), Lines::kSeveral));
  if (const auto good = nothing ? Unit{} : judge_outcome(*planned, options.answers, present->files, context);
      !good)
    return tell(good.error(), context);
  if (nothing || options.dry_run) {
    if (context.json)
      context.print(print_json(json_of(*planned, services, nothing ? "nothing" : "would-apply")));
    return ExitStatus::kGood;
  }
  if (auto sure = confirm_change(say(N_("Make these changes? Type yes or no: ")), options.yes, context);
      !sure)
    return tell(sure.error(), context);
  if (auto done = carry_out(journal_of(*planned, options, context), options.without_timer); !done)
    return tell(done.error(), context);
  if (context.json)
    context.print(print_json(json_of(*planned, services, "applied")));
  else
    tell_what_next(options, context);
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::setup
