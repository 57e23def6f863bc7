// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/records.h"

#include "base/printable.h"

#include <charconv>
#include <cstdint>
#include <type_traits>

namespace jpki::emergency {
namespace {

// One walk over the fields of a record serves both directions.
class Writer {
 public:
  explicit Writer(std::string_view kind) : text_(kind) { text_ += '\n'; }

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

class Reader {
 public:
  Reader(std::string_view text, std::string_view kind) : rest_(text) { good_ = line() == kind; }

  void field(std::string_view key, std::string& value) { value = this->value(key); }
  template <class Number>
  requires std::is_integral_v<Number>
  void field(std::string_view key, Number& value) {
    const std::string_view digits = this->value(key);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) good_ = false;
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

template <class Record>
constexpr std::string_view kKind;
template <>
constexpr std::string_view kKind<Issue> = "jpki-emergency-code 1";
template <>
constexpr std::string_view kKind<Pending> = "jpki-emergency-challenge 1";
template <>
constexpr std::string_view kKind<Tries> = "jpki-emergency-tries 1";
template <>
constexpr std::string_view kKind<Used> = "jpki-emergency-used 1";

template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, Writer>, const Issue, Issue>& record) {
  way.field("id", record.id);
  way.field("account", record.account);
  way.field("uid", record.uid);
  way.field("boot", record.boot);
  way.field("up", record.up);
  way.field("end", record.end);
  way.field("issued", record.issued);
  way.field("reason", record.reason);
  way.field("hash", record.hash);
}
template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, Writer>, const Pending, Pending>& record) {
  way.field("challenge", record.challenge);
  way.field("account", record.account);
  way.field("boot", record.boot);
  way.field("up", record.up);
  way.field("end", record.end);
}
template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, Writer>, const Tries, Tries>& record) {
  way.field("boot", record.boot);
  way.field("wrong", record.wrong);
  way.field("against_code", record.against_code);
  way.field("last", record.last);
}
template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, Writer>, const Used, Used>& record) {
  way.field("id", record.id);
  way.field("account", record.account);
  way.field("when", record.when);
}

template <class Record>
std::string write(const Record& record) {
  Writer writer(kKind<Record>);
  walk(writer, record);
  return writer.take();
}
template <class Record>
std::optional<Record> read(std::string_view text) {
  Record record;
  Reader reader(text, kKind<Record>);
  walk(reader, record);
  return reader.complete() ? std::optional(std::move(record)) : std::nullopt;
}

}  // namespace

std::string text_of(const Issue& record) {
  return write(record);
}
std::string text_of(const Pending& record) {
  return write(record);
}
std::string text_of(const Tries& record) {
  return write(record);
}
std::string text_of(const Used& record) {
  return write(record);
}

template <>
std::optional<Issue> parse(std::string_view text) {
  return read<Issue>(text);
}
template <>
std::optional<Pending> parse(std::string_view text) {
  return read<Pending>(text);
}
template <>
std::optional<Tries> parse(std::string_view text) {
  return read<Tries>(text);
}
template <>
std::optional<Used> parse(std::string_view text) {
  return read<Used>(text);
}

}  // namespace jpki::emergency
