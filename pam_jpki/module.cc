// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/module.h"

#include "pam_jpki/account.h"
#include "pam_jpki/call.h"
#include "pam_jpki/directory_account.h"
#include "pam_jpki/emergency.h"
#include "pam_jpki/login.h"
#include "pam_jpki/refusal.h"
#include "pam_jpki/registration.h"
#include "pam_jpki/restart_pace.h"
#include "pam_jpki/session.h"
#include "pam_jpki/ticket.h"
#include "pam_jpki/verdict_to_pam.h"

#include <new>
#include <optional>

namespace jpki::pam {
namespace {

void log_session(pam_handle_t* handle, std::string_view what) {
  const bool by_code = logged_in_by_code(handle);
  if (!by_code && !logged_in_by_card(handle)) return;
  const Log log(handle, false);
  log.write(by_code ? LogLevel::kWarning : LogLevel::kInfo,
            std::string(what) + (by_code ? " after a login by emergency code" : " after card login") +
                " account=" + text_item(handle, PAM_USER));
}

constexpr std::chrono::seconds kDirectoryPatience{5};

// What the directory has against the account, or that it cannot be told; nothing when it has not. Accounts of
// this machine are none of the directory's, whatever is broken: root must get in. A card that the directory
// binds to an account of its own does not log in to a local one of that name.
std::optional<Verdict> refused_by_directory(const Call& call, const std::string& account, bool by_card) {
  const std::string name = canonical_name(call.handle, account);
  const bool local = is_local(name);
  if (local && !by_card) return std::nullopt;
  const AccountAnswer answer = ask_directory(
      call.installation, call.log,
      {text_item(call.handle, PAM_SERVICE), name, uid_of(call.handle, name), local}, kDirectoryPatience);
  if (answer.verdict && !answer.source.empty())
    call.log.write(LogLevel::kInfo, "account state of " + account + " by " + answer.source);
  if (!answer.verdict || *answer.verdict == Verdict::kAccepted) return std::nullopt;
  call.log.write(LogLevel::kNotice, code_of(*answer.verdict) + " " + std::string(name_of(*answer.verdict)) +
                                        " account=" + account + " cause=\"" + answer.cause + "\"");
  const int code = to_pam(*answer.verdict);
  const bool of_the_directory = code == PAM_ACCT_EXPIRED || code == PAM_PERM_DENIED;
  return of_the_directory ? *answer.verdict : Verdict::kAccountStateUnknown;
}

// False: a session without it is not wanted.
bool ticket_is_kept(pam_handle_t* handle, int flags, int argc, const char** argv,
                    const Installation& installation) {
  const Kept kept = keep_ticket(handle, installation, Log(handle, false));
  if (kept == Kept::kFailed || kept == Kept::kFailedAndRequired) {
    Call call(handle, flags, parse_options(argc, argv), installation);
    call.conversation.notify(call.messages.verdict(Verdict::kTicketNotKept, std::nullopt));
  }
  return kept != Kept::kFailedAndRequired;
}

}  // namespace

int authenticate(pam_handle_t* handle, int flags, int argc, const char** argv,
                 const Installation& installation) {
  forget_registration(handle);
  Call call(handle, flags, parse_options(argc, argv), installation);
  if (call.options.purpose == Purpose::kRegister) return register_card(call);
  forget_login(handle);
  forget_unlock(handle);
  forget_code_login(handle);
  if (!call.options.emergency) forget_unregistered(handle);
  if (call.options.only_unnamed && !text_item(handle, PAM_USER).empty()) return PAM_IGNORE;
  if (call.options.emergency) return log_in_by_code(call);
  return call.options.purpose == Purpose::kLogin ? log_in(call) : unlock(call);
}

int set_credentials(pam_handle_t* handle, int flags, int argc, const char** argv,
                    const Installation& installation) {
  // By libpam's own macro nothing and PAM_ESTABLISH_CRED mean the same.
  constexpr unsigned kOthers = PAM_DELETE_CRED | PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED;
  const bool establishes = (static_cast<unsigned>(flags) & kOthers) == 0;
  if (establishes) complete_registration(handle, flags, argc, argv, installation);
  if (logged_in_by_code(handle)) return PAM_SUCCESS;
  if (!logged_in_by_card(handle)) return PAM_IGNORE;
  const std::string label = token_label(handle);
  if (!establishes) return PAM_SUCCESS;
  if (!label.empty()) (void)::pam_putenv(handle, ("PKCS11_LOGIN_TOKEN_NAME=" + label).c_str());
  return ticket_is_kept(handle, flags, argc, argv, installation) ? PAM_SUCCESS : PAM_CRED_ERR;
}

int check_account(pam_handle_t* handle, int flags, int argc, const char** argv,
                  const Installation& installation) {
  const bool by_card = logged_in_by_card(handle);
  const bool by_code = logged_in_by_code(handle);
  const bool directory = has_directory(installation);
  if (!by_card && !by_code && !directory) return PAM_IGNORE;
  Call call(handle, flags, parse_options(argc, argv), installation);
  const std::string account = text_item(handle, PAM_USER);
  if (const auto refused = directory ? refused_by_directory(call, account, by_card) : std::nullopt) {
    tell_refusal(call, *refused, std::nullopt);
    hold_refusal(call, *refused);
    keep_pace(call);
    return to_pam(*refused);
  }
  if (!by_card && !by_code) return PAM_IGNORE;
  if (account_usable(handle, account, call.options.min_uid)) return PAM_SUCCESS;
  const Verdict verdict = by_card ? Verdict::kAccountUnusable : Verdict::kEmergencyAccount;
  call.log.write(LogLevel::kNotice,
                 code_of(verdict) + " " + std::string(name_of(verdict)) + " account=" + account);
  const int code = apply_ignore(verdict, true, call.options);
  if (code != PAM_IGNORE) {
    tell_refusal(call, verdict, std::nullopt);
    hold_refusal(call, verdict);
    keep_pace(call);
  }
  return code;
}

// No session fails for want of its record.
int open_session(pam_handle_t* handle, int flags, int argc, const char** argv,
                 const Installation& installation) {
  try {
    if (unlocked(handle) && !logged_in_by_card(handle)) {
      Log(handle, false)
          .write(LogLevel::kError, "no session: what unlocks a screen without a PIN logs nobody in");
      return PAM_SESSION_ERR;
    }
    if (logged_in_by_card(handle) && !ticket_is_kept(handle, flags, argc, argv, installation))
      return PAM_SESSION_ERR;
    log_session(handle, "session opened");
    if (logged_in_by_card(handle)) begin_session_record(handle, installation, Log(handle, false));
  } catch (const std::bad_alloc&) {
  }
  return PAM_SUCCESS;
}

int close_session(pam_handle_t* handle, int, int, const char**, const Installation&) {
  try {
    end_session_record(handle);
    log_session(handle, "session closed");
  } catch (const std::bad_alloc&) {
  }
  return PAM_SUCCESS;
}

int change_pin(pam_handle_t* handle, int flags, int argc, const char** argv,
               const Installation& installation) {
  if ((flags & PAM_PRELIM_CHECK) == 0) return PAM_IGNORE;
  Call call(handle, flags, parse_options(argc, argv), installation);
  call.conversation.tell({{.state = ScreenState::kNotice}, call.messages.pin_is_changed_elsewhere()});
  return PAM_IGNORE;
}

}  // namespace jpki::pam
