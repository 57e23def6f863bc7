// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/seat_server.h"
#include "validator/config/sections.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace jpki::config {
namespace {

using card::PinCharacters;
using card::PinEntry;
using card::PinSettings;
using card::TokenRule;
using card::TriesTold;

constexpr std::int64_t kMaxPinLength = Secret::kCapacity;
constexpr std::int64_t kMaxTries = 15;  // WrongPins keeps as many and one

constexpr std::array kTries = {std::pair{"exact", TriesTold::kExactly},
                               std::pair{"flags", TriesTold::kByFlags},
                               std::pair{"untold", TriesTold::kNotAtAll}};
constexpr std::array kCharacters = {std::pair{"digits", PinCharacters::kDigits},
                                    std::pair{"ascii", PinCharacters::kAscii},
                                    std::pair{"any", PinCharacters::kAny}};
constexpr std::array kEntries = {std::pair{"screen", PinEntry::kScreen},
                                 std::pair{"reader", PinEntry::kReader}};
constexpr std::array kStates = {std::pair{"told", true}, std::pair{"ignored", false}};

// One of the words of a table; nothing when the key is absent or holds another.
template <class Words>
auto get_word(TomlTable& table, std::string_view key, const Words& words)
    -> std::optional<decltype(words.front().second)> {
  std::string word;
  table.get(key, word);
  if (!table.has(key)) return std::nullopt;
  for (const auto& [name, value] : words)
    if (word == name) return value;
  std::string known;
  for (const auto& [name, value] : words)
    known.append(known.empty() ? "\"" : ", \"").append(name).append("\"");
  table.refuse(key, fmt::format("is \"{}\"; possible: {}", word, known));
  return std::nullopt;
}

template <class Number>
void get_number(TomlTable& table, std::string_view key, std::optional<Number>& out, std::int64_t lowest,
                std::int64_t highest) {
  std::int64_t value = lowest;
  table.get(key, value, lowest, highest);
  if (table.has(key)) out = static_cast<Number>(value);
}

void get_pattern(TomlTable& table, std::string_view key, std::size_t longest, std::string& out) {
  table.get(key, out);
  if (table.has(key) && (out.empty() || out.size() > longest))
    table.refuse(key, fmt::format("must have 1 to {} bytes; leave it out where any will do", longest));
}

void get_pin(TomlTable& table, PinSettings& pin) {
  get_number(table, "pin_min_length", pin.min_length, 1, kMaxPinLength);
  get_number(table, "pin_max_length", pin.max_length, 1, kMaxPinLength);
  pin.characters = get_word(table, "pin_characters", kCharacters);
  pin.tries = get_word(table, "tries", kTries);
  get_number(table, "max_tries", pin.max_tries, 2, kMaxTries);
  pin.entry = get_word(table, "pin_entry", kEntries).value_or(PinEntry::kScreen);
  pin.state_told = get_word(table, "pin_state", kStates).value_or(true);
  if (pin.min_length && pin.max_length && *pin.min_length > *pin.max_length)
    table.refuse("pin_max_length", "is less than pin_min_length");
  if (pin.entry == PinEntry::kReader && (pin.min_length || pin.max_length || pin.characters))
    table.refuse("pin_entry", "\"reader\" sees no PIN: the form of it cannot be checked");
}

}  // namespace

void apply_token(TomlTable table, Config& config) {
  TokenRule rule;
  std::vector<std::string> taken;
  for (const TokenRule& other : config.tokens) taken.push_back(other.name);
  get_name(table, rule.name, taken);
  table.get("modules", rule.modules);
  get_pattern(table, "manufacturer", 32, rule.manufacturer);  // CK_TOKEN_INFO
  get_pattern(table, "model", 16, rule.model);
  get_pattern(table, "label", 32, rule.label);
  auto kinds = get_login_kinds(table, "kinds", {});
  if (table.has("kinds")) rule.kinds = std::move(kinds);
  get_pin(table, rule.pin);
  table.refuse_unknown();
  if (rule.modules.empty() && rule.manufacturer.empty() && rule.model.empty() && rule.label.empty())
    table.refuse("name", "needs which tokens it is for: modules, manufacturer, model or label");
  config.tokens.push_back(std::move(rule));
}

Expected<Unit, std::string> check_tokens(const Config& config) {
  for (const TokenRule& rule : config.tokens)
    for (const std::string& module : rule.modules)
      if (module != card::kServerModule &&
          std::ranges::find(config.pkcs11_modules, module) == config.pkcs11_modules.end())
        return Unexpected{
            fmt::format("[[token]] {} is for the module {}, which [pkcs11] modules does not name; "
                        "spell it as there",
                        rule.name, module)};
  return Unit{};
}

}  // namespace jpki::config
