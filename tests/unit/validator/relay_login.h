// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A relay at work, with a test at both of its ends, and its log.
#pragma once

#include "tests/unit/support/check_main.h"
#include "validator/relay/session.h"

#include <atomic>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jpki::relay::test {

using namespace std::chrono_literals;

inline constexpr char kTaro[] = "taro";
inline constexpr Bounds kShort{
    .first_message = 1s, .machine_time = 1s, .wait_for_card = 100ms, .prompt = 1s, .closing = 100ms};

// Standard error, which is the journal, in a file.
class Journal {
 public:
  Journal() : kept_(::dup(STDERR_FILENO)) {
    const UniqueFd file(::open(path().c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    ck_assert_int_eq(::dup2(file.get(), STDERR_FILENO), STDERR_FILENO);
  }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal() { ::dup2(kept_.get(), STDERR_FILENO); }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }

 private:
  std::string path() const { return directory_.path("journal"); }
  jpki::test::TemporaryDirectory directory_;
  UniqueFd kept_;
};

struct Pair {
  std::optional<Channel> near;
  std::optional<Channel> far;
  Pair() {
    int fds[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    near.emplace(UniqueFd(fds[0]));
    far.emplace(UniqueFd(fds[1]));
  }
};

inline Start start_of(const std::string& user) {
  Start start;
  start.nonce.fill(7);
  start.service = "locker";
  start.user = user;
  start.timeout_ms = 5000;
  start.choices_shown = true;
  return start;
}

inline Outcome outcome_of(Verdict verdict, const std::string& account) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.nonce.fill(7);
  outcome.account = account;
  outcome.tries_left = 2;
  outcome.expires_in = 12;
  if (verdict == Verdict::kAccepted) outcome.overlap_days = 14;
  outcome.certificate_pseudonym = "c0ffee";
  if (verdict == Verdict::kAccepted) outcome.token_label = "JPKI (User Authentication PIN)";
  return outcome;
}

inline PinReply reply() {
  return {*Secret::copy_of(as_bytes("1234")), false};
}

// A relay at work between the two far ends.
struct Login {
  Pair caller;
  Pair validator;
  std::future<Ending> ending;
  std::atomic<pthread_t> thread{0};

  explicit Login(const Bounds& bounds = kShort) {
    ending = std::async(std::launch::async, [this, bounds] {
      thread = ::pthread_self();
      Ending end = jpki::relay::relay(*caller.near, *validator.near, kTaro, bounds);
      caller.near.reset();
      validator.near.reset();
      return end;
    });
  }
  void say(const Message& message) {
    ck_assert(validator.far->send(message, Deadline::after(10s)).has_value());
  }
  void begin(const Start& start = start_of(kTaro)) {
    ck_assert(caller.far->send(start, Deadline::after(10s)).has_value());
    ck_assert(validator.far->receive(Deadline::after(10s)).has_value());
  }
  void choose() {
    say(AskCard{
        {{CardKind::kMyNumber, "Reader\x1b 00", {}}, {CardKind::kStaff, "Reader 01", std::uint8_t{3}}}});
    const auto ask = caller.far->receive(Deadline::after(10s));
    ck_assert(ask && std::holds_alternative<AskCard>(*ask));
    const AskCard told{
        {{CardKind::kMyNumber, "Reader? 00", {}}, {CardKind::kStaff, "Reader 01", std::uint8_t{3}}}};
    ck_assert(std::get<AskCard>(*ask) == told);
    ck_assert(caller.far->send(CardReply{1}, Deadline::after(10s)).has_value());
    const auto reply = validator.far->receive(Deadline::after(10s));
    ck_assert(reply && std::get<CardReply>(*reply).card == 1);
  }
  void give_pin() {
    say(AskPin{.account = kTaro, .form = {}, .tries_left = 3, .max_tries = 3});
    const auto ask = caller.far->receive(Deadline::after(10s));
    ck_assert(ask && std::holds_alternative<AskPin>(*ask));
    ck_assert(caller.far->send(Message(reply()), Deadline::after(10s)).has_value());
    const auto pin = validator.far->receive(Deadline::after(10s));
    ck_assert(pin && std::holds_alternative<PinReply>(*pin));
  }
  // What the caller is told in the end; nothing when the connection was closed.
  std::optional<Outcome> told() {
    for (;;) {
      const auto message = caller.far->receive(Deadline::after(10s));
      if (!message) return std::nullopt;
      ck_assert(!std::holds_alternative<LogLine>(*message));
      if (const auto* outcome = std::get_if<Outcome>(&*message)) return *outcome;
    }
  }
};

}  // namespace jpki::relay::test
