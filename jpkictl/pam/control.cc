// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/pam/control.h"

#include "base/ascii_case.h"

#include <algorithm>
#include <charconv>

namespace jpki::ctl::pam {
namespace {

using Kind = Action::Kind;

// By number (security/_pam_types.h); the names are pam.conf(5)'s.
constexpr std::string_view kCodes[_PAM_RETURN_VALUES] = {"success",
                                                         "open_err",
                                                         "symbol_err",
                                                         "service_err",
                                                         "system_err",
                                                         "buf_err",
                                                         "perm_denied",
                                                         "auth_err",
                                                         "cred_insufficient",
                                                         "authinfo_unavail",
                                                         "user_unknown",
                                                         "maxtries",
                                                         "new_authtok_reqd",
                                                         "acct_expired",
                                                         "session_err",
                                                         "cred_unavail",
                                                         "cred_expired",
                                                         "cred_err",
                                                         "no_module_data",
                                                         "conv_err",
                                                         "authtok_err",
                                                         "authtok_recover_err",
                                                         "authtok_lock_busy",
                                                         "authtok_disable_aging",
                                                         "try_again",
                                                         "ignore",
                                                         "abort",
                                                         "authtok_expired",
                                                         "module_unknown",
                                                         "bad_item",
                                                         "conv_again",
                                                         "incomplete"};

struct NamedAction {
  std::string_view name;
  Kind kind;
};
constexpr NamedAction kActions[] = {{"ignore", Kind::kIgnore}, {"ok", Kind::kOk},   {"done", Kind::kDone},
                                    {"bad", Kind::kBad},       {"die", Kind::kDie}, {"reset", Kind::kReset}};

Control keyword(Kind success, Kind ignore, Kind otherwise) {
  Control control = always(otherwise);
  control[PAM_SUCCESS] = control[PAM_NEW_AUTHTOK_REQD] = {success};
  control[PAM_IGNORE] = {ignore};
  return control;
}

void skip_blanks(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
}

std::optional<Action> take_action(std::string_view& rest) {
  for (const NamedAction& named : kActions)
    if (rest.starts_with(named.name)) {
      rest.remove_prefix(named.name.size());
      return Action{named.kind};
    }
  Action action{Kind::kJump};
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), action.jump);
  if (error != std::errc{} || action.jump == 0) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return action;
}

// The text before the next "=".
std::string_view take_name(std::string_view& rest) {
  const std::size_t size = std::min(rest.find_first_of(" \t="), rest.size());
  const std::string_view name = rest.substr(0, size);
  rest.remove_prefix(size);
  return name;
}

std::optional<Control> parse_pairs(std::string_view rest) {
  std::array<std::optional<Action>, _PAM_RETURN_VALUES> said;
  std::optional<Action> otherwise;
  for (skip_blanks(rest); !rest.empty(); skip_blanks(rest)) {
    const std::string_view name = take_name(rest);
    skip_blanks(rest);
    if (!rest.starts_with('=')) return std::nullopt;
    rest.remove_prefix(1);
    skip_blanks(rest);
    const auto action = take_action(rest);
    if (!action) return std::nullopt;
    const auto code = std::ranges::find(kCodes, name);
    if (name == "default") {
      if (!otherwise) otherwise = action;
    } else if (code != std::end(kCodes)) {
      said.at(static_cast<std::size_t>(code - std::begin(kCodes))) = action;
    } else {
      return std::nullopt;
    }
  }
  Control control = always(Kind::kBad);
  if (otherwise) control.fill(*otherwise);
  for (std::size_t code = 0; code < control.size(); ++code)
    if (said.at(code)) control.at(code) = *said.at(code);
  return control;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  return equal_ignoring_case(a, b);
}

Control always(Kind kind) {
  Control control;
  control.fill({kind});
  return control;
}

std::optional<Control> parse_control(std::string_view word) {
  if (same_word(word, "required")) return keyword(Kind::kOk, Kind::kIgnore, Kind::kBad);
  if (same_word(word, "requisite")) return keyword(Kind::kOk, Kind::kIgnore, Kind::kDie);
  if (same_word(word, "optional")) return keyword(Kind::kOk, Kind::kIgnore, Kind::kIgnore);
  if (same_word(word, "sufficient")) return keyword(Kind::kDone, Kind::kIgnore, Kind::kIgnore);
  return parse_pairs(word);
}

}  // namespace jpki::ctl::pam
