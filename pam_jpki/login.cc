// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/login.h"

#include "pam_jpki/account.h"
#include "pam_jpki/attempt.h"
#include "pam_jpki/emergency.h"
#include "pam_jpki/refusal.h"
#include "pam_jpki/registration.h"
#include "pam_jpki/restart_pace.h"
#include "pam_jpki/session.h"
#include "pam_jpki/verdict_to_pam.h"
#include "pam_jpki/whereabouts.h"

#include <optional>

namespace jpki::pam {
namespace {

constexpr int kMaxRounds = 3;

FirstPass first_pass_policy(const Options& options) {
  if (options.use_first_pass) return FirstPass::kOnly;
  return options.try_first_pass ? FirstPass::kTry : FirstPass::kNever;
}

// What refuses a login before any card is looked at.
std::optional<AttemptResult> refused_at_the_door(Call& call) {
  const bool asks = call.options.purpose == Purpose::kLogin && !call.options.use_first_pass;
  if (asks && !call.conversation.screen().somebody) return AttemptResult{.verdict = Verdict::kNobodyToAsk};
  if (!call.options.config_file_usable) return AttemptResult{.verdict = Verdict::kConfigInvalid};
  if (auto cause = not_at_a_seat(call))
    return AttemptResult{.verdict = Verdict::kRemoteLogin, .cause = std::move(*cause)};
  const std::string user = text_item(call.handle, PAM_USER);
  if (!user.empty() && !account_usable(call.handle, user, call.options.min_uid))
    return AttemptResult{.verdict = Verdict::kAccountUnusable};
  return std::nullopt;
}

// Where no message is shown, nobody would know that a card is waited for: a prompt asks for it. Nothing when
// the login goes on.
std::optional<AttemptResult> asked_for_card(Call& call, Timeline& timeline, FirstPass policy) {
  const bool no_card_is_the_end = !call.options.ignore_authinfo_unavail;
  const bool waits = call.options.wait_for_card > call.options.wait_for_card.zero();
  const Screen& screen = call.conversation.screen();
  if (screen.texts || !screen.questions || !no_card_is_the_end || !waits) return std::nullopt;
  Timeline first(std::chrono::steady_clock::now(), call.options.timeout, std::chrono::seconds(0));
  AttemptResult result = run_attempt(call, first, policy);
  if (result.verdict == Verdict::kNoCard) {
    if (call.conversation.ask_hidden(
            {{.state = ScreenState::kInsertCard}, call.messages.insert_card_prompt()})) {
      timeline = Timeline(std::chrono::steady_clock::now(), call.options.timeout, call.options.wait_for_card);
      return std::nullopt;
    }
    result.conversation_failed = true;
  }
  timeline = first;
  return result;
}

AttemptResult attempt_login(Call& call, Timeline& timeline, FirstPass policy) {
  if (auto refused = refused_at_the_door(call)) return std::move(*refused);
  auto early = asked_for_card(call, timeline, policy);
  AttemptResult result = early ? std::move(*early) : run_attempt(call, timeline, policy);
  // What the first validator checked was read when it began, and it can open no file again.
  if (result.answers.late) result = run_attempt(call, timeline, policy, std::move(result.answers));
  const bool guess_was_wrong = result.verdict == Verdict::kPinIncorrect && result.first_pass_used;
  // Where one text goes to every prompt, it would be the same again.
  if (policy == FirstPass::kTry && guess_was_wrong && call.conversation.screen().questions)
    result = run_attempt(call, timeline, FirstPass::kNever, std::move(result.answers));
  return result;
}

std::optional<CardLogin> login_by(const AttemptResult& result) {
  if (!result.card) return std::nullopt;
  return CardLogin{*result.card, result.nonce, result.pseudonym, SystemClock().now(), boot_time()};
}

// The handle learns of the success: PAM_USER when the card said who it is, that it was us, and by which card.
// A host that named another user meanwhile gets no success for that one.
Verdict take_effect(Call& call, AttemptResult& result) {
  const std::string& account = result.account;
  const std::string user = named_account(call.handle);
  if (!user.empty() && user != account) return Verdict::kOtherUser;
  if (user.empty() && ::pam_set_item(call.handle, PAM_USER, account.c_str()) != PAM_SUCCESS)
    return Verdict::kInternal;
  if (!remember_login(call.handle, text_item(call.handle, PAM_USER))) return Verdict::kInternal;
  remember_token_label(call.handle, result.token_label);
  remember_card(call.handle, login_by(result));
  remember_ticket(call.handle, std::move(result.ticket));
  return Verdict::kAccepted;
}

// Nothing is remembered that makes it a login: no session is opened by it (module.h).
Verdict take_effect_of_unlock(Call& call, const AttemptResult& result) {
  const std::string user = named_account(call.handle);
  if (user.empty() || user != result.account) return Verdict::kOtherUser;
  return remember_unlock(call.handle, text_item(call.handle, PAM_USER)) ? Verdict::kAccepted
                                                                        : Verdict::kInternal;
}

// Only a name that this machine knows: what was typed as a user name may be a PIN.
std::string loggable_account(Call& call, const AttemptResult& result) {
  if (!result.account.empty()) return result.account;
  const std::string user = named_account(call.handle);
  return account_exists(call.handle, user) ? user : "(unknown)";
}

LogLevel level_of(int code) {
  if (code == PAM_SUCCESS) return LogLevel::kInfo;
  return code == PAM_AUTHINFO_UNAVAIL ? LogLevel::kWarning : LogLevel::kNotice;
}

void log_decision(Call& call, const AttemptResult& result, const Timeline& timeline) {
  const int code = to_pam(result.verdict);
  std::string line = code_of(result.verdict);
  line.append(" ").append(name_of(result.verdict));
  if (call.options.purpose != Purpose::kLogin)
    line += call.options.purpose == Purpose::kPresence ? " unlock=presence" : " unlock=recent";
  line += " service=" + text_item(call.handle, PAM_SERVICE) + " account=" + loggable_account(call, result);
  if (!result.pseudonym.empty()) line += " certificate=" + result.pseudonym;
  if (result.tries_left) line += " tries_left=" + std::to_string(*result.tries_left);
  if (!result.cause.empty()) line += " cause=\"" + result.cause + "\"";
  if (result.interrupted) line += " interrupted";
  if (result.conversation_failed) line += " conversation=failed";
  const bool out_of_time = result.verdict == Verdict::kCardSilent || result.verdict == Verdict::kTimeout;
  if (call.options.debug || out_of_time) line += " steps_ms=\"" + timeline.text() + "\"";
  call.log.write(level_of(code), line);
}

// The host's own words after a wrong PIN would be about a password, and ours are gone: where the conversation
// goes on, the person learns why from the next prompt. A smartphone's PIN is asked for once.
bool asks_again_here(const Call& call, const AttemptResult& result, FirstPass policy) {
  const Screen& screen = call.conversation.screen();
  return result.verdict == Verdict::kPinIncorrect && !result.smartphone && screen.holds() &&
         !screen.same_handle && policy != FirstPass::kOnly && !result.interrupted &&
         !result.conversation_failed;
}

void notify_of_wrong_pins(Call& call, const AttemptResult& result) {
  if (result.wrong_before == 0) return;
  call.conversation.notify(call.messages.wrong_pins_before(result.wrong_before, result.smartphone));
}

int refuse(Call& call, const AttemptResult& result) {
  remember_refusal(call.handle);
  if (result.interrupted) return to_pam(Verdict::kCancelled);
  if (result.conversation_failed) return PAM_CONV_ERR;
  const bool user_named = !text_item(call.handle, PAM_USER).empty();
  const int code = apply_ignore(result.verdict, user_named, call.options);
  if (code != PAM_IGNORE || worth_telling(result.verdict, user_named)) {
    tell_refusal(call, result.verdict, result.tries_left, result.smartphone);
    hold_refusal(call, result.verdict);
  }
  return code;
}

// One conversation of the person, with as many attempts as belong to it.
int converse(Call& call) {
  // Some hosts call again at once after a refusal, without a user. Asking for one gives the person the time
  // to act, and the say in who logs in: a card that was refused for one user must not quietly log in another.
  const Screen& screen = call.conversation.screen();
  const char* user = nullptr;
  if (screen.somebody && refused_before(call.handle) && text_item(call.handle, PAM_USER).empty() &&
      (!screen.questions || ::pam_get_user(call.handle, &user, nullptr) != PAM_SUCCESS))
    return PAM_CONV_ERR;

  FirstPass policy = first_pass_policy(call.options);
  for (int round = 1;; ++round) {
    Timeline timeline(std::chrono::steady_clock::now(), call.options.timeout, call.options.wait_for_card);
    AttemptResult result = attempt_login(call, timeline, policy);
    remember_attempt(call.handle, result.begun);
    if (result.verdict == Verdict::kAccepted) result.verdict = take_effect(call, result);
    log_decision(call, result, timeline);
    if (result.verdict == Verdict::kNotMapped) remember_unregistered(call.handle, result.pseudonym);
    if (result.verdict == Verdict::kAccepted) {
      // What went wrong in this handle or conversation, the person has seen.
      if (round == 1 && !refused_before(call.handle)) notify_of_wrong_pins(call, result);
      tell_of_used_code(call, result.account);
      if (result.no_ticket) call.conversation.notify(call.messages.verdict(*result.no_ticket, std::nullopt));
      if (result.overlap_days)
        call.conversation.notify(call.messages.registered_in_place(*result.overlap_days));
      if (result.other_card) call.conversation.notify(call.messages.other_card());
      if (result.expires_in)
        call.conversation.notify(call.messages.expires_in(*result.expires_in, result.smartphone));
      return PAM_SUCCESS;
    }
    if (round == kMaxRounds || !asks_again_here(call, result, policy)) return refuse(call, result);
    tell_refusal(call, result.verdict, result.tries_left);
    policy = FirstPass::kNever;
  }
}

}  // namespace

int log_in(Call& call) {
  keep_pace(call);  // an earlier line of this stack was passed over
  const int code = converse(call);
  // Who is passed over is asked by the next module: nobody begins anew.
  if (code != PAM_SUCCESS && code != PAM_IGNORE) keep_pace(call);
  return code;
}

int unlock(Call& call) {
  Timeline timeline(std::chrono::steady_clock::now(), call.options.timeout, call.options.wait_for_card);
  AttemptResult result;
  if (text_item(call.handle, PAM_USER).empty()) {
    result.verdict = Verdict::kNoCardSession;
    result.cause = "no user is named, so nobody is there whose screen is locked";
  } else if (auto refused = refused_at_the_door(call)) {
    result = std::move(*refused);
  } else {
    result = run_attempt(call, timeline, FirstPass::kNever);
  }
  if (result.verdict == Verdict::kAccepted) result.verdict = take_effect_of_unlock(call, result);
  log_decision(call, result, timeline);
  if (result.verdict == Verdict::kAccepted) return PAM_IGNORE;
  if (result.interrupted) return to_pam(Verdict::kCancelled);
  tell_refusal(call, result.verdict, std::nullopt);
  return to_pam(result.verdict);
}

}  // namespace jpki::pam
