// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/emergency.h"

#include "base/node_name.h"
#include "pam_jpki/account.h"
#include "pam_jpki/emergency_helper.h"
#include "pam_jpki/handle_data.h"
#include "pam_jpki/refusal.h"
#include "pam_jpki/verdict_to_pam.h"
#include "pam_jpki/whereabouts.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>

namespace jpki::pam {
namespace {

constexpr char kCodeLoginKey[] = "pam_jpki_code_login";
constexpr int kMaxPrompts = 3;

// How it ended, for the log and for the person.
struct Ending {
  Verdict verdict;
  std::string cause{};
  std::string id{};
  bool conversation_failed = false;
};

Ending ending_of(EmergencyAnswer answer) {
  return {answer.verdict, std::move(answer.cause), std::move(answer.id)};
}

// Who was asked for no code, or has none, wants the next question of the stack and no words before it.
bool worth_telling(const Ending& ending) {
  constexpr Verdict kNoCode[] = {Verdict::kEmergencyCancelled, Verdict::kEmergencyRemote,
                                 Verdict::kEmergencyAccount, Verdict::kNobodyToAsk};
  return std::ranges::find(kNoCode, ending.verdict) == std::end(kNoCode);
}

LogLevel level_of(const Ending& ending) {
  return worth_telling(ending) ? LogLevel::kWarning : LogLevel::kInfo;
}

// Every try is a warning: somebody is about to get in without a card.
void log_ending(const Call& call, const std::string& account, const Ending& ending) {
  std::string line = code_of(ending.verdict);
  line.append(" ").append(name_of(ending.verdict)).append(" emergency code");
  line += " service=" + text_item(call.handle, PAM_SERVICE) + " account=" + account + " host=" + node_name();
  if (!ending.id.empty()) line += " id=" + ending.id;
  if (!ending.cause.empty()) line += " cause=\"" + ending.cause + "\"";
  if (ending.conversation_failed) line += " conversation=failed";
  call.log.write(level_of(ending), line);
}

Words code_question(const Call& call, const std::string& account, const std::string& challenge) {
  std::string text = call.messages.emergency_prompt();
  if (!challenge.empty())
    text =
        call.messages.emergency_challenge(node_name(), account, in_groups(as_bytes(challenge))) + "\n" + text;
  return {{.state = ScreenState::kCode, .account = account}, std::move(text)};
}

// A typing error is told and costs nothing.
Expected<Secret, Ending> ask_for_code(Call& call, const std::string& account, const std::string& challenge) {
  for (int i = 0; i < kMaxPrompts; ++i) {
    if (i > 0)
      call.conversation.complain(
          {{.state = ScreenState::kWrongForm}, call.messages.verdict(Verdict::kEmergencyMalformed, {})},
          call.messages.in_short(Verdict::kEmergencyMalformed));
    const auto typed = call.conversation.ask_hidden(code_question(call, account, challenge));
    if (!typed)
      return Unexpected{Ending{.verdict = Verdict::kEmergencyCancelled, .conversation_failed = true}};
    if (typed->text().empty()) return Unexpected{Ending{Verdict::kEmergencyCancelled}};
    if (auto code = emergency_code_of(typed->text())) return std::move(*code);
  }
  return Unexpected{Ending{Verdict::kEmergencyMalformed}};
}

// What refuses before anything is asked.
std::optional<Ending> refused_at_the_door(const Call& call, const std::string& account,
                                          std::optional<uid_t> uid) {
  const Screen& screen = call.conversation.screen();
  // What is typed once and goes to every prompt may be a PIN.
  if (!screen.somebody || !screen.questions) return Ending{Verdict::kNobodyToAsk};
  if (auto cause = elsewhere(call)) return Ending{Verdict::kEmergencyRemote, std::move(*cause)};
  if (!uid || *uid == 0 || *uid < call.options.min_uid || account == "root")
    return Ending{Verdict::kEmergencyAccount};
  return std::nullopt;
}

Ending converse(Call& call, const std::string& account, std::optional<uid_t> uid) {
  if (auto refused = refused_at_the_door(call, account, uid)) return std::move(*refused);
  EmergencyAnswer begun = ask_emergency(
      call.installation, {.step = EmergencyStep::kBegin, .account = account, .uid = *uid, .code = {}});
  if (begun.verdict != Verdict::kAccepted) return ending_of(std::move(begun));
  if (!begun.cause.empty()) call.log.write(LogLevel::kError, begun.cause);
  auto code = ask_for_code(call, account, begun.challenge);
  if (!code) return std::move(code.error());
  EmergencyAnswer answer =
      ask_emergency(call.installation,
                    {.step = EmergencyStep::kTry, .account = account, .uid = *uid, .code = std::move(*code)});
  // A host that named another user meanwhile gets no success for that one.
  const bool still_asked = named_account(call.handle) == account;
  if (answer.verdict == Verdict::kAccepted && !still_asked)
    return {Verdict::kEmergencyRefused, "the host named another user meanwhile", std::move(answer.id)};
  return ending_of(std::move(answer));
}

// In the machine's time zone.
std::string day_and_time(std::uint64_t when) {
  const auto seconds = static_cast<std::time_t>(when);
  std::tm parts{};
  char text[32] = "";
  if (::localtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &parts);
  return text;
}

}  // namespace

int log_in_by_code(Call& call) {
  const char* user = nullptr;
  if (text_item(call.handle, PAM_USER).empty() && call.conversation.screen().somebody &&
      ::pam_get_user(call.handle, &user, nullptr) != PAM_SUCCESS)
    return PAM_CONV_ERR;
  const std::string account = named_account(call.handle);
  const auto uid = uid_of(call.handle, account);
  Ending ending = converse(call, account, uid);
  if (ending.verdict == Verdict::kAccepted &&
      !keep(call.handle, kCodeLoginKey, text_item(call.handle, PAM_USER)))
    ending.verdict = Verdict::kInternal;
  // Only a name that this machine knows: what was typed as a user name may be a PIN.
  log_ending(call, uid ? account : "(unknown)", ending);
  if (ending.verdict == Verdict::kAccepted) {
    call.conversation.notify(call.messages.code_is_used_up());
    return PAM_SUCCESS;
  }
  if (ending.conversation_failed) return PAM_CONV_ERR;
  if (worth_telling(ending)) {
    tell_refusal(call, ending.verdict, std::nullopt);
    hold_refusal(call, ending.verdict);
  }
  return to_pam(ending.verdict);
}

bool logged_in_by_code(const pam_handle_t* handle) {
  const auto* const account = kept<std::string>(handle, kCodeLoginKey);
  return account != nullptr && *account == text_item(handle, PAM_USER);
}

void forget_code_login(pam_handle_t* handle) {
  forget(handle, kCodeLoginKey);
}

void tell_of_used_code(Call& call, const std::string& account) {
  const auto uid = uid_of(call.handle, account);
  // Where it could not be read, it is kept for another screen.
  if (!uid || !call.conversation.screen().keeps_messages() || !may_have_used_code(call.installation, *uid))
    return;
  const EmergencyAnswer answer =
      ask_emergency(call.installation, {.step = EmergencyStep::kNotice,
                                        .account = canonical_name(call.handle, account),
                                        .uid = *uid,
                                        .code = {}});
  if (!answer.cause.empty()) call.log.write(LogLevel::kError, "emergency code: " + answer.cause);
  if (answer.used != 0) call.conversation.notify(call.messages.code_was_used(day_and_time(answer.used)));
}

}  // namespace jpki::pam
