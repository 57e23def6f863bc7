// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Guard: between the records of sessions, what Watch decides, and who carries it out. A session is only ever
// acted on when logind says, at that moment, that it still is the one of the record.
#pragma once

#include "base/session_record.h"
#include "guard/session_manager.h"
#include "guard/watch.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace jpki::guard {

// What the guard has others do.
struct Hands {
  // Starts reading the certificate of the card in that reader; the answer is certificate_read().
  std::function<void(const std::string& session, const std::string& reader)> read_certificate;
  // Writes to a text console of that user; what cannot be written is left out.
  std::function<void(const std::string& terminal, uid_t user, const std::string& text)> tell;
  // Notes since when the screen of that session, which began then, is locked; nothing: it is not.
  std::function<void(const std::string& session, std::uint64_t began, std::optional<Moment> locked)>
      note_lock;
  std::function<void(LogLevel level, const std::string& text)> log;
};

class Guard {
 public:
  // `manager` must outlive the guard.
  Guard(const config::SessionPolicy& policy, SessionManager& manager, Hands hands)
      : policy_(policy), manager_(manager), hands_(std::move(hands)), watch_(policy) {}

  // All records that there are. What is there at the first call was opened before the guard was started.
  void records(const std::vector<SessionRecord>& records, Moment now);
  void readers(std::optional<std::vector<Reader>> readers, Moment now);
  // Nothing: it cannot be read.
  void certificate_read(const std::string& session, const std::optional<Blob>& certificate, Moment now);
  // Something of logind's sessions is not what it was. `locked`: those that were locked meanwhile, whatever
  // logind says of them now.
  void sessions_changed(const std::set<std::string>& locked, Moment now);
  // logind has begun anew: call sessions_changed() next. It keeps sessions, but no hint of theirs.
  void manager_began_anew(Moment now);
  void resumed(Moment now);
  void passed(Moment now);
  std::optional<Moment> next() const;

 private:
  struct Known {
    SessionRecord record;
    bool fresh = false;
    bool watched = false;
    bool locked = false;
    bool hint_lost = false;         // nobody can tell whether it still is locked
    std::optional<Moment> retry{};  // when logind is asked again, which did not answer
    std::string console{};          // the terminal of a session at a text console
  };
  using Sessions = std::map<std::string, Known>;

  void adopt(Known& known, Moment now);
  void look_at(Known& known, bool was_locked, Moment now);
  void note_lock(const Known& known, std::optional<Moment> locked);
  void perform(const Actions& actions, Moment now);
  bool act(const Action& action, const Known& known, Moment now);
  void warn(const Known& known);
  std::string described(const Known& known) const;

  config::SessionPolicy policy_;
  SessionManager& manager_;
  Hands hands_;
  Watch watch_;
  Sessions sessions_;
  bool begun_ = false;
};

}  // namespace jpki::guard
