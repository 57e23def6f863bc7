// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/watch.h"

#include <algorithm>

namespace jpki::guard {
namespace {

constexpr std::size_t kSlotDescription = 64;  // PKCS#11 v2.40, CK_SLOT_INFO

}  // namespace

std::string_view name_of(Why why) noexcept {
  switch (why) {
    case Why::kCardRemoved:
      return "the card was taken out of its reader";
    case Why::kReaderGone:
      return "the reader is gone";
    case Why::kServiceGone:
      return "pcscd is gone";
    case Why::kSlept:
      return "the machine slept";
    case Why::kStarted:
      return "the guard was started after the session";
    case Why::kOtherCard:
      return "the reader holds another card, or one that cannot be read";
    case Why::kUnlocked:
      return "the session was unlocked while its card was away";
    case Why::kHintLost:
      return "logind began anew, and cannot tell whether the session is locked";
  }
  return "unknown";
}

// The only one that the session's name can mean; nothing when there is none.
const Reader* Watch::reader_of(const Watched& watched) const {
  if (!readers_) return nullptr;
  const std::string& name = watched.session.reader;
  const auto meant = [&](const Reader& reader) {
    return reader.name == name || (name.size() == kSlotDescription && reader.name.starts_with(name));
  };
  const auto found = std::ranges::find_if(*readers_, meant);
  if (found == readers_->end() || std::ranges::count_if(*readers_, meant) != 1) return nullptr;
  return &*found;
}

const Reader* Watch::reader_named(const std::string& name) const {
  if (!readers_) return nullptr;
  const auto found = std::ranges::find(*readers_, name, &Reader::name);
  return found == readers_->end() ? nullptr : &*found;
}

// Its own; where that is gone, any: pcscd may know it by another name now.
const Reader* Watch::to_be_proven(const Watched& watched) const {
  if (!readers_) return nullptr;
  const Reader* const own = reader_of(watched);
  const auto found = std::ranges::find_if(*readers_, [&](const Reader& reader) {
    const auto disproved = watched.disproved.find(reader.name);
    return (own == nullptr || own == &reader) && reader.card &&
           (disproved == watched.disproved.end() || disproved->second != reader.events);
  });
  return found == readers_->end() ? nullptr : &*found;
}

// Why there is no card in what is, or is not, the session's reader.
Why Watch::why_without(const Reader* reader) const {
  return reader != nullptr ? Why::kCardRemoved : readers_ ? Why::kReaderGone : Why::kServiceGone;
}

bool Watch::can_lock(const Watched& watched) const {
  return policy_.removal == config::Removal::kLock && watched.session.lockable;
}

// When something is to be done for a session whose card is gone.
Moment Watch::due(const Watched& watched) const {
  return std::max<Moment>(watched.gone + policy_.grace, watched.not_before);
}

// When a session that is ending is ended once more.
Moment Watch::end_again(const Watched& watched) {
  return watched.undone ? watched.not_before : watched.asked + kTerminatePatience;
}

void Watch::lose(Watched& watched, Why why, Moment now, Actions& actions) const {
  watched.here = false;
  watched.lock_sent = false;
  watched.gone = now;
  watched.why = why;
  if (policy_.removal != config::Removal::kNone && watched.screen == Screen::kOpen)
    actions.push_back({.what = Action::What::kWarn, .session = watched.session.id, .why = why});
}

// kLock or kTerminate.
void Watch::ask(Action::What what, Watched& watched, Moment now, Actions& actions) {
  watched.asked = now;
  watched.undone = false;
  actions.push_back(
      {.what = what, .session = watched.session.id, .why = watched.why, .after = now - watched.gone});
}

// Whether its card is back, where that can be asked now.
void Watch::ask_for_proof(Watched& watched, Actions& actions) const {
  if (watched.here || watched.proving || policy_.removal == config::Removal::kNone) return;
  const Reader* const reader = to_be_proven(watched);
  if (reader == nullptr) return;
  watched.proving = true;
  watched.proof_void = false;
  watched.proved = *reader;
  actions.push_back({.what = Action::What::kProve,
                     .session = watched.session.id,
                     .why = watched.why,
                     .reader = reader->name});
}

// What is to be done for a session at this moment.
void Watch::settle(Watched& watched, Moment now, Actions& actions) const {
  if (watched.screen != Screen::kEnding || watched.undone) ask_for_proof(watched, actions);
  if (watched.screen == Screen::kEnding) {
    if (now < end_again(watched)) return;
    const bool first = watched.undone;
    ask(Action::What::kTerminate, watched, now, actions);
    actions.back().lock_failed = first && watched.ignored;
    return;
  }
  if (watched.here || policy_.removal == config::Removal::kNone) return;
  const bool ignored = watched.screen == Screen::kLockAsked && now >= watched.asked + kLockPatience;
  const bool is_due = now >= due(watched);
  const bool open = watched.screen == Screen::kOpen;
  const bool again = watched.hint_lost && now >= watched.asked + kLockAgain;
  if (watched.screen == Screen::kLocked && is_due && (!watched.lock_sent || again)) {
    // Its hint may be left over. Who is locked loses nothing.
    watched.lock_sent = true;
    ask(Action::What::kLock, watched, now, actions);
  } else if (open && is_due && can_lock(watched)) {
    watched.screen = Screen::kLockAsked;
    watched.lock_sent = true;
    ask(Action::What::kLock, watched, now, actions);
  } else if ((open && is_due) || ignored) {
    watched.screen = Screen::kEnding;
    watched.ignored = ignored;
    ask(Action::What::kTerminate, watched, now, actions);
    actions.back().lock_failed = ignored;
  }
}

// What the counters of readers told is of another pcscd, or of before the machine slept.
void Watch::forget_counts(Watched& watched) {
  watched.disproved.clear();
  watched.proof_void = true;
}

Actions Watch::settle_all(Moment now) {
  Actions actions;
  for (auto& [id, watched] : sessions_) settle(watched, now, actions);
  return actions;
}

Actions Watch::opened(const CardSession& session, bool fresh, Moment now) {
  Actions actions;
  Watched& watched = sessions_[session.id] = {.session = session};
  if (session.locked && can_lock(watched)) watched.screen = Screen::kLocked;
  const Reader* const reader = reader_of(watched);
  if (fresh && reader != nullptr && reader->card) {
    watched.here = true;
    watched.events = reader->events;
  } else {
    lose(watched, fresh ? why_without(reader) : Why::kStarted, now, actions);
  }
  settle(watched, now, actions);
  return actions;
}

void Watch::closed(const std::string& session) {
  sessions_.erase(session);
}

Actions Watch::readers(std::optional<std::vector<Reader>> readers, Moment now) {
  readers_ = std::move(readers);
  Actions actions;
  for (auto& [id, watched] : sessions_) {
    const Reader* const reader = reader_of(watched);
    if (!readers_) forget_counts(watched);
    if (watched.here && (reader == nullptr || !reader->card || reader->events != watched.events))
      lose(watched, why_without(reader), now, actions);
    settle(watched, now, actions);
  }
  return actions;
}

Actions Watch::resumed(Moment now) {
  Actions actions;
  for (auto& [id, watched] : sessions_) {
    if (watched.here) lose(watched, Why::kSlept, now, actions);
    if (watched.screen == Screen::kLockAsked) watched.asked = now;  // nobody could obey meanwhile
    forget_counts(watched);
    settle(watched, now, actions);
  }
  return actions;
}

Actions Watch::proven(const std::string& session, bool same_card, Moment now) {
  Actions actions;
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || !found->second.proving) return actions;
  Watched& watched = found->second;
  watched.proving = false;
  const Reader* const reader = reader_named(watched.proved.name);
  const Reader* const own = reader_of(watched);
  // A proof is about the card that was there from its beginning to its end.
  if (!watched.proof_void && reader != nullptr && *reader == watched.proved && !watched.here) {
    if (same_card) {
      watched.here = true;
      watched.events = reader->events;
      watched.session.reader = reader->name;
      watched.disproved.clear();
      // Nobody was asked to end it yet, if that could not be asked for.
      const bool not_ended = watched.screen == Screen::kEnding && watched.undone;
      if (watched.screen == Screen::kLockAsked || not_ended) watched.screen = Screen::kOpen;
    } else {
      watched.disproved[reader->name] = reader->events;
      if (reader == own) watched.why = Why::kOtherCard;
    }
  }
  settle(watched, now, actions);
  return actions;
}

// It is locked, or was; whoever obeyed may be told late, when nobody was asked to end it yet.
void Watch::obeyed(Watched& watched) {
  const bool not_ended = watched.screen == Screen::kEnding && watched.undone && watched.ignored;
  if (watched.screen == Screen::kOpen || watched.screen == Screen::kLockAsked || not_ended)
    watched.screen = Screen::kLocked;
  watched.hint_lost = false;
}

void Watch::hint_lost(const std::string& session, Moment now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Watched& watched = found->second;
  if (watched.screen == Screen::kLockAsked) {
    watched.screen = Screen::kOpen;
  } else if (watched.screen == Screen::kLocked && !watched.hint_lost) {
    watched.hint_lost = true;
    watched.lock_sent = false;
  } else {
    return;
  }
  watched.gone = now;
  watched.why = Why::kHintLost;
}

Actions Watch::locked(const std::string& session, bool locked, Moment now) {
  Actions actions;
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || !can_lock(found->second)) return actions;
  Watched& watched = found->second;
  if (locked) {
    obeyed(watched);
  } else if (watched.screen == Screen::kLocked && !watched.hint_lost) {
    watched.screen = Screen::kOpen;
    if (!watched.here) {
      watched.disproved.clear();  // it may only have been kept from answering
      lose(watched, Why::kUnlocked, now, actions);
    }
  }
  settle(watched, now, actions);
  return actions;
}

Actions Watch::opened_again(const std::string& session, Moment now) {
  const auto found = sessions_.find(session);
  if (found != sessions_.end() && can_lock(found->second)) obeyed(found->second);
  return locked(session, false, now);
}

Actions Watch::passed(Moment now) {
  return settle_all(now);
}

void Watch::not_done(const std::string& session, Moment now) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Watched& watched = found->second;
  watched.not_before = now + kRetry;
  watched.undone = true;
  watched.lock_sent = false;
  if (watched.screen == Screen::kLockAsked) watched.screen = Screen::kOpen;
}

void Watch::answers(const std::string& session) {
  if (const auto found = sessions_.find(session); found != sessions_.end()) found->second.not_before = {};
}

const std::string& Watch::reader_of(const std::string& session) const {
  return sessions_.at(session).session.reader;
}

std::optional<Moment> Watch::next(const Watched& watched) const {
  switch (watched.screen) {
    case Screen::kOpen:
      if (watched.here || policy_.removal == config::Removal::kNone) return std::nullopt;
      return due(watched);
    case Screen::kLockAsked:
      return watched.asked + kLockPatience;
    case Screen::kLocked:
      if (watched.here || (watched.lock_sent && !watched.hint_lost)) return std::nullopt;
      return watched.lock_sent ? watched.asked + kLockAgain : due(watched);
    case Screen::kEnding:
      return end_again(watched);
  }
  return std::nullopt;
}

std::optional<Moment> Watch::next() const {
  std::optional<Moment> first;
  for (const auto& [id, watched] : sessions_)
    if (const auto moment = next(watched)) first = first ? std::min(*first, *moment) : *moment;
  return first;
}

}  // namespace jpki::guard
