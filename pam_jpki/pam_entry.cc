// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The functions that libpam calls; their meaning is in module.h. No exception passes this file.
#include "base/lock_note.h"
#include "base/session_record.h"
#include "pam_jpki/account.h"
#include "pam_jpki/module.h"
#include "pam_jpki/verdict_to_pam.h"

namespace {

// What the system and the kernel own; tests have their own.
#ifndef JPKI_PROCESSDIR
#define JPKI_ACCOUNT_SOCKET "/run/jpki/account.sock"
#define JPKI_LOCK_NOTES jpki::kLockNotes
#define JPKI_LANGUAGE_FILES "/etc/locale.conf", "/etc/default/locale"
#define JPKI_PROCESSDIR "/proc/self"
#define JPKI_PROMPT_LIFE_MS 300'000
#define JPKI_RESTART_PACE_MS 10'000
#define JPKI_SESSION_RECORDS jpki::kSessionRecords
#define JPKI_SESSIONSDIR "/run/systemd/sessions"
#define JPKI_VALIDATOR_SOCKET "/run/jpki/validator.sock"
#endif

constexpr jpki::pam::Installation kInstallation{JPKI_LIBEXECDIR "/jpki-validator",
                                                JPKI_VALIDATOR_SOCKET,
                                                JPKI_LOCALEDIR,
                                                JPKI_LIBEXECDIR "/jpki-account",
                                                JPKI_ACCOUNT_SOCKET,
                                                JPKI_SYSCONFDIR "/ad.toml",
                                                JPKI_STATEDIR "/ad/ids",
                                                JPKI_SESSION_RECORDS,
                                                JPKI_LOCK_NOTES,
                                                {JPKI_PROCESSDIR, JPKI_SESSIONSDIR},
                                                {{JPKI_LANGUAGE_FILES}},
                                                std::chrono::milliseconds(JPKI_PROMPT_LIFE_MS),
                                                std::chrono::milliseconds(JPKI_RESTART_PACE_MS),
                                                JPKI_LIBEXECDIR "/jpki-emergency",
                                                JPKI_STATEDIR "/emergency",
                                                JPKI_LIBEXECDIR "/jpki-ticket",
                                                JPKI_LIBEXECDIR "/jpki-self-registration"};

using Function = int(pam_handle_t*, int, int, const char**, const jpki::pam::Installation&);

template <Function* function>
int guarded(pam_handle_t* handle, int flags, int argc, const char** argv) noexcept {
  jpki::pam::open_name_service();
  try {
    return function(handle, flags, argc, argv, kInstallation);
  } catch (...) {
    return jpki::pam::to_pam(jpki::Verdict::kInternal);
  }
}

}  // namespace

#pragma GCC visibility push(default)

PAM_EXTERN int pam_sm_authenticate(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::authenticate>(handle, flags, argc, argv);
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::set_credentials>(handle, flags, argc, argv);
}

PAM_EXTERN int pam_sm_acct_mgmt(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::check_account>(handle, flags, argc, argv);
}

PAM_EXTERN int pam_sm_open_session(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::open_session>(handle, flags, argc, argv);
}

PAM_EXTERN int pam_sm_close_session(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::close_session>(handle, flags, argc, argv);
}

PAM_EXTERN int pam_sm_chauthtok(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return guarded<&jpki::pam::change_pin>(handle, flags, argc, argv);
}

#pragma GCC visibility pop
