// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/registration.h"

#include "base/boot_clock.h"
#include "pam_jpki/account.h"
#include "pam_jpki/attempt.h"
#include "pam_jpki/emergency.h"
#include "pam_jpki/handle_data.h"
#include "pam_jpki/refusal.h"
#include "pam_jpki/registration_helper.h"
#include "pam_jpki/system_service.h"
#include "pam_jpki/verdict_to_pam.h"
#include "pam_jpki/whereabouts.h"

#include <optional>

#include <sys/auxv.h>
#include <unistd.h>

namespace jpki::pam {
namespace {

constexpr char kUnregisteredKey[] = "pam_jpki_unregistered";
constexpr char kClaimKey[] = "pam_jpki_registration";

struct Unregistered {
  std::string pseudonym;
};

struct Claim {
  std::string account;
  std::string service;
  std::string certificate;  // Outcome.registrable
  Blob der;                 // of it; nothing here looks into it
  std::string pseudonym;
  std::string config_file;
  pid_t process = 0;
  std::chrono::milliseconds end{};  // by CLOCK_BOOTTIME
};

std::chrono::milliseconds up() {
  return std::chrono::milliseconds(static_cast<std::int64_t>(boot_time().up_ms));
}

// Who started a set-user-ID program chose what it shows and reads.
bool host_is_trusted() {
  return host_has_root() && ::getauxval(AT_SECURE) == 0;
}

// Why nothing is offered; empty: it is.
std::string not_offered(Call& call, const std::string& account) {
  if (logged_in_by_card(call.handle)) return "the card logged in";
  if (logged_in_by_code(call.handle)) return "an emergency code is no password";
  if (!host_is_trusted()) return "the program is set-user-ID, or not root's";
  if (!call.options.config_file_usable) return "config_file= is not an absolute path";
  if (!call.conversation.screen().choices()) return "the screen cannot show a question";
  (void)not_at_a_seat(call);  // finds where the person is; allow_remote does not count
  if (auto cause = elsewhere(call)) return std::move(*cause);
  if (account.empty() || !account_usable(call.handle, account, call.options.min_uid))
    return "the account does not exist here, or its uid is below min_uid";
  return {};
}

void log_ending(const Call& call, Verdict verdict, const std::string& account, const std::string& pseudonym,
                const std::string& cause) {
  std::string line = code_of(verdict);
  line.append(" ").append(name_of(verdict)).append(" self-registration");
  line += " service=" + text_item(call.handle, PAM_SERVICE) + " account=" + account;
  if (!pseudonym.empty()) line += " certificate=" + pseudonym;
  if (!cause.empty()) line += " cause=\"" + cause + "\"";
  call.log.write(LogLevel::kNotice, line);
}

// That the card is the one that was refused, and the account the one that logs in, else why not.
std::string against_claim(const Call& call, const AttemptResult& result, const Unregistered& refused) {
  if (result.pseudonym.empty() || result.pseudonym != refused.pseudonym)
    return "another card is there than the one that was refused";
  if (named_account(call.handle) != result.account) return "the host named another user meanwhile";
  return {};
}

bool keep_claim(const Call& call, const AttemptResult& result) {
  return keep(call.handle, kClaimKey,
              Claim{.account = result.account,
                    .service = text_item(call.handle, PAM_SERVICE),
                    .certificate = result.registrable,
                    .der = result.registrable_certificate,
                    .pseudonym = result.pseudonym,
                    .config_file = call.options.config_file,
                    .process = ::getpid(),
                    .end = up() + call.installation.prompt_life});
}

int refuse(Call& call, const AttemptResult& result) {
  if (result.interrupted) return to_pam(Verdict::kCancelled);
  if (result.conversation_failed) return PAM_CONV_ERR;
  // Who was not asked wants nothing, and was told before that the card is registered for nobody.
  if (!result.account.empty()) tell_refusal(call, result.verdict, result.tries_left);
  return to_pam(result.verdict);
}

// What is left of the claim: the handle still is what it was for, and its time is not over.
std::string against_completion(const Claim& claim, pam_handle_t* handle) {
  if (claim.process != ::getpid()) return "it is another process's";
  if (up() > claim.end) return "its time is over";
  const bool same = claim.account == named_account(handle) && claim.service == text_item(handle, PAM_SERVICE);
  return same ? "" : "the host named another user or service meanwhile";
}

}  // namespace

void remember_unregistered(pam_handle_t* handle, const std::string& pseudonym) {
  (void)keep(handle, kUnregisteredKey, Unregistered{pseudonym});
}

void forget_unregistered(pam_handle_t* handle) {
  forget(handle, kUnregisteredKey);
}

void forget_registration(pam_handle_t* handle) {
  forget(handle, kClaimKey);
}

int register_card(Call& call) {
  const auto* const refused = kept<Unregistered>(call.handle, kUnregisteredKey);
  if (refused == nullptr) return to_pam(Verdict::kRegistrationRefused);
  const Unregistered card = *refused;
  forget_unregistered(call.handle);  // asked once
  const std::string account = named_account(call.handle);
  if (const std::string why = not_offered(call, account); !why.empty()) {
    const bool known = account_exists(call.handle, account);
    log_ending(call, Verdict::kRegistrationRefused, known ? account : "(unknown)", card.pseudonym, why);
    return to_pam(Verdict::kRegistrationRefused);
  }
  Timeline timeline(std::chrono::steady_clock::now(), call.options.timeout, std::chrono::seconds(0));
  AttemptResult result = run_attempt(call, timeline, FirstPass::kNever);
  if (result.verdict == Verdict::kAccepted) {
    if (std::string why = against_claim(call, result, card); !why.empty()) {
      result.verdict = Verdict::kRegistrationRefused;
      result.cause = std::move(why);
    } else if (!keep_claim(call, result)) {
      result.verdict = Verdict::kInternal;
    }
  }
  if (result.verdict == Verdict::kAccepted) return PAM_IGNORE;
  log_ending(call, result.verdict, account, card.pseudonym, result.cause);
  return refuse(call, result);
}

void complete_registration(pam_handle_t* handle, int flags, int argc, const char** argv,
                           const Installation& installation) {
  const auto* const found = kept<Claim>(handle, kClaimKey);
  if (found == nullptr) return;
  const Claim claim = *found;
  forget_registration(handle);  // used once, whatever comes of it
  Call call(handle, flags, parse_options(argc, argv), installation);
  SelfRegistrationAnswer answer{Verdict::kRegistrationRefused, against_completion(claim, handle)};
  if (answer.cause.empty())
    answer = ask_self_registration(installation, claim.config_file,
                                   {claim.account, claim.service, claim.certificate, claim.der});
  log_ending(call, answer.verdict, claim.account, claim.pseudonym, answer.cause);
  call.conversation.notify(answer.verdict == Verdict::kAccepted
                               ? call.messages.card_is_registered()
                               : call.messages.verdict(answer.verdict, std::nullopt));
}

}  // namespace jpki::pam
