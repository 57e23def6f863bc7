// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/directory_lock.h"
#include "jpkictl/interruption.h"
#include "jpkictl/setup/commands.h"
#include "jpkictl/setup/lock.h"
#include "jpkictl/setup/machine.h"
#include "jpkictl/setup/proof.h"
#include "jpkictl/setup/undo_units.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

constexpr std::chrono::seconds kPatience{30};

// The journal that waits, while nobody else is at it.
struct Held {
  UniqueFd lock;
  std::optional<Journal> journal;
};

Expected<Held, Trouble> hold() {
  if (::geteuid() != 0) return Unexpected{could_not(say(N_("run it as root")))};
  auto lock = lock_journal();
  if (!lock) return Unexpected{lock.error()};
  auto journal = read_journal(kJournalDirectory);
  if (!journal) return Unexpected{could_not(journal.error())};
  return Held{std::move(*lock), std::move(*journal)};
}

std::string minutes_left(const Journal& journal) {
  return std::to_string((time_left(journal, boot_time()).count() + 59) / 60);
}

Expected<Unit, Trouble> proven(const Journal& journal, const Context& context) {
  const auto records = read_session_records(kSessionRecords, context.trust);
  if (!records)
    return Unexpected{could_not(
        say(N_("whether somebody logged in by card cannot be told: {why}; to confirm all the same, add "
               "--without-login"),
            {{"{why}", records.error().text}}))};
  if (login_since(journal, records->records)) return Unit{};
  return Unexpected{refused(say(N_(
      "nobody who is logged in now has logged in by card since then. Log in by card at another terminal and "
      "stay logged in. Sessions are recorded only where the profile jpki-session is enabled (--removal); "
      "without it, add --without-login when you have tried")))};
}

void tell(const Journal& journal, const RollBack& back, const std::vector<std::string>& units,
          const Context& context) {
  Json json{{"result", back.failed.empty() ? "rolled-back" : "could-not-tell"},
            {"restored", back.restored},
            {"kept", Json::array()},
            {"failed", back.failed}};
  for (const auto& [path, copy] : back.kept) {
    json["kept"].push_back({{"path", path}, {"copy", copy}});
    context.warn({say(N_("{path} had been changed by others since; what they wrote is in {copy}"),
                      {{"{path}", path}, {"{copy}", copy}})});
  }
  for (const std::string& unit : units) json["failed"].push_back(unit);
  for (const auto& failed : json["failed"])
    (void)context.could_not_tell(say(N_("not put back: {what}"), {{"{what}", failed.get<std::string>()}}));
  if (context.json)
    context.print(print_json(json));
  else
    context.print(say(N_("{count} files are as they were before the setup"),
                      {{"{count}", std::to_string(journal.changes.size() - back.failed.size())}}) +
                  "\n");
}

ExitStatus go_back(const Journal& journal, const Context& context) {
  const HeldSignals whole;
  const RollBack back = roll_back(kJournalDirectory, journal);
  const std::vector<std::string> units = undo_units(journal);
  tell(journal, back, units, context);
  if (!back.failed.empty()) return ExitStatus::kCouldNotTell;  // the timer tries again
  if (auto ended = end_journal(kJournalDirectory); !ended) return tell(could_not(ended.error()), context);
  stop_timer();
  return back.kept.empty() && units.empty() ? ExitStatus::kGood : ExitStatus::kBad;
}

ExitStatus say_result(const char* result, const std::string& text, const Context& context) {
  context.print(context.json ? print_json(Json{{"result", result}}) : text + "\n");
  return ExitStatus::kGood;
}

ExitStatus nothing_waits(const Context& context) {
  return say_result("nothing", say(N_("no setup waits to be confirmed")), context);
}

}  // namespace

Expected<UniqueFd, Trouble> lock_journal() {
  if (auto made = put(kJournalDirectory, {FileState::Kind::kDirectory, 0, 0, 0700}); !made)
    return Unexpected{could_not(made.error())};
  auto lock = lock_directory(kJournalDirectory, kPatience);
  if (lock) return std::move(*lock);
  if (lock.error() == EWOULDBLOCK)
    return Unexpected{could_not(say(N_("another jpkictl setup is running; wait for it")))};
  return Unexpected{could_not(std::string(kJournalDirectory) + ": " + std::strerror(lock.error()))};
}

std::vector<std::string> undo_units(const Journal& journal) {
  std::vector<std::string> failed;
  for (auto unit = journal.units.rbegin(); unit != journal.units.rend(); ++unit)
    if (!set_unit(unit->unit, unit->was_enabled, unit->was_active, false)) failed.push_back(unit->unit);
  return failed;
}

ExitStatus confirm(const ConfirmOptions& options, const Context& context) {
  const auto held = hold();
  if (!held) return tell(held.error(), context);
  const auto& journal = held->journal;
  if (!journal) return tell(refused(say(N_("no setup waits to be confirmed"))), context);
  if (is_due(*journal, boot_time()))
    return tell(refused(say(N_("the time is over; what was set up goes back"))), context);
  if (!options.without_login)
    if (auto login = proven(*journal, context); !login) return tell(login.error(), context);
  const HeldSignals whole;
  if (auto ended = end_journal(kJournalDirectory); !ended) return tell(could_not(ended.error()), context);
  stop_timer();
  return say_result("confirmed", say(N_("confirmed: it stays")), context);
}

ExitStatus rollback(const RollbackOptions& options, const Context& context) {
  const auto held = hold();
  if (!held) return tell(held.error(), context);
  const auto& journal = held->journal;
  if (!journal) {
    if (options.due) stop_timer();
    return nothing_waits(context);
  }
  if (options.due) {
    if (!is_due(*journal, boot_time()))
      return say_result("waiting",
                        say(N_("it goes back in {minutes} min"), {{"{minutes}", minutes_left(*journal)}}),
                        context);
  } else if (auto sure =
                 confirm_change(say(N_("Take the setup back? Type yes or no: ")), options.yes, context);
             !sure) {
    return tell(sure.error(), context);
  }
  return go_back(*journal, context);
}

ExitStatus status(const StatusOptions&, const Context& context) {
  const auto held = hold();
  if (!held) return tell(held.error(), context);
  const auto& journal = held->journal;
  if (!journal) return nothing_waits(context);
  const auto records = read_session_records(kSessionRecords, context.trust);
  const bool login = records && login_since(*journal, records->records);
  std::vector<std::string> paths;
  for (const Change& change : journal->changes) paths.push_back(change.path);
  if (context.json) {
    context.print(print_json(Json{{"result", "waiting"},
                                  {"seconds_left", time_left(*journal, boot_time()).count()},
                                  {"applied", time_text(journal->applied)},
                                  {"card_login", login},
                                  {"files", paths}}));
    return ExitStatus::kGood;
  }
  std::string text = say(N_("a setup waits to be confirmed; it goes back in {minutes} min"),
                         {{"{minutes}", minutes_left(*journal)}});
  text += "\n" + say(login ? N_("somebody has logged in by card since then")
                           : N_("nobody who is logged in now has logged in by card since then"));
  for (const std::string& path : paths) text += "\n  " + path;
  context.print(for_terminal(text + "\n", Lines::kSeveral));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl::setup
