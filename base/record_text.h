// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RecordWriter and RecordReader: small records as text. The first line tells kind and version; each other one
// is KEY=VALUE, in one order. A record is read strictly: a line that is missing, comes twice or is not known
// makes it none. Both have field(key, value), so that one walk over the fields serves both directions.
#pragma once

#include "base/number.h"
#include "base/printable.h"
#include "base/time.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace jpki {

class RecordWriter {
 public:
  explicit RecordWriter(std::string_view kind) : text_(kind) { text_ += '\n'; }

  void field(std::string_view key, const std::string& value) { line(key, printable(value)); }
  template <class Number>
  requires std::is_integral_v<Number>
  void field(std::string_view key, Number value) { line(key, std::to_string(value)); }
  void field(std::string_view key, std::chrono::seconds value) { field(key, std::int64_t{value.count()}); }
  void field(std::string_view key, Time value) { field(key, value.time_since_epoch()); }

  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view key, const std::string& value) {
    text_.append(key).append("=").append(value).append("\n");
  }
  std::string text_;
};

class RecordReader {
 public:
  RecordReader(std::string_view text, std::string_view kind) : rest_(text) { good_ = line() == kind; }

  void field(std::string_view key, std::string& value) { value = this->value(key); }
  template <class Number>
  requires std::is_integral_v<Number>
  void field(std::string_view key, Number& value) {
    const auto number = whole_number<Number>(this->value(key));
    if (number)
      value = *number;
    else
      good_ = false;
  }
  void field(std::string_view key, std::chrono::seconds& value) {
    std::int64_t count = 0;
    field(key, count);
    value = std::chrono::seconds(count);
  }
  void field(std::string_view key, Time& value) {
    std::chrono::seconds since{};
    field(key, since);
    value = Time(since);
  }

  bool complete() const { return good_ && rest_.empty(); }

 private:
  std::string_view line() {
    const auto end = rest_.find('\n');
    if (end == rest_.npos) good_ = false;
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    return found;
  }
  std::string_view value(std::string_view key) {
    const std::string_view found = line();
    if (!found.starts_with(key) || found.size() <= key.size() || found[key.size()] != '=') {
      good_ = false;
      return {};
    }
    return found.substr(key.size() + 1);
  }
  std::string_view rest_;
  bool good_ = false;
};

}  // namespace jpki
