// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Watch: what becomes of the sessions that cards opened. Events and time go in, actions come out; nothing
// here asks a reader, a session or a clock. Whatever cannot be told counts as "card gone": a reader that is
// away, a pcscd that has died, the time that the machine slept, another card. Only a proof that the reader
// holds the same card brings it back: a reader that came back under another name, or stands in its place, is
// the session's from then on.
#pragma once

#include "validator/config/session_policy.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::guard {

// Since the machine was started, its sleep included (CLOCK_BOOTTIME): nobody's grace is longer for that.
using Moment = std::chrono::milliseconds;

inline constexpr std::chrono::seconds kLockPatience{10};      // then a lock was not obeyed
inline constexpr std::chrono::seconds kLockAgain{10};         // where nobody can tell whether it was
inline constexpr std::chrono::seconds kRetry{1};              // when logind could not be asked
inline constexpr std::chrono::seconds kTerminatePatience{5};  // then the session is ended once more

struct CardSession {
  std::string id;         // logind's
  std::string reader;     // as PKCS#11 names it: 64 bytes may be the beginning of a longer name
  bool lockable = false;  // somebody may obey a lock: not at a text console
  bool locked = false;
};

struct Reader {
  std::string name;
  bool card = false;
  std::uint32_t events = 0;  // cards put in and taken out since pcscd knows it
  bool operator==(const Reader&) const = default;
};

enum class Why {
  kCardRemoved,
  kReaderGone,   // or more than one could be meant
  kServiceGone,  // pcscd
  kSlept,
  kStarted,    // the guard, after the session
  kOtherCard,  // or one that cannot be read
  kUnlocked,   // while the card was away
  kHintLost,   // nobody can tell whether it is locked
};
std::string_view name_of(Why why) noexcept;

struct Action {
  enum class What {
    kProve,  // is the card in that reader this session's?
    kWarn,   // tell the person what comes
    kLock,
    kTerminate,
  };
  What what;
  std::string session;
  Why why = Why::kCardRemoved;
  bool lock_failed = false;  // kTerminate, for a lock that nobody obeyed
  std::string reader{};      // kProve: its whole name. Where the session's own is gone, another one
  Moment after{};            // kLock and kTerminate: so long after it was told that the card is gone
  bool operator==(const Action&) const = default;
};
using Actions = std::vector<Action>;

class Watch {
 public:
  explicit Watch(const config::SessionPolicy& policy) : policy_(policy) {}

  // `fresh`: the session has just been opened before our eyes, so a card in its reader is its card.
  Actions opened(const CardSession& session, bool fresh, Moment now);
  void closed(const std::string& session);
  // All readers; nothing: pcscd cannot be asked.
  Actions readers(std::optional<std::vector<Reader>> readers, Moment now);
  // The machine slept: nothing is known of what happened meanwhile.
  Actions resumed(Moment now);
  // The answer to kProve. No answer in time needs no call: then the session is locked.
  Actions proven(const std::string& session, bool same_card, Moment now);
  // logind's LockedHint. The session's own programs say it, so it counts only where one of them could have
  // locked it: not at a text console, and not where sessions are to be ended.
  Actions locked(const std::string& session, bool locked, Moment now);
  // Whether it is locked nobody can tell any more, until locked() says that it is: logind has begun anew,
  // with no hint, and a desktop that is locked does not give it again. Who was locked counts as locked, and
  // is not ended for that; while the card is away, the session is asked again and again to lock itself. Who
  // was only asked is asked anew. The grace begins again.
  void hint_lost(const std::string& session, Moment now);
  // It was locked and is open again; both are told at once.
  Actions opened_again(const std::string& session, Moment now);
  Actions passed(Moment now);
  // What was to be done for the session could not be asked for: it is tried again.
  void not_done(const std::string& session, Moment now);
  // It could be asked about again: what is to be done waits no longer.
  void answers(const std::string& session);

  // Whose card counts: the reader of the login, or where its card was proven to be since. Of a session that
  // is watched.
  const std::string& reader_of(const std::string& session) const;

  // When passed() is to be called at the latest; nothing: only an event can change anything.
  std::optional<Moment> next() const;

 private:
  enum class Screen { kOpen, kLockAsked, kLocked, kEnding };
  struct Watched {
    CardSession session;
    bool here = false;         // the card, without a break since the login or a proof
    std::uint32_t events = 0;  // of the reader while it is here
    Moment gone{};             // since when it is not
    Why why = Why::kCardRemoved;
    Screen screen = Screen::kOpen;
    Moment asked{};          // when a lock or an end was asked for
    Moment not_before{};     // nothing is asked for
    bool undone = false;     // what was last to be done could not be asked for
    bool ignored = false;    // of kEnding: a lock was
    bool lock_sent = false;  // since the card is gone, the session was asked to lock itself
    bool hint_lost = false;  // of kLocked: logind does not say so
    bool proving = false;
    Reader proved{};                                   // as it was when a proof was asked for
    bool proof_void = false;                           // something came between that no counter tells
    std::map<std::string, std::uint32_t> disproved{};  // no use to ask about the cards of that time again
  };

  const Reader* reader_of(const Watched& watched) const;
  const Reader* reader_named(const std::string& name) const;
  const Reader* to_be_proven(const Watched& watched) const;
  Why why_without(const Reader* reader) const;
  bool can_lock(const Watched& watched) const;
  Moment due(const Watched& watched) const;
  static void obeyed(Watched& watched);
  static Moment end_again(const Watched& watched);
  void lose(Watched& watched, Why why, Moment now, Actions& actions) const;
  static void ask(Action::What what, Watched& watched, Moment now, Actions& actions);
  void ask_for_proof(Watched& watched, Actions& actions) const;
  void settle(Watched& watched, Moment now, Actions& actions) const;
  std::optional<Moment> next(const Watched& watched) const;
  static void forget_counts(Watched& watched);
  Actions settle_all(Moment now);

  config::SessionPolicy policy_;
  std::optional<std::vector<Reader>> readers_;
  std::map<std::string, Watched> sessions_;
};

}  // namespace jpki::guard
