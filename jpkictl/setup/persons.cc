// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/persons.h"

#include "base/number.h"

#include <algorithm>
#include <optional>

namespace jpki::ctl::setup {
namespace {

using pam::Facility;
using pam::Step;

constexpr std::string_view kPasswordModules[] = {
    "pam_unix.so",   "pam_sss.so",   "pam_winbind.so",    "pam_krb5.so", "pam_ldap.so", "pam_pwdfile.so",
    "pam_userdb.so", "pam_unix2.so", "pam_himmelblau.so", "pam_tcb.so",  "pam_pwd.so"};
constexpr std::string_view kFactorModules[] = {"pam_fprintd.so",
                                               "pam_u2f.so",
                                               "pam_howdy.so",
                                               "pam_oath.so",
                                               "pam_google_authenticator.so",
                                               "pam_duo.so",
                                               "pam_yubico.so",
                                               "pam_ssh_agent_auth.so",
                                               "pam_pkcs11.so",
                                               "pam_p11.so",
                                               "pam_usb.so"};

// Modules that ask nobody for anything, by what they return in the auth step; from the manual page of each.
struct Helper {
  std::string_view name;
  std::vector<int> codes;
};
const std::vector<Helper>& helpers() {
  static const std::vector<int> either{PAM_SUCCESS, PAM_AUTH_ERR};
  static const std::vector<int> good{PAM_SUCCESS, PAM_IGNORE};
  static const std::vector<Helper> all{{"pam_permit.so", {PAM_SUCCESS}},
                                       {"pam_deny.so", {PAM_AUTH_ERR}},
                                       {"pam_env.so", {PAM_IGNORE}},
                                       {"pam_nologin.so", {PAM_IGNORE}},
                                       {"pam_faildelay.so", {PAM_IGNORE}},
                                       {"pam_group.so", {PAM_IGNORE}},
                                       {"pam_warn.so", {PAM_IGNORE}},
                                       {"pam_echo.so", {PAM_IGNORE}},
                                       {"pam_issue.so", {PAM_IGNORE}},
                                       {"pam_securetty.so", {PAM_SUCCESS}},
                                       {"pam_shells.so", {PAM_SUCCESS}},
                                       {"pam_cap.so", good},
                                       {"pam_gnome_keyring.so", good},
                                       {"pam_kwallet5.so", good},
                                       {"pam_mount.so", good},
                                       {"pam_ecryptfs.so", good},
                                       {"pam_keyinit.so", good},
                                       {"pam_selinux_permit.so", {PAM_IGNORE}},
                                       {"pam_localuser.so", {PAM_SUCCESS, PAM_PERM_DENIED}},
                                       {"pam_wheel.so", {PAM_IGNORE, PAM_PERM_DENIED}},
                                       {"pam_listfile.so", either},
                                       {"pam_access.so", {PAM_SUCCESS, PAM_PERM_DENIED}},
                                       {"pam_time.so", {PAM_SUCCESS, PAM_PERM_DENIED}}};
  return all;
}

const Helper* helper_named(std::string_view name) {
  const auto& all = helpers();
  const auto found = std::ranges::find(all, name, &Helper::name);
  return found == all.end() ? nullptr : &*found;
}

// Whether uid OPERATION `value` holds: for root, or for accounts of the staff, which begin at `kFirst`.
std::optional<bool> uid_holds(std::string_view operation, unsigned value, bool root) {
  constexpr unsigned kFirst = 1000;
  const bool below = value < kFirst;  // every account of the staff is above
  if (operation == "eq") return root ? value == 0 : below ? std::optional(false) : std::nullopt;
  if (operation == "ne") return root ? value != 0 : below ? std::optional(true) : std::nullopt;
  if (operation == "lt") return root ? value > 0 : value <= kFirst ? std::optional(false) : std::nullopt;
  if (operation == "le") return root ? true : below ? std::optional(false) : std::nullopt;
  if (operation == "gt") return root ? false : below ? std::optional(true) : std::nullopt;
  if (operation == "ge") return root ? value == 0 : value <= kFirst ? std::optional(true) : std::nullopt;
  return std::nullopt;
}

// One condition of pam_succeed_if(8); nothing: it depends.
std::optional<bool> holds(std::string_view what, std::string_view operation, const std::string& value,
                          bool root) {
  if (what == "uid") {
    const auto bound = whole_number<unsigned>(value);
    return bound ? uid_holds(operation, *bound, root) : std::nullopt;
  }
  if (what != "user") return std::nullopt;
  if (operation == "=" && (root || value == "root")) return root && value == "root";
  if (operation == "!=" && (root || value == "root")) return !root || value != "root";
  return std::nullopt;
}

std::vector<int> codes_of_condition(const Step& step, bool root) {
  constexpr std::string_view kFlags[] = {"debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"};
  std::vector<std::string> words;
  for (const std::string& option : step.options)
    if (std::ranges::find(kFlags, option) == std::end(kFlags)) words.push_back(option);
  bool certain = !words.empty() && words.size() % 3 == 0;
  for (std::size_t i = 0; i + 2 < words.size(); i += 3) {
    const auto one = holds(words[i], words[i + 1], words[i + 2], root);
    if (one && !*one) return {PAM_AUTH_ERR};
    certain = certain && one.has_value();
  }
  return certain ? std::vector<int>{PAM_SUCCESS} : std::vector<int>{PAM_SUCCESS, PAM_AUTH_ERR};
}

std::vector<int> codes_of_card(const Step& step, const Person& person) {
  const bool passes_unknown = has_option(step, "ignore_unknown_user");
  const int unavailable = has_option(step, "ignore_authinfo_unavail") ? PAM_IGNORE : PAM_AUTHINFO_UNAVAIL;
  if (person.root) return {passes_unknown ? PAM_IGNORE : PAM_USER_UNKNOWN};  // min_uid
  std::vector<int> codes;
  if (person.card) {
    codes = {PAM_SUCCESS};
  } else if (person.refused) {
    codes = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CRED_INSUFFICIENT, PAM_USER_UNKNOWN};
    if (passes_unknown) codes.push_back(PAM_IGNORE);  // a card of nobody, where no user is named
  } else {
    codes = {unavailable};
  }
  if (has_option(step, "only_unnamed")) codes.push_back(PAM_IGNORE);
  return codes;
}

std::vector<int> codes_in_auth(const Step& step, const Person& person) {
  const auto given = [](bool has) {
    return has ? std::vector<int>{PAM_SUCCESS} : std::vector<int>{PAM_AUTH_ERR};
  };
  switch (role_of(step)) {
    case Role::kCard:
      return codes_of_card(step, person);
    case Role::kPresence:
      // Whoever stands there: the card may lie on the reader.
      return {PAM_AUTH_ERR, PAM_SUCCESS};
    case Role::kEmergency:
      return {PAM_AUTH_ERR, has_option(step, "ignore_authinfo_unavail") ? PAM_IGNORE : PAM_AUTHINFO_UNAVAIL};
    case Role::kPassword:
      if (person.password) return {PAM_SUCCESS};
      return {PAM_AUTH_ERR, PAM_USER_UNKNOWN, PAM_AUTHINFO_UNAVAIL};
    case Role::kFactor:
      return given(person.factor);
    case Role::kUnknown:
      return given(person.unknown);
    case Role::kHelper:
      break;
  }
  const std::string name = module_name(step);
  if (name == "pam_succeed_if.so") return codes_of_condition(step, person.root);
  if (name == "pam_rootok.so") return given(person.root);
  // pam_jpki.so register: PAM_IGNORE for who registers the card that was refused.
  if (name == "pam_jpki.so")
    return person.refused && !person.root ? std::vector<int>{PAM_AUTH_ERR, PAM_IGNORE}
                                          : std::vector<int>{PAM_AUTH_ERR};
  if (name == "pam_nologin.so" && has_option(step, "successok")) return {PAM_SUCCESS};
  if (name == "pam_wheel.so" && has_option(step, "trust")) return {PAM_SUCCESS, PAM_PERM_DENIED};
  if (name == "pam_faillock.so") {
    if (has_option(step, "authfail")) return {PAM_AUTH_ERR};
    return has_option(step, "authsucc") ? std::vector<int>{PAM_SUCCESS} : std::vector<int>{PAM_IGNORE};
  }
  const Helper* const helper = helper_named(name);
  return helper == nullptr ? given(false) : helper->codes;
}

std::vector<int> codes_in_account(const Step& step, const Person& person) {
  const std::string name = module_name(step);
  if (name == "pam_deny.so") return {PAM_ACCT_EXPIRED};
  if (name == "pam_succeed_if.so") return codes_of_condition(step, person.root);
  if (name == "pam_nologin.so" || name == "pam_localuser.so" || name == "pam_access.so" ||
      name == "pam_time.so")
    return name == "pam_nologin.so" ? std::vector<int>{PAM_IGNORE}
                                    : std::vector<int>{PAM_SUCCESS, PAM_PERM_DENIED};
  if (name != "pam_jpki.so") return {PAM_SUCCESS};
  return person.account_refused ? std::vector<int>{PAM_ACCT_EXPIRED, PAM_PERM_DENIED}
                                : std::vector<int>{PAM_SUCCESS};
}

}  // namespace

std::string module_name(const pam::Step& step) {
  return step.module.substr(step.module.rfind('/') + 1);
}

bool has_option(const pam::Step& step, std::string_view option) {
  return std::ranges::find(step.options, option) != step.options.end();
}

Role role_of(const pam::Step& step) {
  const std::string name = module_name(step);
  if (name == "pam_jpki.so") {
    if (has_option(step, "presence") || has_option(step, "recent")) return Role::kPresence;
    if (has_option(step, "register")) return Role::kHelper;
    return has_option(step, "emergency") ? Role::kEmergency : Role::kCard;
  }
  if (std::ranges::find(kPasswordModules, name) != std::end(kPasswordModules)) return Role::kPassword;
  if (std::ranges::find(kFactorModules, name) != std::end(kFactorModules)) return Role::kFactor;
  const bool helper = helper_named(name) != nullptr || name == "pam_succeed_if.so" ||
                      name == "pam_rootok.so" || name == "pam_faillock.so";
  return helper ? Role::kHelper : Role::kUnknown;
}

std::vector<int> codes_of(const pam::Step& step, Facility facility, const Person& person) {
  return facility == Facility::kAccount ? codes_in_account(step, person) : codes_in_auth(step, person);
}

}  // namespace jpki::ctl::setup
