// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/login.h"

#include "pam_jpki/account.h"
#include "pam_jpki/attempt.h"
#include "pam_jpki/verdict_to_pam.h"

namespace jpki::pam {
namespace {

FirstPass first_pass_policy(const Options& options) {
  if (options.use_first_pass) return FirstPass::kOnly;
  return options.try_first_pass ? FirstPass::kTry : FirstPass::kNever;
}

AttemptResult attempt_login(Call& call, Timeline& timeline) {
  AttemptResult result;
  if (!call.options.config_file_usable) {
    result.verdict = Verdict::kConfigInvalid;
    return result;
  }
  const FirstPass policy = first_pass_policy(call.options);
  result = run_attempt(call, timeline, policy);
  const bool guess_was_wrong = result.verdict == Verdict::kPinIncorrect && result.first_pass_used;
  if (policy == FirstPass::kTry && guess_was_wrong) result = run_attempt(call, timeline, FirstPass::kNever);
  return result;
}

// The handle learns of the success: PAM_USER when the card said who it is, and that it was us.
Verdict take_effect(Call& call, const std::string& account) {
  const bool user_known = !text_item(call.handle, PAM_USER).empty();
  if (!user_known && ::pam_set_item(call.handle, PAM_USER, account.c_str()) != PAM_SUCCESS)
    return Verdict::kInternal;
  return remember_login(call.handle, account) ? Verdict::kAccepted : Verdict::kInternal;
}

// Only a name that this machine knows: what was typed as a user name may be a PIN.
std::string loggable_account(Call& call, const AttemptResult& result) {
  if (!result.account.empty()) return result.account;
  const std::string user = text_item(call.handle, PAM_USER);
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
  line += " service=" + text_item(call.handle, PAM_SERVICE) + " account=" + loggable_account(call, result);
  if (!result.pseudonym.empty()) line += " certificate=" + result.pseudonym;
  if (result.tries_left) line += " tries_left=" + std::to_string(*result.tries_left);
  if (result.conversation_failed) line += " conversation=failed";
  line += " steps_ms=\"" + timeline.text() + "\"";
  call.log.write(level_of(code), line);
}

}  // namespace

int log_in(Call& call) {
  Timeline timeline(std::chrono::steady_clock::now(), call.options.timeout, call.options.wait_for_card);
  AttemptResult result = attempt_login(call, timeline);
  if (result.verdict == Verdict::kAccepted) result.verdict = take_effect(call, result.account);
  log_decision(call, result, timeline);
  if (result.verdict == Verdict::kAccepted) return PAM_SUCCESS;
  if (result.conversation_failed) return PAM_CONV_ERR;
  const int code = apply_ignore(to_pam(result.verdict), call.options);
  // What is ignored is no end for the person: the next module decides.
  if (code != PAM_IGNORE)
    call.conversation.complain(call.messages.verdict(result.verdict, result.tries_left));
  return code;
}

}  // namespace jpki::pam
