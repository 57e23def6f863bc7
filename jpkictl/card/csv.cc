// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/csv.h"

#include "base/ascii_case.h"
#include "base/trimmed.h"

#include <algorithm>
#include <optional>
#include <set>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kColumns[] = {"account", "user", "samaccountname", "アカウント"};

using Row = std::vector<std::string>;  // of cells

// Reads one row from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  bool at_end() const { return left_.empty(); }
  // Nothing: a quotation mark does not end.
  std::optional<Row> row() {
    Row row{std::string()};
    bool quoted = false;
    while (!left_.empty()) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '\n') ++line_;
      if (quoted && c == '"' && left_.starts_with('"')) {
        row.back() += '"';
        left_.remove_prefix(1);
      } else if (c == '"' && (quoted || row.back().empty())) {
        quoted = !quoted;
      } else if (quoted) {
        row.back() += c;
      } else if (c == ',') {
        row.emplace_back();
      } else if (c == '\n') {
        return row;
      } else if (c != '\r') {
        row.back() += c;
      }
    }
    return quoted ? std::nullopt : std::optional(std::move(row));
  }
  std::size_t line() const { return line_; }

 private:
  std::string_view left_;
  std::size_t line_ = 1;
};

bool says_nothing(const Row& row) {
  return row.front().starts_with('#') ||
         std::ranges::all_of(row, [](const std::string& cell) { return trimmed(cell).empty(); });
}

std::optional<std::size_t> named_column(const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string name = to_lower(trimmed(row[i]));
    if (std::ranges::find(kColumns, name) != std::end(kColumns)) return i;
  }
  return std::nullopt;
}

}  // namespace

Expected<std::vector<std::string>, std::string> accounts_of_csv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> accounts;
  std::set<std::string> seen;
  std::optional<std::size_t> column;
  for (Reader reader(text); !reader.at_end();) {
    const std::size_t line = reader.line();
    const auto refuse = [line](const char* why) {
      return Unexpected{':' + std::to_string(line) + ": " + why};
    };
    const auto row = reader.row();
    if (!row) return refuse("a quotation mark is not closed");
    if (says_nothing(*row)) continue;
    if (!column) {
      const auto named = named_column(*row);
      column = named.value_or(0);
      if (named) continue;
    }
    const std::string account(*column < row->size() ? trimmed((*row)[*column]) : "");
    if (account.empty()) return refuse("no account in this row");
    if (!seen.insert(account).second) return refuse("this account was in a row before");
    accounts.push_back(account);
  }
  return accounts;
}

}  // namespace jpki::ctl::card
