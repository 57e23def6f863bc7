// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/relay/session.h"

#include "base/node_name.h"
#include "validator/relay/journal.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace jpki::relay {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxMessages = 1000;  // a validator that says more has gone mad
constexpr milliseconds kSendPatience{5'000};

// Nothing: the caller is gone, slow or no pam_jpki.so, and there is no answer that it would take.
std::optional<Start> receive_start(Channel& caller, const Bounds& bounds) {
  auto message = caller.receive(Deadline::after(bounds.first_message));
  Start* const start = message ? std::get_if<Start>(&*message) : nullptr;
  if (start == nullptr || start->version != kProtocolVersion) return std::nullopt;
  return std::move(*start);
}

void answer(Channel& caller, const LoginNonce& nonce, Verdict verdict) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.nonce = nonce;
  (void)caller.send(outcome, Deadline::after(kSendPatience));
}

Ending unheard() {
  return {Verdict::kHelperFailed, {}, "the caller did not say in time and form what it wants"};
}

class Session {
 public:
  Session(Channel& caller, Channel& validator, const std::string& account, const Bounds& bounds,
          const CallerSessions& sessions)
      : caller_(caller), validator_(validator), account_(account), bounds_(bounds), sessions_(sessions) {}

  Ending run();

 private:
  enum class First { kCaller, kValidator, kDeadline };

  First wait() const;
  std::optional<Ending> handle(const AskCard& ask);
  std::optional<Ending> handle(const AskPin& ask);
  std::optional<Ending> handle(const LogLine& line);
  std::optional<Ending> handle(const StepReport& report);
  std::optional<Ending> handle(const Outcome& outcome);
  template <class Ours>
  std::optional<Ending> handle(const Ours&) {
    return failed("the validator broke the protocol");  // a message that only the other side sends
  }
  std::optional<Ending> pass(const Message& message);
  // `after_answer`: beyond the machine's time, for what the person does then.
  std::optional<Ending> put(const Message& question, milliseconds after_answer = {});
  Ending failed(const char* cause) { return ended(Verdict::kHelperFailed, cause); }
  Ending ended(Verdict verdict, std::string cause);
  Ending abandon();

  Channel& caller_;
  Channel& validator_;
  const std::string& account_;
  const Bounds& bounds_;
  const CallerSessions& sessions_;
  Start start_;
  Deadline deadline_ = Deadline::never();
  bool asked_ = false;     // some question: the validator waits, or has gone on
  bool answered_ = false;  // the last one
  bool pin_answered_ = false;
};

Ending Session::run() {
  const auto wanted = receive_start(caller_, bounds_);
  if (!wanted) return unheard();
  start_.nonce = wanted->nonce;
  start_.service = plain(wanted->service);
  auto start = permitted_start(*wanted, account_, bounds_, sessions_);
  if (!start) return ended(start.error().verdict, start.error().cause);
  start_ = std::move(*start);
  deadline_ = Deadline::after(milliseconds(start_.wait_for_card_ms) + milliseconds(start_.timeout_ms));
  if (!validator_.send(start_, deadline_)) return failed("the validator does not listen");
  for (int i = 0; i < kMaxMessages; ++i) {
    const First first = wait();
    if (first == First::kDeadline) return ended(Verdict::kTimeout, "the validator was too slow");
    if (first == First::kCaller) return abandon();
    const auto message = validator_.receive(deadline_);
    if (!message) return failed("the validator died or broke the protocol");
    if (auto end = std::visit([&](const auto& m) { return handle(m); }, *message)) return std::move(*end);
  }
  return failed("the validator says too much");
}

// While the caller is asked nothing, only its end can come from there. What the validator has said before
// that is of no use to anybody.
Session::First Session::wait() const {
  pollfd both[] = {{caller_.fd(), POLLIN, 0}, {validator_.fd(), POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(both, std::size(both), deadline_.poll_timeout());
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return First::kDeadline;
    return both[0].revents != 0 ? First::kCaller : First::kValidator;
  }
}

std::optional<Ending> Session::pass(const Message& message) {
  if (caller_.send(message, Deadline::after(kSendPatience))) return std::nullopt;
  return abandon();
}

std::optional<Ending> Session::handle(const LogLine& line) {
  write_to_journal(line.level, line.text);
  return std::nullopt;
}

std::optional<Ending> Session::handle(const StepReport& report) {
  return pass(report);
}

// Which cards of the caller's own lie there. No name is in it.
std::optional<Ending> Session::handle(const AskCard& ask) {
  if (!start_.choices_shown) return failed("the validator asks what the caller's screen cannot show");
  AskCard told = ask;
  for (OfferedCard& card : told.cards) card.reader = plain(card.reader);
  return put(told);
}

std::optional<Ending> Session::handle(const AskPin& ask) {
  if (start_.purpose != Purpose::kLogin) return failed("the validator asks for a PIN without being asked to");
  if (ask.account != account_) return failed("the validator asks about another account");
  auto end = put(ask, ask.on_reader ? kMostOnReader : milliseconds());
  pin_answered_ = !end && answered_;
  return end;
}

std::optional<Ending> Session::put(const Message& question, milliseconds after_answer) {
  asked_ = true;
  answered_ = false;
  deadline_ = Deadline::after(bounds_.prompt);
  if (auto end = pass(question)) return end;
  const First first = wait();
  if (first == First::kValidator) {  // its card left
    std::uint8_t byte = 0;
    if (::recv(validator_.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
      return failed("the validator died while it waited for an answer");
    deadline_ = Deadline::after(milliseconds(start_.timeout_ms));
    return std::nullopt;
  }
  if (first == First::kDeadline) return abandon();
  auto reply = caller_.receive(deadline_);
  if (!reply) return abandon();
  deadline_ = Deadline::after(milliseconds(start_.timeout_ms) + after_answer);
  answered_ = true;
  if (!validator_.send(*reply, deadline_)) return failed("the validator does not listen");
  return std::nullopt;
}

std::optional<Ending> Session::handle(const Outcome& outcome) {
  Outcome told = told_outcome(outcome, account_);
  const bool pin_missing = start_.purpose == Purpose::kLogin && !pin_answered_;
  if (told.verdict == Verdict::kAccepted && (pin_missing || told.account.empty()))
    return failed("the validator accepts what it was not asked for");
  (void)caller_.send(told, Deadline::after(kSendPatience));
  return Ending{told.verdict, start_.service, {}};
}

Ending Session::ended(Verdict verdict, std::string cause) {
  answer(caller_, start_.nonce, verdict);
  return {verdict, start_.service, std::move(cause)};
}

// From the question on, the validator may close its card and tell the log; then it is ended by who started
// it.
Ending Session::abandon() {
  deadline_ = Deadline::after(bounds_.closing);
  if (asked_ && !answered_) (void)validator_.send(Cancel{}, deadline_);
  for (int i = 0; asked_ && i < kMaxMessages; ++i) {
    const auto message = validator_.receive(deadline_);
    if (!message || std::holds_alternative<Outcome>(*message)) break;
    if (const auto* line = std::get_if<LogLine>(&*message)) write_to_journal(line->level, line->text);
  }
  return {Verdict::kCancelled, start_.service, "the caller is gone"};
}

}  // namespace

Expected<Start, Refused> permitted_start(const Start& wanted, const std::string& account,
                                         const Bounds& bounds, const CallerSessions& sessions) {
  if (wanted.user != account)
    return Unexpected{Refused{Verdict::kOtherUser,
                              wanted.user.empty() ? "no account is named" : "not the caller's own account"}};
  if (!wanted.config_file.empty())
    return Unexpected{Refused{Verdict::kConfigInvalid,
                              "config_file= is only for programs that run as root; delete it from the "
                              "service's line in /etc/pam.d"}};
  if (wanted.purpose == Purpose::kRegister)
    return Unexpected{
        Refused{Verdict::kRegistrationRefused, "cards are registered where root logs people in"}};
  Start start;
  start.nonce = wanted.nonce;
  start.service = plain(wanted.service);
  start.user = account;
  start.host = node_name();
  start.seat = sessions.seat;
  start.remote_session = sessions.remote;
  start.elsewhere = sessions.remote.has_value();
  const auto at_most = [](std::uint32_t ms, milliseconds bound) {
    return std::min(ms, static_cast<std::uint32_t>(bound.count()));
  };
  start.wait_for_card_ms = at_most(wanted.wait_for_card_ms, bounds.wait_for_card);
  start.timeout_ms = at_most(wanted.timeout_ms, bounds.machine_time);
  start.notices_shown = wanted.notices_shown;
  start.tries_shown = wanted.tries_shown;
  start.purpose = wanted.purpose;
  start.choices_shown = wanted.choices_shown && wanted.purpose == Purpose::kLogin;
  if (wanted.purpose != Purpose::kLogin) {
    start.sessions = sessions.to_unlock.sessions;
  } else if (wanted.same_card) {
    bind_to(start, sessions.cards);
  }
  return start;
}

// The name of another's account is what the caller would learn from a card that lies on the reader.
Outcome told_outcome(const Outcome& outcome, const std::string& account) {
  Outcome told;
  told.verdict = outcome.verdict;
  told.nonce = outcome.nonce;
  if (outcome.account != account) return told;
  told.account = outcome.account;
  told.tries_left = outcome.tries_left;
  told.expires_in = outcome.expires_in;
  told.overlap_days = outcome.overlap_days;
  told.other_card = outcome.other_card;
  return told;
}

Ending refuse(Channel& caller, Verdict verdict, std::string cause, const Bounds& bounds) {
  const auto wanted = receive_start(caller, bounds);
  if (!wanted) return unheard();
  answer(caller, wanted->nonce, verdict);
  return {verdict, plain(wanted->service), std::move(cause)};
}

Ending relay(Channel& caller, Channel& validator, const std::string& account, const Bounds& bounds,
             const CallerSessions& sessions) {
  return Session(caller, validator, account, bounds, sessions).run();
}

}  // namespace jpki::relay
