// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/account.h"

#include "pam_jpki/fork_guard.h"
#include "pam_jpki/handle_data.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <pwd.h>
#include <security/pam_modutil.h>

namespace jpki::pam {
namespace {

constexpr char kLoginKey[] = "pam_jpki_login";
constexpr char kRefusalKey[] = "pam_jpki_refusal";
constexpr char kUntoldKey[] = "pam_jpki_untold";
constexpr char kLabelKey[] = "pam_jpki_label";
constexpr char kAttemptKey[] = "pam_jpki_attempt";
constexpr char kUnlockKey[] = "pam_jpki_unlock";

using Instant = std::chrono::steady_clock::time_point;

}  // namespace

void open_name_service() noexcept {
  const ForkGuard guard;
  static bool open = false;
  if (std::exchange(open, true)) return;
  passwd entry{};
  passwd* found = nullptr;
  char buffer[1024];
  ::getpwuid_r(0, &entry, buffer, sizeof buffer, &found);
}

std::string text_item(const pam_handle_t* handle, int type) {
  const void* item = nullptr;
  if (::pam_get_item(handle, type, &item) != PAM_SUCCESS || item == nullptr) return {};
  return static_cast<const char*>(item);
}

bool account_exists(pam_handle_t* handle, const std::string& name) {
  return account_usable(handle, name, 0);
}

bool account_usable(pam_handle_t* handle, const std::string& name, uid_t min_uid) {
  if (name.empty()) return false;
  const passwd* entry = ::pam_modutil_getpwnam(handle, name.c_str());
  return entry != nullptr && entry->pw_uid >= min_uid;
}

std::string canonical_name(pam_handle_t* handle, const std::string& spelling) {
  const passwd* const entry = spelling.empty() ? nullptr : ::pam_modutil_getpwnam(handle, spelling.c_str());
  if (entry == nullptr || spelling == entry->pw_name) return spelling;
  return uid_of(handle, entry->pw_name) == entry->pw_uid ? entry->pw_name : spelling;
}

std::string named_account(pam_handle_t* handle) {
  return canonical_name(handle, text_item(handle, PAM_USER));
}

std::optional<uid_t> uid_of(pam_handle_t* handle, const std::string& name) {
  const passwd* entry = name.empty() ? nullptr : ::pam_modutil_getpwnam(handle, name.c_str());
  return entry == nullptr ? std::nullopt : std::optional(entry->pw_uid);
}

std::string name_of(pam_handle_t* handle, uid_t uid) {
  const passwd* entry = ::pam_modutil_getpwuid(handle, uid);
  return entry == nullptr ? std::string() : entry->pw_name;
}

bool is_local(const std::string& name) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"), &std::fclose);
  if (file == nullptr) return false;
  const std::string begin = name + ':';
  char* line = nullptr;
  std::size_t size = 0;
  bool found = false;
  for (ssize_t length = 0; !found && (length = ::getline(&line, &size, file.get())) >= 0;)
    found = std::string_view(line, static_cast<std::size_t>(length)).starts_with(begin);
  std::free(line);
  return found;
}

bool remember_login(pam_handle_t* handle, const std::string& user) {
  return keep(handle, kLoginKey, user);
}

void forget_login(pam_handle_t* handle) {
  for (const char* key : {kLoginKey, kLabelKey}) forget(handle, key);
}

void remember_token_label(pam_handle_t* handle, const std::string& label) {
  (void)keep(handle, kLabelKey, label);
}

std::string token_label(const pam_handle_t* handle) {
  const auto* const label = kept<std::string>(handle, kLabelKey);
  return label == nullptr ? std::string() : *label;
}

void remember_attempt(pam_handle_t* handle, Instant begun) {
  (void)keep(handle, kAttemptKey, begun);
}

std::optional<Instant> last_attempt(const pam_handle_t* handle) {
  const auto* begun = kept<Instant>(handle, kAttemptKey);
  return begun == nullptr ? std::nullopt : std::optional(*begun);
}

void remember_untold(pam_handle_t* handle, const std::string& words) {
  (void)keep(handle, kUntoldKey, words);
}

std::string untold(const pam_handle_t* handle) {
  const auto* const words = kept<std::string>(handle, kUntoldKey);
  return words == nullptr ? std::string() : *words;
}

void remember_refusal(pam_handle_t* handle) {
  static constexpr char kRefused[] = "refused";
  ::pam_set_data(handle, kRefusalKey, const_cast<char*>(kRefused), nullptr);  // nobody writes to it
}

bool refused_before(const pam_handle_t* handle) {
  const void* data = nullptr;
  return ::pam_get_data(handle, kRefusalKey, &data) == PAM_SUCCESS && data != nullptr;
}

bool remember_unlock(pam_handle_t* handle, const std::string& user) {
  return keep(handle, kUnlockKey, user);
}

bool unlocked(const pam_handle_t* handle) {
  const auto* const user = kept<std::string>(handle, kUnlockKey);
  return user != nullptr && *user == text_item(handle, PAM_USER);
}

void forget_unlock(pam_handle_t* handle) {
  forget(handle, kUnlockKey);
}

bool logged_in_by_card(const pam_handle_t* handle) {
  const auto* const user = kept<std::string>(handle, kLoginKey);
  return user != nullptr && *user == text_item(handle, PAM_USER);
}

}  // namespace jpki::pam
