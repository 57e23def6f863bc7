// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/guard.h"

#include "validator/card/card_mark.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::guard {
namespace {

bool is_of(const SessionFacts& facts, const SessionRecord& record) {
  return facts.user == record.user && facts.leader == record.leader && facts.since == record.since;
}

}  // namespace

std::string Guard::described(const Known& known) const {
  return fmt::format("session={} uid={} removal={} reader=\"{}\"", known.record.session, known.record.user,
                     config::name_of(policy_.removal), known.record.reader);
}

// Begins to watch the session, if logind knows it.
void Guard::adopt(Known& known, Moment now) {
  const auto facts = manager_.facts(known.record.session);
  known.retry = facts ? std::nullopt : std::optional(now + kRetry);
  if (!facts) {
    hands_.log(LogLevel::kError, described(known) + ": cannot be watched yet: " + facts.error());
    return;
  }
  if (!*facts || !is_of(**facts, known.record)) return;
  known.watched = true;
  known.locked = (*facts)->locked;
  if (known.locked) note_lock(known, now);  // maybe for longer: who waits for it has to wait a little more
  known.console = (*facts)->graphical ? std::string() : (*facts)->terminal;
  hands_.log(LogLevel::kInfo, described(known) + ": watched");
  perform(watch_.opened({.id = known.record.session,
                         .reader = known.record.reader,
                         .lockable = (*facts)->graphical,
                         .locked = (*facts)->locked},
                        known.fresh, now),
          now);
}

void Guard::note_lock(const Known& known, std::optional<Moment> locked) {
  hands_.note_lock(known.record.session, known.record.since, locked);
}

void Guard::records(const std::vector<SessionRecord>& records, Moment now) {
  std::map<std::string, const SessionRecord*> present;
  for (const SessionRecord& record : records)
    if (!record.session.empty()) present.emplace(record.session, &record);
  std::erase_if(sessions_, [&](const auto& entry) {
    const auto found = present.find(entry.first);
    const bool gone = found == present.end() || *found->second != entry.second.record;
    if (gone) {
      watch_.closed(entry.first);
      note_lock(entry.second, std::nullopt);
    }
    return gone;
  });
  for (const auto& [id, record] : present)
    if (!sessions_.contains(id)) sessions_[id] = {.record = *record, .fresh = begun_};
  begun_ = true;
  for (auto& [id, known] : sessions_)
    if (!known.watched) adopt(known, now);
}

void Guard::readers(std::optional<std::vector<Reader>> readers, Moment now) {
  perform(watch_.readers(std::move(readers), now), now);
}

void Guard::certificate_read(const std::string& session, const std::optional<Blob>& certificate, Moment now) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  const SessionRecord& record = known->second.record;
  const bool same = certificate && card::card_mark(record.key, *certificate) == record.mark;
  hands_.log(LogLevel::kInfo,
             described(known->second) + (same          ? ": its card is in the reader"
                                         : certificate ? ": another card is in the reader"
                                                       : ": the card in the reader cannot be read"));
  perform(watch_.proven(session, same, now), now);
}

// `was_locked`: meanwhile, and was told.
void Guard::look_at(Known& known, bool was_locked, Moment now) {
  if (!known.watched) return adopt(known, now);
  const std::string& id = known.record.session;
  const auto facts = manager_.facts(id);
  known.retry = facts ? std::nullopt : std::optional(now + kRetry);
  if (!facts) return;
  watch_.answers(id);
  if (!*facts || !is_of(**facts, known.record)) {
    watch_.closed(id);
    note_lock(known, std::nullopt);
    known.watched = false;
    return;
  }
  const bool locked = (*facts)->locked;
  if (locked || was_locked) known.hint_lost = false;
  if (known.locked != locked && !known.hint_lost) {
    note_lock(known, locked ? std::optional(now) : std::nullopt);
    hands_.log(LogLevel::kInfo,
               described(known) + (locked ? ": its screen is locked" : ": its screen is open"));
    known.locked = locked;
  }
  const bool again = !locked && was_locked;
  perform(again ? watch_.opened_again(id, now) : watch_.locked(id, locked, now), now);
}

void Guard::sessions_changed(const std::set<std::string>& were_locked, Moment now) {
  for (auto& [id, known] : sessions_) look_at(known, were_locked.contains(id), now);
}

void Guard::manager_began_anew(Moment now) {
  for (auto& [id, known] : sessions_) {
    known.hint_lost = known.locked;
    watch_.hint_lost(id, now);
  }
}

void Guard::resumed(Moment now) {
  perform(watch_.resumed(now), now);
}

void Guard::passed(Moment now) {
  for (auto& [id, known] : sessions_)
    if (known.retry && *known.retry <= now) look_at(known, false, now);
  perform(watch_.passed(now), now);
}

std::optional<Moment> Guard::next() const {
  auto first = watch_.next();
  for (const auto& [id, known] : sessions_)
    if (known.retry) first = first ? std::min(*first, *known.retry) : known.retry;
  return first;
}

void Guard::perform(const Actions& actions, Moment now) {
  for (const Action& action : actions) {
    const auto known = sessions_.find(action.session);
    if (known == sessions_.end()) continue;
    switch (action.what) {
      case Action::What::kProve:
        hands_.read_certificate(action.session, action.reader);
        break;
      case Action::What::kWarn:
        hands_.log(LogLevel::kNotice,
                   fmt::format("{}: {}; {} in {} s", described(known->second), name_of(action.why),
                               config::name_of(policy_.removal), policy_.grace.count()));
        warn(known->second);
        break;
      case Action::What::kLock:
      case Action::What::kTerminate:
        if (!act(action, known->second, now)) watch_.not_done(action.session, now);
        break;
    }
  }
}

// No desktop can be told by a process of another user; its screen is what it sees.
void Guard::warn(const Known& known) {
  if (known.console.empty()) return;
  const std::string when =
      policy_.grace.count() == 0
          ? std::string("now")
          : fmt::format("in {} seconds unless the same card is put back", policy_.grace.count());
  hands_.tell(known.console, known.record.user,
              fmt::format("Your card is not in its reader. This session ends {}.", when));
}

// False: it cannot be told whether this still is the session.
bool Guard::act(const Action& action, const Known& known, Moment now) {
  const auto facts = manager_.facts(known.record.session);
  if (!facts) {
    hands_.log(LogLevel::kError, described(known) + ": nothing can be done yet: " + facts.error());
    return false;
  }
  if (!*facts || !is_of(**facts, known.record)) return true;
  if (action.lock_failed && (*facts)->locked) {  // its signal is still under way
    watch_.not_done(action.session, now);
    perform(watch_.locked(action.session, true, now), now);
    return true;  // Watch knows already that it was not done
  }
  const bool lock = action.what == Action::What::kLock;
  hands_.log(LogLevel::kNotice,
             fmt::format("{}: {}: {}{}; {} ms after that was seen", described(known),
                         lock ? "locked" : "ended", name_of(action.why),
                         action.lock_failed ? "; the lock was not obeyed" : "", action.after.count()));
  lock ? manager_.lock(known.record.session) : manager_.terminate(known.record.session);
  return true;
}

}  // namespace jpki::guard
