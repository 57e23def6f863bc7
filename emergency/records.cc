// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/records.h"

#include "base/record_text.h"

#include <type_traits>

namespace jpki::emergency {
namespace {

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
void walk(Way& way, std::conditional_t<std::is_same_v<Way, RecordWriter>, const Issue, Issue>& record) {
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
void walk(Way& way, std::conditional_t<std::is_same_v<Way, RecordWriter>, const Pending, Pending>& record) {
  way.field("challenge", record.challenge);
  way.field("account", record.account);
  way.field("boot", record.boot);
  way.field("up", record.up);
  way.field("end", record.end);
}
template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, RecordWriter>, const Tries, Tries>& record) {
  way.field("boot", record.boot);
  way.field("wrong", record.wrong);
  way.field("against_code", record.against_code);
  way.field("last", record.last);
}
template <class Way>
void walk(Way& way, std::conditional_t<std::is_same_v<Way, RecordWriter>, const Used, Used>& record) {
  way.field("id", record.id);
  way.field("account", record.account);
  way.field("when", record.when);
}

template <class Record>
std::string write(const Record& record) {
  RecordWriter writer(kKind<Record>);
  walk(writer, record);
  return writer.take();
}
template <class Record>
std::optional<Record> read(std::string_view text) {
  Record record;
  RecordReader reader(text, kKind<Record>);
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
