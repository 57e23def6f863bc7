// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/attempt.h"

#include "base/card_sessions.h"
#include "base/channel.h"
#include "base/error_text.h"
#include "base/helper_process.h"
#include "base/node_name.h"
#include "base/typed_text.h"
#include "pam_jpki/account.h"
#include "pam_jpki/interrupt.h"
#include "pam_jpki/no_echo.h"
#include "pam_jpki/step_on_screen.h"
#include "pam_jpki/system_service.h"

#include <csignal>
#include <cstring>

#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

namespace jpki::pam {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kClosingTime{1000};  // for a validator that has said its last word
constexpr milliseconds kPatience{3000};     // of a person who sees nothing
constexpr int kMaxMessages = 1000;          // a validator that says more has gone mad
constexpr std::size_t kMaxText = 256;       // of what Start tells; longer names exist on no machine

std::optional<LoginNonce> make_nonce() {
  LoginNonce nonce;
  // Up to 256 bytes come whole, once the kernel's generator is seeded.
  if (::getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size())) return std::nullopt;
  return nonce;
}

bool equal_in_constant_time(const LoginNonce& a, const LoginNonce& b) {
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

std::uint32_t to_ms(SteadyClock::duration span) {
  const auto count = duration_cast<milliseconds>(span).count();
  return count > 0 ? static_cast<std::uint32_t>(count) : 0;
}

// Without waiting for the answer: its card left meanwhile, or it is gone. The PIN is not sent then.
bool has_spoken(const Channel& channel) {
  pollfd readable{channel.fd(), POLLIN, 0};
  return ::poll(&readable, 1, 0) > 0;
}

class Attempt {
 public:
  Attempt(Call& call, Timeline& timeline, FirstPass policy, Answers before)
      : call_(call),
        timeline_(timeline),
        questions_(call, policy, std::move(before)),
        user_(named_account(call.handle)),
        no_echo_(text_item(call.handle, PAM_TTY)) {}

  AttemptResult run();

 private:
  Verdict run_validator();
  std::optional<Verdict> by_service();
  Verdict run_helper();
  void tell_signal(int signal) const;
  Verdict converse(Channel& channel);
  bool interrupted(const Channel& channel);
  std::optional<SteadyClock::time_point> time_to_reassure() const;
  Start make_start() const;
  void tell_sessions(Start& start) const;
  bool is_login() const { return call_.options.purpose == Purpose::kLogin; }
  bool registers() const { return call_.options.purpose == Purpose::kRegister; }
  SteadyClock::duration time_left() const;
  Deadline deadline() const;
  Verdict failure(WireError error);

  // The end of the session, or nothing while it goes on.
  std::optional<Verdict> handle(const AskCard& ask, Channel& channel);
  std::optional<Verdict> handle(const AskPin& ask, Channel& channel);
  std::optional<Verdict> handle(const LogLine& line, Channel& channel);
  std::optional<Verdict> handle(const StepReport& report, Channel& channel);
  std::optional<Verdict> handle(const TicketPart& part, Channel& channel);
  std::optional<Verdict> handle(const Outcome& outcome, Channel& channel);
  template <class Ours>
  std::optional<Verdict> handle(const Ours&, Channel&) {
    return failure(WireError::kUnexpected);  // a message that only this side sends
  }

  void turn_to_person();
  bool confirms(const std::string& account);
  std::optional<Verdict> refuse(Verdict verdict, Channel& channel);
  std::optional<Verdict> why_not(const std::string& account) const;
  Verdict judge(const Outcome& outcome) const;

  Call& call_;
  Timeline& timeline_;
  Questions questions_;
  const std::string user_;  // empty: the card says who
  LoginNonce nonce_{};
  AttemptResult result_;
  std::string asked_about_;  // AskPin.account
  NoEcho no_echo_;
  std::optional<Interrupt> interrupt_;  // while this side waits
  bool pin_given_ = false;
  bool card_asked_for_ = false;
  bool reassured_ = false;
  SteadyClock::time_point silent_since_ = SteadyClock::now();  // nothing is on the screen, or an answer is
  bool outcome_seen_ = false;
  bool hung_up_ = false;            // the validator closed the connection, most likely because it died
  std::optional<Verdict> refused_;  // by us; what the validator says afterwards does not matter
  Deadline closing_ = Deadline::never();
};

AttemptResult Attempt::run() {
  const auto nonce = make_nonce();
  if (user_.size() > kMaxText) {
    result_.verdict = Verdict::kAccountUnusable;
  } else if (!nonce) {
    result_.verdict = Verdict::kInternal;
  } else {
    nonce_ = *nonce;
    const Verdict said = run_validator();
    result_.verdict = refused_.value_or(said);
    result_.answers.card = questions_.chosen();
  }
  return std::move(result_);
}

Verdict Attempt::run_validator() {
  if (!host_has_root())
    if (const auto verdict = by_service()) return *verdict;
  return run_helper();
}

// With a validator of the system's; nothing when there is none to be had.
std::optional<Verdict> Attempt::by_service() {
  auto socket =
      connect_to_helper(call_.installation.validator_socket, SOCK_STREAM, "jpki-validator.socket", call_.log);
  if (!socket) return std::nullopt;
  Channel channel(std::move(*socket));
  return converse(channel);
}

Verdict Attempt::run_helper() {
  auto helper = HelperProcess::start(call_.installation.validator, {});
  if (!helper) {
    call_.log.write(LogLevel::kError, std::string("cannot start ") + call_.installation.validator + ": " +
                                          error_text(helper.error()));
    return Verdict::kHelperNotStarted;
  }
  Verdict verdict;
  {
    Channel channel(helper->take_socket());
    verdict = converse(channel);
  }
  if (outcome_seen_ && !helper->wait(Deadline::after(kClosingTime)))
    call_.log.write(LogLevel::kWarning, "jpki-validator did not exit by itself and was killed");
  if (hung_up_) helper->wait(Deadline::after(kClosingTime));
  if (const auto signal = helper->signal()) tell_signal(*signal);
  return verdict;
}

void Attempt::tell_signal(int signal) const {
  const char* name = ::sigabbrev_np(signal);
  std::string text = std::string("jpki-validator was killed by the signal SIG") + (name ? name : "?");
  if (signal == SIGSYS)
    text +=
        ": it or a PKCS#11 module in it made a system call that its confinement forbids; the kernel's audit "
        "log shows which (type=SECCOMP)";
  call_.log.write(LogLevel::kError, text);
}

Verdict Attempt::converse(Channel& channel) {
  if (auto sent = channel.send(make_start(), deadline()); !sent) return failure(sent.error());
  for (int i = 0; i < kMaxMessages; ++i) {
    if (!refused_ && interrupted(channel)) {
      result_.interrupted = true;
      if (const auto end = refuse(Verdict::kCancelled, channel)) return *end;
    }
    const auto message = channel.receive(deadline());
    if (!message) return failure(message.error());
    const auto end = std::visit([&](const auto& m) { return handle(m, channel); }, *message);
    if (end) return *end;
  }
  return failure(WireError::kUnexpected);
}

// Waits for the validator. What the person types meanwhile does not show; signals are looked for that the
// host holds back, or we.
bool Attempt::interrupted(const Channel& channel) {
  no_echo_.begin();
  if (!interrupt_) interrupt_.emplace();
  if (const auto at = time_to_reassure()) {
    const auto first = interrupt_->wait(channel.fd(), Deadline::at(*at));
    if (first != Interrupt::First::kDeadline) return first == Interrupt::First::kInterrupt;
    reassured_ = true;
    call_.conversation.tell({{.state = ScreenState::kChecking}, call_.messages.still_checking()});
  }
  return interrupt_->wait(channel.fd(), deadline()) == Interrupt::First::kInterrupt;
}

// Who sees nothing happen takes the card away.
std::optional<SteadyClock::time_point> Attempt::time_to_reassure() const {
  const auto at = silent_since_ + kPatience;
  const bool shown = call_.conversation.screen().program;  // all the time
  if (reassured_ || shown || timeline_.step() == Step::kWaitingForCard) return std::nullopt;
  return at < SteadyClock::now() + time_left() ? std::optional(at) : std::nullopt;
}

Start Attempt::make_start() const {
  Start start;
  start.nonce = nonce_;
  start.service = text_item(call_.handle, PAM_SERVICE).substr(0, kMaxText);
  start.user = user_;
  start.host = node_name();
  start.terminal = text_item(call_.handle, PAM_TTY).substr(0, kMaxText);
  start.seat = call_.person.whereabouts.seat.substr(0, kMaxText);
  start.origin = call_.person.whereabouts.origin.substr(0, kMaxText);
  start.config_file = call_.options.config_file;
  start.wait_for_card_ms = to_ms(timeline_.wait_left(SteadyClock::now()));
  start.timeout_ms = to_ms(time_left());
  start.debug = call_.options.debug;
  start.notices_shown = call_.conversation.screen().keeps_messages();
  start.tries_shown = call_.conversation.screen().tries;
  start.choices_shown = is_login() && questions_.can_choose();
  start.purpose = call_.options.purpose;
  start.same_card = is_login() && call_.options.same_card;
  if (host_has_root()) tell_sessions(start);
  start.elsewhere = call_.person.elsewhere;
  if (const auto& session = call_.person.whereabouts.session; start.elsewhere && session)
    start.remote_session = {.account = name_of(call_.handle, session->user),
                            .uid = session->user,
                            .service = session->service.substr(0, kMaxText),
                            .display = session->display.substr(0, kMaxText)};
  start.tickets_kept = is_login() && host_has_root();
  return start;
}

// What only root may read; elsewhere jpki-relay tells it.
void Attempt::tell_sessions(Start& start) const {
  if (ends_in_pin(call_.options.purpose) && !start.same_card) return;
  const CardSessionSources sources{call_.installation.session_records, call_.installation.lock_notes,
                                   call_.installation.place};
  const auto user = uid_of(call_.handle, user_);
  if (!is_login()) {
    if (user) start.sessions = sessions_to_unlock(sources, *user).sessions;
  } else {
    bind_to(start, session_cards(sources, user.value_or(::getuid())));
  }
}

// Of the machine; may be negative.
SteadyClock::duration Attempt::time_left() const {
  return timeline_.left(SteadyClock::now(), call_.conversation.time_spent());
}

Deadline Attempt::deadline() const {
  return refused_ ? closing_ : Deadline::after(duration_cast<milliseconds>(time_left()));
}

Verdict Attempt::failure(WireError error) {
  if (!refused_) {
    const auto step = timeline_.step();
    call_.log.write(LogLevel::kError, std::string("the session with jpki-validator failed: ")
                                          .append(name_of(error))
                                          .append(" in step ")
                                          .append(step ? name_of(*step) : "starting"));
  }
  hung_up_ = error == WireError::kClosed || error == WireError::kIo;
  return error == WireError::kTimeout ? timeline_.out_of_time() : Verdict::kHelperFailed;
}

std::optional<Verdict> Attempt::handle(const LogLine& line, Channel&) {
  call_.log.write(line.level, line.text);
  return std::nullopt;
}

std::optional<Verdict> Attempt::handle(const StepReport& report, Channel&) {
  const auto now = SteadyClock::now();
  if (timeline_.step() == Step::kWaitingForCard) silent_since_ = now;
  timeline_.enter(report.step, now);
  if (report.step == Step::kWaitingForCard && !card_asked_for_) {
    card_asked_for_ = true;
    call_.conversation.tell({{.state = ScreenState::kInsertCard}, call_.messages.insert_card()});
  }
  if (const auto state = shown_in(report.step)) call_.conversation.show(*state);
  return std::nullopt;
}

// Who is asked sees what is typed, where it may be seen, and has the signals.
void Attempt::turn_to_person() {
  interrupt_.reset();
  no_echo_.end();
}

std::optional<Verdict> Attempt::handle(const AskCard& ask, Channel& channel) {
  if (!is_login()) return failure(WireError::kUnexpected);
  turn_to_person();
  const auto card = questions_.card(ask);
  silent_since_ = SteadyClock::now();
  if (!card) {
    result_.conversation_failed = card.error().conversation_failed;
    return refuse(card.error().verdict, channel);
  }
  const auto sent = channel.send(CardReply{*card}, deadline());
  return sent ? std::nullopt : std::optional(failure(sent.error()));
}

std::optional<Verdict> Attempt::handle(const AskPin& ask, Channel& channel) {
  if (!ends_in_pin(call_.options.purpose)) return failure(WireError::kUnexpected);
  result_.account = asked_about_ = ask.account;
  result_.tries_left = ask.tries_left;
  result_.smartphone = ask.smartphone;
  if (ask.tries_left && *ask.tries_left < ask.max_tries)
    result_.wrong_before = static_cast<std::uint8_t>(ask.max_tries - *ask.tries_left);
  if (ask.smartphone && (user_.empty() || !is_login())) return failure(WireError::kUnexpected);
  if (const auto reason = why_not(ask.account)) return refuse(*reason, channel);
  turn_to_person();
  if (registers() && !confirms(ask.account)) return refuse(Verdict::kRegistrationDeclined, channel);
  auto entered = questions_.pin(ask);
  if (!entered) {
    result_.conversation_failed = entered.error().conversation_failed;
    return refuse(entered.error().verdict, channel);
  }
  if (!entered->reply.pin.locked())
    call_.log.write(
        LogLevel::kNotice,
        "the page that holds the PIN may be written to swap: RLIMIT_MEMLOCK of this program is too low");
  silent_since_ = SteadyClock::now();
  if (questions_.too_old()) {
    result_.answers.late = LateAnswer{ask, std::move(entered->reply)};
    return refuse(Verdict::kTimeout, channel);
  }
  if (has_spoken(channel)) return std::nullopt;
  result_.first_pass_used = entered->from_first_pass;
  pin_given_ = true;
  const auto sent = channel.send(Message(std::move(entered->reply)), deadline());
  if (sent || sent.error() == WireError::kClosed) return std::nullopt;  // what was said before is heard
  return failure(sent.error());
}

// A yes before the PIN: that is not asked for without it.
bool Attempt::confirms(const std::string& account) {
  const auto answer = call_.conversation.ask_hidden(
      {{.state = ScreenState::kNotice, .account = account}, call_.messages.registration_question(account)});
  result_.conversation_failed = !answer;
  return answer && is_yes(answer->text());
}

// Tells the validator to close the card; its Outcome may still bring the pseudonym for our log.
std::optional<Verdict> Attempt::refuse(Verdict verdict, Channel& channel) {
  refused_ = verdict;
  closing_ = Deadline::after(kClosingTime);
  const auto sent = channel.send(Message(Cancel{verdict}), closing_);
  return sent ? std::nullopt : std::optional(verdict);
}

// From where it was copied it is wiped as well.
std::optional<Verdict> Attempt::handle(const TicketPart& part, Channel&) {
  const bool taken = pin_given_ && result_.ticket.append(part.bytes);
  ::explicit_bzero(const_cast<std::uint8_t*>(part.bytes.data()), part.bytes.size());
  return taken ? std::nullopt : std::optional(failure(WireError::kUnexpected));
}

std::optional<Verdict> Attempt::handle(const Outcome& outcome, Channel&) {
  outcome_seen_ = true;
  if (!equal_in_constant_time(outcome.nonce, nonce_)) return failure(WireError::kUnexpected);
  if (!outcome.account.empty()) result_.account = outcome.account;
  // What was left before a PIN is not what is left after it.
  if (pin_given_ || outcome.tries_left) result_.tries_left = outcome.tries_left;
  result_.pseudonym = outcome.certificate_pseudonym;
  result_.expires_in = outcome.expires_in;
  result_.overlap_days = outcome.overlap_days;
  result_.registrable = outcome.registrable;
  result_.registrable_certificate = outcome.registrable_certificate;
  result_.other_card = outcome.other_card;
  result_.token_label = outcome.token_label;
  result_.card = outcome.card;
  result_.nonce = nonce_;
  result_.no_ticket = outcome.no_ticket;
  if (outcome.ticket_required) result_.ticket.require();
  return judge(outcome);
}

Verdict Attempt::judge(const Outcome& outcome) const {
  if (outcome.verdict == Verdict::kPinIncorrect && outcome.tries_left == 0) return Verdict::kPinLocked;
  if (outcome.verdict != Verdict::kAccepted) return outcome.verdict;
  if (ends_in_pin(call_.options.purpose) ? !pin_given_ || outcome.account != asked_about_
                                         : outcome.account != user_)
    return Verdict::kHelperFailed;
  if (registers() == outcome.registrable.empty()) return Verdict::kHelperFailed;
  return why_not(outcome.account).value_or(Verdict::kAccepted);
}

std::optional<Verdict> Attempt::why_not(const std::string& account) const {
  if (!user_.empty() && account != user_) return Verdict::kOtherUser;
  if (!account_usable(call_.handle, account, call_.options.min_uid)) return Verdict::kAccountUnusable;
  return std::nullopt;
}

}  // namespace

AttemptResult run_attempt(Call& call, Timeline& timeline, FirstPass policy, Answers before) {
  return Attempt(call, timeline, policy, std::move(before)).run();
}

}  // namespace jpki::pam
