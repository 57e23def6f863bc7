// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Accounts: which exist here and may log in by card, and which one this PAM handle was authenticated as.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <security/pam_modules.h>

namespace jpki::pam {

// Once in a process, before anything else here: its first look-up reads nsswitch.conf, under locks that
// fork(2) leaves held (fork_guard.h).
void open_name_service() noexcept;

// PAM item `type` as a copy; empty when it is not set.
std::string text_item(const pam_handle_t* handle, int type);

bool account_exists(pam_handle_t* handle, const std::string& name);

// The account exists and its uid is at least `min_uid`.
bool account_usable(pam_handle_t* handle, const std::string& name, uid_t min_uid);

// The account's own name for a spelling that finds it (another case, DOMAIN\user, a mapping string); the
// spelling itself when there is no such account, and when its own name finds another one: the directory's
// "hanako" is not the "hanako" of /etc/passwd, though "HANAKO" finds her.
std::string canonical_name(pam_handle_t* handle, const std::string& spelling);

// The canonical name for PAM_USER, which is as the host or the person wrote it; empty when it is not set.
std::string named_account(pam_handle_t* handle);

// What the name service says; nothing when there is no such account.
std::optional<uid_t> uid_of(pam_handle_t* handle, const std::string& name);

// The name of this user; empty when the name service has none.
std::string name_of(pam_handle_t* handle, uid_t uid);

// /etc/passwd has the account: it is this machine's own, and no directory has a say about it.
bool is_local(const std::string& name);

// Our own success, kept in the handle (never in a PAM item) for the functions that are called after
// pam_sm_authenticate: `user` is PAM_USER as it is spelled. remember_login() is false when there is no memory
// for it.
bool remember_login(pam_handle_t* handle, const std::string& user);
void remember_token_label(pam_handle_t* handle, const std::string& label);
std::string token_label(const pam_handle_t* handle);  // empty: none is known
void forget_login(pam_handle_t* handle);

// That this handle was let unlock a screen without a PIN, which is no login; as logged_in_by_card().
bool remember_unlock(pam_handle_t* handle, const std::string& user);
bool unlocked(const pam_handle_t* handle);
void forget_unlock(pam_handle_t* handle);

// That this handle was refused before, as hosts like login(1) call again and again.
void remember_refusal(pam_handle_t* handle);
bool refused_before(const pam_handle_t* handle);

// When the last attempt of this handle began.
void remember_attempt(pam_handle_t* handle, std::chrono::steady_clock::time_point begun);
std::optional<std::chrono::steady_clock::time_point> last_attempt(const pam_handle_t* handle);

// What the person was not told yet because the screen shows prompts only; empty: nothing.
void remember_untold(pam_handle_t* handle, const std::string& words);
std::string untold(const pam_handle_t* handle);

// This module authenticated this handle, and PAM_USER still names the account that it was for.
bool logged_in_by_card(const pam_handle_t* handle);

}  // namespace jpki::pam
