// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/screen_line.h"

#include "base/number.h"

#include <algorithm>
#include <iterator>

namespace jpki {
namespace {

constexpr std::string_view kMark = "jpki1 ";
constexpr std::string_view kSmartphone = "smartphone";
constexpr std::string_view kAccount = " account=";  // the last key: a name may hold spaces

struct StateName {
  ScreenState state;
  std::string_view name;
};
constexpr StateName kStates[] = {
    {ScreenState::kInsertCard, "insert-card"},
    {ScreenState::kReading, "reading"},
    {ScreenState::kChecking, "checking"},
    {ScreenState::kAsking, "asking"},
    {ScreenState::kVerifying, "verifying"},
    {ScreenState::kWrongForm, "wrong-form"},
    {ScreenState::kRefused, "refused"},
    {ScreenState::kNotice, "notice"},
    {ScreenState::kChoose, "choose"},
    {ScreenState::kPin, "pin"},
    {ScreenState::kConfirm, "confirm"},
    {ScreenState::kCode, "code"},
    {ScreenState::kHold, "hold"},
};

bool can_stand_in_a_line(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

void add(std::string& text, std::string_view key, std::string_view value) {
  text.append(" ").append(key).append("=").append(value);
}

template <class Number>
bool set(Number& out, std::string_view text) {
  const auto value = whole_number<Number>(text);
  if (value) out = *value;
  return value.has_value();
}

// A state of a newer module is words for the person, no more.
bool take_state(ScreenLine& line, std::string_view value) {
  const auto* const found = std::ranges::find(kStates, value, &StateName::name);
  line.state = found == std::end(kStates) ? ScreenState::kNotice : found->state;
  return true;
}

bool take_verdict(ScreenLine& line, std::string_view value) {
  const auto digits = whole_number<std::uint16_t>(value);
  line.verdict = digits ? verdict_from(*digits) : std::nullopt;
  return line.verdict.has_value();
}

bool take_tries(ScreenLine& line, std::string_view value) {
  line.tries_left = whole_number<std::uint8_t>(value);
  return line.tries_left.has_value();
}

// One that this greeter does not know is as good as a card.
bool take_medium(ScreenLine& line, std::string_view value) {
  line.smartphone = value == kSmartphone;
  return true;
}

PinForm& form_of(ScreenLine& line) {
  return line.form ? *line.form : line.form.emplace();
}

bool take_key(ScreenLine& line, std::string_view key, std::string_view value) {
  if (key == "state") return take_state(line, value);
  if (key == "verdict") return take_verdict(line, value);
  if (key == "tries") return take_tries(line, value);
  if (key == "cards") return set(line.cards, value);
  if (key == "medium") return take_medium(line, value);
  if (key == "max_tries") return set(line.max_tries, value);
  if (key == "min_length") return set(form_of(line).min_length, value);
  if (key == "max_length") return set(form_of(line).max_length, value);
  if (key != "digits") return true;
  form_of(line).digits_only = value == "yes";
  return value == "yes" || value == "no";
}

// A word of the line, or nothing at its end.
std::string_view next_word(std::string_view& line) {
  const auto space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

}  // namespace

std::string encode(const ScreenLine& line) {
  std::string text(kMark.substr(0, kMark.size() - 1));
  add(text, "state", std::ranges::find(kStates, line.state, &StateName::state)->name);
  if (line.verdict) add(text, "verdict", std::to_string(static_cast<std::uint16_t>(*line.verdict)));
  if (line.tries_left) add(text, "tries", std::to_string(*line.tries_left));
  if (line.max_tries != 0) add(text, "max_tries", std::to_string(line.max_tries));
  if (line.form) {
    add(text, "min_length", std::to_string(line.form->min_length));
    add(text, "max_length", std::to_string(line.form->max_length));
    add(text, "digits", line.form->digits_only ? "yes" : "no");
  }
  if (line.cards != 0) add(text, "cards", std::to_string(line.cards));
  if (line.smartphone) add(text, "medium", kSmartphone);
  if (!line.account.empty() && can_stand_in_a_line(line.account)) text.append(kAccount).append(line.account);
  return text + '\n';
}

std::optional<ForScreen> split_screen_line(std::string_view text) {
  const auto end = text.find('\n');
  if (!text.starts_with(kMark) || end == text.npos) return std::nullopt;
  ForScreen result{.line = {}, .words = text.substr(end + 1)};
  std::string_view rest = text.substr(0, end);
  if (const auto account = rest.find(kAccount); account != rest.npos) {
    result.line.account = rest.substr(account + kAccount.size());
    rest = rest.substr(0, account);
  }
  rest.remove_prefix(std::min(kMark.size(), rest.size()));
  bool has_state = false;
  while (!rest.empty()) {
    const std::string_view word = next_word(rest);
    const auto equals = word.find('=');
    if (equals == word.npos) return std::nullopt;
    const std::string_view key = word.substr(0, equals);
    if (!take_key(result.line, key, word.substr(equals + 1))) return std::nullopt;
    has_state = has_state || key == "state";
  }
  return has_state ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace jpki
