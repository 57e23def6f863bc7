// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Watch in a world of random events: cards pulled, put back and changed, readers unplugged, pcscd killed, the
// machine asleep, the guard killed, a logind that does not answer, people who unlock, lockers that do not
// obey. A model of what is true judges it: every session whose card is gone is locked within the grace and a
// second, no other is ever touched, and who obeys is not ended.
#include "guard/watch.h"
#include "tests/unit/support/check_main.h"

#include <map>
#include <random>
#include <utility>

namespace {

using namespace jpki;
using namespace jpki::guard;
using namespace std::chrono_literals;
using config::Removal;

constexpr Moment kTick = 100ms;
constexpr Moment kSlack = 1s;  // the world's events reach the guard up to 400 ms late
constexpr int kEvents = 600;
constexpr int kSeeds = 24;

struct WorldReader {
  bool plugged = true;
  int card = 0;  // 0: none
  std::uint32_t events = 0;
};

struct WorldSession {
  std::string reader;
  int card = 0;
  bool lockable = true;
  bool obeys = true;
  bool locked = false;
  bool unheard = false;               // it was locked while logind did not answer
  bool opened_unheard = false;        // it was unlocked then
  std::optional<Moment> lock_at{};    // when the locker will have obeyed
  std::optional<Moment> end_at{};     // when logind will have ended it
  std::optional<Moment> away{};       // since when its card is not in its reader, and its screen open
  std::optional<Moment> suspected{};  // since when a guard may believe that; nothing: it has no reason to
};

struct Proof {
  std::string session, reader;
  Moment read, told;
  int tells = 0;  // what the guard had been told when it asked
  bool was_read = false;
  bool same = false;
};

class World {
 public:
  World(std::uint32_t seed, Removal removal, std::chrono::seconds grace)
      : random_(seed), policy_{.removal = removal, .grace = grace}, watch_(policy_) {
    for (const char* name : {"A", "B", "C"}) readers_[name] = {};
    tell_readers();
  }

  void run() {
    for (int events = 0; events < kEvents;) {
      if (chance(20)) {
        event();
        ++events;
      }
      tick();
    }
  }

  int locks = 0, ends = 0, kept = 0;

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  Moment within(Moment most) { return Moment(random_() % static_cast<std::uint64_t>(most.count() + 1)); }
  int any_card() { return 1 + static_cast<int>(random_() % 4); }
  std::string any_reader() {
    return std::next(readers_.begin(), static_cast<long>(random_() % readers_.size()))->first;
  }
  WorldSession* any_session() {
    if (sessions_.empty()) return nullptr;
    return &std::next(sessions_.begin(), static_cast<long>(random_() % sessions_.size()))->second;
  }

  bool card_is_in(const std::string& name, const WorldSession& session) const {
    const WorldReader& reader = readers_.at(name);
    return reader.plugged && reader.card == session.card;
  }
  bool card_is_there(const WorldSession& session) const { return card_is_in(session.reader, session); }

  // Something happened after which the card of these sessions may be another.
  void disturb(const std::string& reader) {
    for (const auto& [name, known] : readers_)
      if (reader.empty() || name == reader) disturbed_[name] = now_;
    for (auto& [id, session] : sessions_) {
      if (!reader.empty() && session.reader != reader) continue;
      if (!session.suspected) session.suspected = now_;
    }
  }

  void put(const std::string& name, int card) {
    WorldReader& reader = readers_.at(name);
    if (!reader.plugged || reader.card == card) return;
    reader.events += reader.card != 0 && card != 0 ? 2 : 1;
    reader.card = card;
    disturb(name);
    late_ = now_ + within(400ms);
  }

  void log_in() {
    const std::string name = any_reader();
    const WorldReader& reader = readers_.at(name);
    if (!reader.plugged || !service_ || !logind_ || sessions_.size() >= 6) return;
    if (reader.card == 0) put(name, any_card());
    tell_readers();
    const std::string id = "c" + std::to_string(++count_);
    const bool lockable = chance(70);
    sessions_[id] = {.reader = name, .card = reader.card, .lockable = lockable, .obeys = chance(70)};
    perform(watch_.opened({.id = id, .reader = name, .lockable = lockable}, true, now_));
  }

  void restart_guard() {
    if (!logind_) return;  // it could not begin
    watch_ = Watch(policy_);
    proofs_.clear();
    for (auto& [id, session] : sessions_)
      if (session.away) session.away = now_;  // nothing else can be known: the grace begins anew
    disturb("");
    tell_readers();
    for (auto& [id, session] : sessions_)
      perform(watch_.opened(
          {.id = id, .reader = session.reader, .lockable = session.lockable, .locked = session.locked}, false,
          now_));
  }

  // The person's own programs say anything where nothing can be locked.
  void lie(const WorldSession& session) {
    if (!logind_) return;
    if (policy_.removal == Removal::kLogoff || !session.lockable)
      perform(watch_.locked(id_of(session), chance(70), now_));
  }

  void unlock(WorldSession* session) {
    if (session != nullptr && !session->locked) lie(*session);
    if (session == nullptr || !session->locked) return;
    session->locked = false;
    if (session->suspected) session->suspected = now_;
    session->opened_unheard = !logind_;
    if (logind_) perform(watch_.locked(id_of(*session), false, now_));
  }

  // When it is back, all is told that happened meanwhile, and everything is done at once.
  void switch_logind() {
    logind_ = !logind_;
    back_ = now_;
    if (!logind_) return;
    for (auto& [id, session] : sessions_) {
      watch_.answers(id);
      if (std::exchange(session.opened_unheard, false) && session.away)
        session.away = now_;  // the grace begins anew
      const bool again = std::exchange(session.unheard, false) && !session.locked;
      perform(again ? watch_.opened_again(id, now_) : watch_.locked(id, session.locked, now_));
    }
  }

  void switch_service() {
    service_ = !service_;
    for (auto& [name, reader] : readers_) reader.events = 0;
    disturb("");
    late_ = now_ + within(400ms);
  }

  void plug(const std::string& name) {
    readers_.at(name) = {.plugged = !readers_.at(name).plugged};
    disturb(name);
    late_ = now_ + within(400ms);
  }

  void sleep() {
    now_ += 30s;
    for (auto& [id, session] : sessions_)
      if (session.away) *session.away += 30s;  // nobody could do anything meanwhile
    back_ = now_;                              // and the time to obey in begins anew
    disturb("");
    ++tells_;
    perform(watch_.resumed(now_));
  }

  void event() {
    if (!service_ && chance(40)) return switch_service();
    if (!logind_ && chance(40)) return switch_logind();
    for (const auto& [name, reader] : readers_)
      if (!reader.plugged && chance(40)) return plug(name);
    const auto dice = random_() % 100;
    WorldSession* const session = any_session();
    if (dice < 22) {
      put(any_reader(), 0);
    } else if (dice < 47) {
      if (session != nullptr) put(session->reader, session->card);
    } else if (dice < 52) {
      put(any_reader(), session != nullptr && chance(50) ? session->card : any_card());
    } else if (dice < 70) {
      log_in();
    } else if (dice < 73) {
      switch_service();
    } else if (dice < 76) {
      plug(any_reader());
    } else if (dice < 79) {
      sleep();
    } else if (dice < 82) {
      restart_guard();
    } else if (dice < 85) {
      switch_logind();
    } else {
      unlock(session);
    }
  }

  void tell_readers() {
    late_.reset();
    ++tells_;
    if (!service_) return perform(watch_.readers(std::nullopt, now_));
    std::vector<Reader> seen;
    for (const auto& [name, reader] : readers_)
      if (reader.plugged) seen.push_back({name, reader.card != 0, reader.events});
    perform(watch_.readers(seen, now_));
  }

  void tick() {
    now_ += kTick;
    if (late_ && now_ >= *late_) tell_readers();
    follow_proofs();
    follow_lockers();
    perform(watch_.passed(now_));
    judge();
  }

  void follow_proofs() {
    for (Proof& proof : proofs_) {
      const auto session = sessions_.find(proof.session);
      if (proof.was_read || now_ < proof.read || session == sessions_.end()) continue;
      proof.was_read = true;
      proof.same = service_ && card_is_in(proof.reader, session->second) && !chance(10);
      proof.read = now_;
    }
    std::vector<Proof> due;
    std::erase_if(proofs_, [&](const Proof& proof) {
      const bool now = proof.was_read && now_ >= proof.told;
      if (now) due.push_back(proof);
      return now || !sessions_.contains(proof.session);
    });
    for (const Proof& proof : due) {
      const auto session = sessions_.find(proof.session);
      if (session == sessions_.end()) continue;
      // What the guard was told meanwhile may make it ask once more.
      const bool sound = disturbed_[proof.reader] <= proof.read && proof.tells == tells_ && !late_;
      if (proof.same && sound && !session->second.end_at) {
        session->second.suspected.reset();
        ++kept;
      }
      const Actions actions = watch_.proven(proof.session, proof.same, now_);
      follow_card(session->second, proof);
      perform(actions);
    }
  }

  // A card that was proven to be in another reader counts there from then on.
  void follow_card(WorldSession& session, const Proof& proof) {
    const std::string& reader = watch_.reader_of(proof.session);
    if (reader == session.reader) return;
    ck_assert(proof.same && reader == proof.reader);
    session.reader = reader;
    session.away.reset();
  }

  void follow_lockers() {
    for (auto& [id, session] : sessions_) {
      if (!session.lock_at || now_ < *session.lock_at) continue;
      session.lock_at.reset();
      session.locked = true;
      session.unheard = !logind_;
      if (logind_) perform(watch_.locked(id, true, now_));
    }
    if (!logind_) return;
    std::vector<std::string> ended;
    for (const auto& [id, session] : sessions_)
      if (session.end_at && now_ >= *session.end_at) ended.push_back(id);
    for (const std::string& id : ended) {
      sessions_.erase(id);
      watch_.closed(id);
    }
  }

  void perform(const Actions& actions) {
    for (const Action& action : actions) {
      ck_assert(sessions_.contains(action.session));
      WorldSession& session = sessions_.at(action.session);
      switch (action.what) {
        case Action::What::kProve:
          ck_assert(action.reader == session.reader || !readers_.at(session.reader).plugged || late_);
          proofs_.push_back({.session = action.session,
                             .reader = action.reader,
                             .read = now_ + within(300ms),
                             .told = now_ + 300ms + within(200ms),
                             .tells = tells_});
          break;
        case Action::What::kWarn:
          break;
        case Action::What::kLock:
          if (!logind_) {
            watch_.not_done(action.session, now_);
            break;
          }
          touch(session);
          ck_assert(policy_.removal == Removal::kLock && session.lockable);
          if (session.locked) break;  // it is only reminded
          ++locks;
          if (session.obeys) session.lock_at = now_ + within(1900ms);
          break;
        case Action::What::kTerminate:
          if (!session.end_at) {
            if (!logind_) {
              watch_.not_done(action.session, now_);
              break;
            }
            touch(session);
            ck_assert(policy_.removal == Removal::kLogoff || !session.lockable || !session.obeys);
            ck_assert(action.lock_failed || policy_.removal == Removal::kLogoff || !session.lockable);
            ++ends;
          }
          session.end_at = now_ + within(8s);  // some take longer than one asking
          break;
      }
    }
  }

  // A session is touched when there was a reason for all of the grace.
  void touch(const WorldSession& session) const {
    ck_assert_msg(session.suspected && now_ >= *session.suspected + policy_.grace, "%s is touched at %lld",
                  id_of(session).c_str(), static_cast<long long>(now_.count()));
  }

  void judge() {
    for (auto& [id, session] : sessions_) {
      const bool open = !session.locked && !card_is_there(session);
      if (!open) session.away.reset();
      if (open && !session.away) session.away = now_;
      if (!session.away || session.lock_at || session.end_at || !logind_) continue;
      const Moment most = policy_.grace + kSlack + (session.lockable && !session.obeys ? kLockPatience : 0s);
      const Moment answered = back_ + (most - policy_.grace - kSlack) + kTick;
      ck_assert_msg(now_ <= std::max(*session.away + most, answered),
                    "%s has no card since %lld, and is open at %lld", id.c_str(),
                    static_cast<long long>(session.away->count()), static_cast<long long>(now_.count()));
    }
  }

  const std::string& id_of(const WorldSession& wanted) const {
    for (const auto& [id, session] : sessions_)
      if (&session == &wanted) return id;
    std::abort();
  }

  std::mt19937 random_;
  config::SessionPolicy policy_;
  Watch watch_;
  Moment now_ = 1h;
  bool service_ = true;
  bool logind_ = true;
  Moment back_{};               // when it last began to answer again, or the machine to run
  std::optional<Moment> late_;  // when the guard hears of what has changed
  int count_ = 0;
  int tells_ = 0;
  std::map<std::string, WorldReader> readers_;
  std::map<std::string, Moment> disturbed_;  // by reader: when its card may have become another
  std::map<std::string, WorldSession> sessions_;
  std::vector<Proof> proofs_;
};

START_TEST(sessions_without_their_card_are_locked_and_no_others) {
  const auto grace = std::chrono::seconds(_i % 3 == 0 ? 0 : 2 * _i % 7);
  World world(static_cast<std::uint32_t>(_i), _i % 4 == 3 ? Removal::kLogoff : Removal::kLock, grace);
  world.run();
  ck_assert(world.locks + world.ends > 10);  // the world was one in which something happens
  if (grace > 1s) ck_assert(world.kept > 3);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("guard watch, random events");
  TCase* tests = tcase_create("random");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, sessions_without_their_card_are_locked_and_no_others, 0, kSeeds);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
