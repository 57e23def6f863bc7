// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/module.h"

#include "pam_jpki/account.h"
#include "pam_jpki/call.h"
#include "pam_jpki/login.h"
#include "pam_jpki/verdict_to_pam.h"

namespace jpki::pam {
namespace {

void log_session(pam_handle_t* handle, std::string_view what) {
  if (!logged_in_by_card(handle)) return;
  const Log log(handle, false);
  log.write(LogLevel::kInfo, std::string(what) + " account=" + text_item(handle, PAM_USER));
}

}  // namespace

int authenticate(pam_handle_t* handle, int flags, int argc, const char** argv,
                 const Installation& installation) {
  forget_login(handle);
  Call call(handle, flags, parse_options(argc, argv), installation);
  return log_in(call);
}

int set_credentials(pam_handle_t* handle, int, int, const char**, const Installation&) {
  return logged_in_by_card(handle) ? PAM_SUCCESS : PAM_IGNORE;
}

int check_account(pam_handle_t* handle, int flags, int argc, const char** argv,
                  const Installation& installation) {
  if (!logged_in_by_card(handle)) return PAM_IGNORE;
  Call call(handle, flags, parse_options(argc, argv), installation);
  const std::string account = text_item(handle, PAM_USER);
  if (account_usable(handle, account, call.options.min_uid)) return PAM_SUCCESS;
  const Verdict verdict = Verdict::kAccountUnusable;
  call.log.write(LogLevel::kNotice,
                 code_of(verdict) + " " + std::string(name_of(verdict)) + " account=" + account);
  const int code = apply_ignore(verdict, true, call.options);
  if (code != PAM_IGNORE) call.conversation.complain(call.messages.verdict(verdict, std::nullopt));
  return code;
}

int open_session(pam_handle_t* handle, int, int, const char**, const Installation&) {
  log_session(handle, "session opened after card login");
  return PAM_SUCCESS;
}

int close_session(pam_handle_t* handle, int, int, const char**, const Installation&) {
  log_session(handle, "session closed after card login");
  return PAM_SUCCESS;
}

int change_pin(pam_handle_t* handle, int flags, int argc, const char** argv,
               const Installation& installation) {
  if ((flags & PAM_PRELIM_CHECK) == 0) return PAM_IGNORE;
  Call call(handle, flags, parse_options(argc, argv), installation);
  call.conversation.tell(call.messages.pin_is_changed_elsewhere());
  return PAM_IGNORE;
}

}  // namespace jpki::pam
