// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/options.h"

#include "base/number.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <linux/limits.h>

namespace jpki::pam {
namespace {

constexpr std::uint32_t kMaxTimeout = 600;
constexpr std::uint32_t kMaxWaitForCard = 3600;
constexpr std::uint32_t kMaxUid = std::numeric_limits<uid_t>::max() - 1;  // (uid_t)-1 is no uid

struct Flag {
  std::string_view name;
  bool Options::*member;
};
constexpr Flag kFlags[] = {
    {"debug", &Options::debug},
    {"quiet", &Options::quiet},
    {"use_first_pass", &Options::use_first_pass},
    {"try_first_pass", &Options::try_first_pass},
    {"ignore_unknown_user", &Options::ignore_unknown_user},
    {"ignore_authinfo_unavail", &Options::ignore_authinfo_unavail},
    {"allow_remote", &Options::allow_remote},
    {"remote_seats", &Options::remote_seats},
    {"only_unnamed", &Options::only_unnamed},
    {"emergency", &Options::emergency},
    {"same_card", &Options::same_card},
};

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t min, std::uint32_t max) {
  const auto value = whole_number<std::uint32_t>(text);
  if (!value || *value < min || *value > max) return std::nullopt;
  return value;
}

bool set_seconds(std::chrono::seconds& out, std::string_view text, std::uint32_t min, std::uint32_t max) {
  const auto seconds = number(text, min, max);
  if (seconds) out = std::chrono::seconds(*seconds);
  return seconds.has_value();
}

bool set_min_uid(Options& options, std::string_view text) {
  const auto uid = number(text, 0, kMaxUid);
  if (uid) options.min_uid = *uid;
  return uid.has_value();
}

bool set_config_file(Options& options, std::string_view text) {
  options.config_file_usable = text.starts_with('/') && text.size() < PATH_MAX;
  if (options.config_file_usable) options.config_file = text;
  return options.config_file_usable;
}

bool set_language(Options& options, std::string_view text) {
  if (text == "ja") {
    options.language = Language::kJapanese;
  } else if (text == "en") {
    options.language = Language::kEnglish;
  } else if (text == "auto") {
    options.language = Language::kAuto;
  } else {
    return false;
  }
  return true;
}

bool set_where_unknown(Options& options, std::string_view text) {
  options.unknown_is_here.reset();
  if (text != "local" && text != "remote") return false;
  options.unknown_is_here = text == "local";
  return true;
}

bool set_screen(Options& options, std::string_view text) {
  options.screen = screen_named(text);
  return options.screen || text == "auto";
}

struct PurposeWord {
  std::string_view name;
  Purpose purpose;
};
constexpr PurposeWord kPurposes[] = {
    {"presence", Purpose::kPresence}, {"recent", Purpose::kRecent}, {"register", Purpose::kRegister}};

// The first of two words counts.
bool set_purpose(Options& options, std::string_view word) {
  for (const PurposeWord& known : kPurposes) {
    if (known.name != word) continue;
    if (options.purpose == Purpose::kLogin) options.purpose = known.purpose;
    return true;
  }
  return false;
}

bool set_flag(Options& options, std::string_view word) {
  for (const Flag& flag : kFlags) {
    if (flag.name == word) return options.*flag.member = true;
  }
  return false;
}

// What is wrong with `word`, or an empty string.
std::string take_word(Options& options, std::string_view word) {
  if (set_flag(options, word) || set_purpose(options, word)) return {};
  const auto equals = word.find('=');
  const std::string name(word.substr(0, equals));
  const std::string_view value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
  if (name == "timeout") {
    if (set_seconds(options.timeout, value, 1, kMaxTimeout)) return {};
    return "option timeout= needs 1 to 600 seconds; 30 is used";
  }
  if (name == "wait_for_card") {
    if (set_seconds(options.wait_for_card, value, 0, kMaxWaitForCard)) return {};
    return "option wait_for_card= needs 0 to 3600 seconds; 0 is used";
  }
  if (name == "min_uid") {
    if (set_min_uid(options, value)) return {};
    return "option min_uid= needs a uid; 1000 is used";
  }
  if (name == "config_file") {
    if (set_config_file(options, value)) return {};
    return "option config_file= needs an absolute path; nobody can log in until it has one";
  }
  if (name == "lang") {
    if (set_language(options, value)) return {};
    return "option lang= needs ja, en or auto; auto is used";
  }
  if (name == "where_unknown") {
    if (set_where_unknown(options, value)) return {};
    return "option where_unknown= needs local or remote; the default is used";
  }
  if (name == "screen") {
    if (set_screen(options, value)) return {};
    return "option screen= needs auto or a name that pam_jpki(8) lists; auto is used";
  }
  return "unknown option \"" + std::string(word) + "\" is ignored";
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions parsed;
  for (int i = 0; i < argc; ++i) {
    std::string complaint = take_word(parsed.options, argv[i]);
    if (!complaint.empty()) parsed.complaints.push_back(std::move(complaint));
  }
  if (parsed.options.emergency && parsed.options.allow_remote)
    parsed.complaints.emplace_back("option allow_remote is ignored: an emergency code is for who sits here");
  return parsed;
}

}  // namespace jpki::pam
