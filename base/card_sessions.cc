// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/card_sessions.h"

#include "base/lock_note.h"
#include "base/session_record.h"

#include <algorithm>

namespace jpki {
namespace {

bool is_of(const SessionRecord& record, const Session& session) {
  return record.session == session.id && record.user == session.user && record.leader == session.leader &&
         record.since == session.since && session.since != 0;
}

// Of a person, not of a greeter or a service manager; one that is ending is not unlocked any more.
bool is_open(const Session& session, uid_t user) {
  return session.user == user && !session.closing && session.session_class.starts_with("user");
}

CardSession told(const SessionRecord& record, const char* lock_notes) {
  CardSession session{.boot = record.boot,
                      .login = record.login,
                      .up_ms = record.up_ms,
                      .factors = record.factors,
                      .key = record.key,
                      .mark = record.mark};
  const auto note = record.session.empty() ? std::nullopt : read_lock_note(lock_notes, record.session);
  if (note && note->since == record.since) session.locked_up_ms = note->up_ms;
  return session;
}

// Records and sessions, read once.
class Gathering {
 public:
  explicit Gathering(const CardSessionSources& sources)
      : sources_(sources),
        facts_(read_process_facts(sources.place)),
        records_(read_session_records(sources.records, {.owner = sources.place.owner})) {}

  // Of the process; nothing: the system does not tell.
  const Session* own() const {
    const auto found = std::ranges::find(facts_.sessions, facts_.session, &Session::id);
    return found != facts_.sessions.end() && is_open(*found, found->user) ? &*found : nullptr;
  }
  std::optional<uid_t> user() const { return facts_.user; }
  std::vector<const Session*> all(uid_t user) const {
    std::vector<const Session*> open;
    for (const Session& session : facts_.sessions)
      if (is_open(session, user)) open.push_back(&session);
    return open;
  }
  const SessionRecord* record_of(const Session& session) const {
    if (!records_) return nullptr;
    const auto found = std::ranges::find_if(
        records_->records, [&](const SessionRecord& record) { return is_of(record, session); });
    return found == records_->records.end() ? nullptr : &*found;
  }
  CardSession told_of(const SessionRecord& record) const { return told(record, sources_.lock_notes); }

  // Of the process or of `user` there is one whose card cannot be told.
  bool doubts(uid_t user) const {
    return std::ranges::any_of(facts_.sessions, [&](const Session& session) {
      return session.doubtful && (session.id == facts_.session || session.user == user);
    });
  }

  // No directory: nothing is recorded on this machine. A damaged record may be anybody's.
  bool known() const {
    return records_ ? records_->problems.empty() : records_.error().reason == FileError::Reason::kMissing;
  }

 private:
  const CardSessionSources& sources_;
  PlaceFacts facts_;
  Expected<SessionRecords, FileError> records_;
};

CardSessions bounded(CardSessions found) {
  if (found.sessions.size() > kMostCardSessions) return {.sessions = {}, .known = false};
  return found;
}

}  // namespace

CardSessions sessions_to_unlock(const CardSessionSources& sources, uid_t user) {
  const Gathering gathering(sources);
  const Session* const own = gathering.own();
  CardSessions found;
  // A program in somebody else's session unlocks what is this user's, whatever that is.
  const bool told = own != nullptr && own->user == user;
  for (const Session* session : told ? std::vector{own} : gathering.all(user)) {
    const SessionRecord* const record = gathering.record_of(*session);
    found.sessions.push_back(record != nullptr ? gathering.told_of(*record) : CardSession{});
  }
  return bounded(std::move(found));
}

CardSessions session_cards(const CardSessionSources& sources, uid_t user) {
  const Gathering gathering(sources);
  const Session* const own = gathering.own();
  const uid_t whose = gathering.user().value_or(user);
  CardSessions found{.sessions = {}, .known = gathering.known() && !gathering.doubts(whose)};
  for (const Session* session : own != nullptr ? std::vector{own} : gathering.all(whose))
    if (const SessionRecord* const record = gathering.record_of(*session))
      found.sessions.push_back(gathering.told_of(*record));
  return bounded(std::move(found));
}

void bind_to(Start& start, CardSessions cards) {
  start.same_card = !cards.known || !cards.sessions.empty();
  start.sessions = cards.known ? std::move(cards.sessions) : std::vector<CardSession>();
}

}  // namespace jpki
