// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/settings/strict_toml.h"

#include <algorithm>
#include <numeric>
#include <sstream>

#include <fmt/format.h>

// toml++ 3.3 asserts what a malformed file breaks ("[!]"), and with NDEBUG takes it for granted. Here it is
// one more syntax error.
namespace jpki::settings {
struct BrokenAssertion {};
[[noreturn]] static void broken_assertion() {
  throw BrokenAssertion{};
}
}  // namespace jpki::settings
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? void() : ::jpki::settings::broken_assertion())
#include <toml++/toml.h>

namespace jpki::settings {

struct TomlDocument::State {
  std::string file;
  toml::table root;
  std::optional<std::string> problem;

  void refuse(const toml::source_region& where, const std::string& what) {
    if (!problem) problem = fmt::format("{}:{}: {}", file, where.begin.line, what);
  }
};

namespace {

const toml::table* as_table(const void* table) {
  return static_cast<const toml::table*>(table);
}
const toml::node* as_node(const void* node) {
  return static_cast<const toml::node*>(node);
}

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

// Levenshtein distance; keys are short.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string hint_for(std::string_view key, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  const auto nearest = std::ranges::min_element(
      known, {}, [key](const std::string& candidate) { return distance(key, candidate); });
  if (distance(key, *nearest) <= 3) return fmt::format("; did you mean \"{}\"?", *nearest);
  return fmt::format("; known here: {}", fmt::join(known, ", "));
}

Time to_time(const toml::date_time& value) {
  using namespace std::chrono;
  const sys_days day = year{value.date.year} / month{value.date.month} / std::chrono::day{value.date.day};
  return day + hours(value.time.hour) + minutes(value.time.minute) + seconds(value.time.second) -
         minutes(value.offset->minutes);
}

bool breaks_assertion(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const BrokenAssertion&) {
    return true;
  } catch (const toml::parse_error&) {
  }
  return false;
}

// The number of the first line with which `text` breaks an assertion of the parser, which stops there.
std::size_t breaking_line(std::string_view text) {
  std::vector<std::size_t> ends;  // of lines
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1))
    ends.push_back(end + 1);
  const auto first = std::ranges::partition_point(
      ends, [&](std::size_t end) { return !breaks_assertion(text.substr(0, end)); });
  return static_cast<std::size_t>(first - ends.begin()) + 1;
}

}  // namespace

Expected<TomlDocument, std::string> TomlDocument::parse(std::string_view text, const std::string& file) {
  try {
    auto state = std::make_unique<State>();
    state->file = file;
    state->root = toml::parse(text, file);
    return TomlDocument(std::move(state));
  } catch (const toml::parse_error& error) {
    return Unexpected{fmt::format("{}:{}: {}", file, error.source().begin.line, error.description())};
  } catch (const BrokenAssertion&) {
    return Unexpected{fmt::format("{}:{}: no key where one must be", file, breaking_line(text))};
  }
}

TomlDocument::TomlDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlTable TomlDocument::root() {
  return {*state_, &state_->root, ""};
}
const std::optional<std::string>& TomlDocument::problem() const {
  return state_->problem;
}

std::string TomlTable::path_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

const void* TomlTable::find(std::string_view key) {
  known_.emplace_back(key);
  return table_ == nullptr ? nullptr : as_table(table_)->get(key);
}

void TomlTable::refuse(std::string_view key, const std::string& why) {
  const toml::node* node = table_ == nullptr ? nullptr : as_table(table_)->get(key);
  const toml::node& place = node != nullptr ? *node : table_ != nullptr ? *as_table(table_) : state_->root;
  state_->refuse(place.source(), path_of(key) + " " + why);
}

void TomlTable::get(std::string_view key, std::string& out) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return;
  if (const auto value = node->value_exact<std::string>()) {
    out = *value;
  } else {
    refuse(key, "must be a string, not " + type_name(*node));
  }
}

void TomlTable::get(std::string_view key, std::vector<std::string>& out) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  std::vector<std::string> values;
  if (array != nullptr) {
    for (const toml::node& element : *array)
      if (const auto value = element.value_exact<std::string>()) values.push_back(*value);
  }
  if (array == nullptr || values.size() != array->size()) {
    refuse(key, "must be an array of strings");
  } else {
    out = std::move(values);
  }
}

void TomlTable::get(std::string_view key, bool& out) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return;
  if (const auto value = node->value_exact<bool>()) {
    out = *value;
  } else {
    refuse(key, "must be true or false");
  }
}

void TomlTable::get(std::string_view key, std::optional<Time>& out) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return;
  const auto value = node->value_exact<toml::date_time>();
  if (!value || !value->offset) {
    refuse(key, "must be a date-time with an offset, like 2033-07-15T00:00:00+09:00");
  } else {
    out = to_time(*value);
  }
}

void TomlTable::get(std::string_view key, std::int64_t& out, std::int64_t lowest, std::int64_t highest) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return;
  const auto value = node->value_exact<std::int64_t>();
  if (!value || *value < lowest || *value > highest) {
    refuse(key, fmt::format("must be a whole number from {} to {}", lowest, highest));
  } else {
    out = *value;
  }
}

bool TomlTable::has(std::string_view key) const {
  return table_ != nullptr && as_table(table_)->contains(key);
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> names;
  if (table_ == nullptr) return names;
  for (const auto& [key, node] : *as_table(table_)) names.emplace_back(key.str());
  return names;
}

TomlTable TomlTable::table(std::string_view key) {
  const toml::node* node = as_node(find(key));
  if (node != nullptr && !node->is_table()) {
    refuse(key, fmt::format("must be a table: [{}]", path_of(key)));
    node = nullptr;
  }
  return {*state_, node == nullptr ? nullptr : node->as_table(), path_of(key)};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr || !std::ranges::all_of(*array, [](const toml::node& n) { return n.is_table(); })) {
    refuse(key, fmt::format("must be tables: [[{}]]", path_of(key)));
    return {};
  }
  std::vector<TomlTable> elements;
  for (const toml::node& element : *array) elements.push_back({*state_, element.as_table(), path_of(key)});
  return elements;
}

void TomlTable::refuse_unknown() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *as_table(table_)) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    state_->refuse(key.source(),
                   fmt::format("{} is not a known key{}", path_of(key.str()), hint_for(key.str(), known_)));
  }
}

}  // namespace jpki::settings
