// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Strict TOML: every key must be known, every value of the right type; the first problem is kept as
// "file:line: what is wrong; hint". Built on toml++, whose exceptions and headers stay in strict_toml.cc.
#pragma once

#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::settings {

class TomlTable;

// One parsed file. Tables taken from it live as long as it does.
class TomlDocument {
 public:
  // `file` is the name for messages only.
  static Expected<TomlDocument, std::string> parse(std::string_view text, const std::string& file);

  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  TomlTable root();

  // Reads of wrong type or range and unknown keys end up here; the first one wins.
  const std::optional<std::string>& problem() const;

 private:
  friend class TomlTable;
  struct State;
  explicit TomlDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A table of which every key must be asked for. Each getter leaves `out` alone when the key is absent or
// wrong.
class TomlTable {
 public:
  void get(std::string_view key, std::string& out);
  void get(std::string_view key, std::vector<std::string>& out);
  void get(std::string_view key, bool& out);
  void get(std::string_view key, std::optional<Time>& out);  // date-time with an offset
  void get(std::string_view key, std::int64_t& out, std::int64_t lowest, std::int64_t highest);

  bool has(std::string_view key) const;
  // The keys of a table whose keys are names that the administrator chose.
  std::vector<std::string> keys() const;

  // The table under `key`; an empty one when absent.
  TomlTable table(std::string_view key);
  // The elements of the array of tables under `key`.
  std::vector<TomlTable> tables(std::string_view key);

  // A problem with the value of `key` that only the caller can see ("is no kind of certificate; known: …").
  void refuse(std::string_view key, const std::string& why);

  // Call last: every key that nobody asked for is a problem, with the nearest known key as a hint.
  void refuse_unknown();

 private:
  friend class TomlDocument;
  TomlTable(TomlDocument::State& state, const void* table, std::string name)
      : state_(&state), table_(table), name_(std::move(name)) {}
  const void* find(std::string_view key);
  std::string path_of(std::string_view key) const;

  TomlDocument::State* state_;
  const void* table_;  // toml::table, or nullptr for an absent one
  std::string name_;   // "revocation", "" for the root
  std::vector<std::string> known_;
};

}  // namespace jpki::settings
