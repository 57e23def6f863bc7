// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/text.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>

#include <fmt/format.h>
#include <unistr.h>

namespace jpki::ctl {
namespace {

constexpr char kForm[] = "must be a time like 2027-04-01T00:00:00+09:00";

// Reads `count` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

std::optional<std::chrono::sys_days> take_date(std::string_view& text, Fields& fields) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  fields.year = *year;
  fields.month = *month;
  fields.day = *day;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return date;
}

bool take_clock(std::string_view& text, Fields& fields) {
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ":")) return false;
  const auto minute = take_number(text, 2);
  if (!minute) return false;
  const auto second = take(text, ":") ? take_number(text, 2) : std::optional<int>(0);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return false;
  fields.hour = *hour;
  fields.minute = *minute;
  fields.second = *second;
  return true;
}

// "Z" or "+09:00" until the end of the text.
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  const bool west = text.starts_with('-');
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return west ? -offset : offset;
}

std::optional<Time> in_local_zone(const Fields& fields) {
  std::tm local{};
  local.tm_year = fields.year - 1900;
  local.tm_mon = fields.month - 1;
  local.tm_mday = fields.day;
  local.tm_hour = fields.hour;
  local.tm_min = fields.minute;
  local.tm_sec = fields.second;
  local.tm_isdst = -1;
  const std::time_t time = std::mktime(&local);
  if (time == -1) return std::nullopt;
  return Time(std::chrono::seconds(time));
}

}  // namespace

Expected<Time, std::string> parse_time(std::string_view text, bool offset_required) {
  std::string_view rest = text;
  const auto refuse = [&](std::string_view why) { return Unexpected{fmt::format("\"{}\" {}", text, why)}; };
  Fields fields;
  const auto date = take_date(rest, fields);
  if (!date) return refuse(kForm);
  if (!rest.empty() && !(take(rest, "Tt ") && take_clock(rest, fields))) return refuse(kForm);
  if (rest.empty()) {
    if (offset_required) return refuse("lacks the offset from UTC: write it like 2027-04-01T00:00:00+09:00");
    const auto local = in_local_zone(fields);
    if (!local) return refuse(kForm);
    return *local;
  }
  const auto offset = take_offset(rest);
  if (!offset) return refuse(kForm);
  using namespace std::chrono;
  return Time(*date + hours(fields.hour) + minutes(fields.minute) + seconds(fields.second) - *offset);
}

std::string time_text(Time when) {
  const std::time_t time = when.time_since_epoch().count();
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return fmt::format("@{}", time);
  const long minutes = std::labs(local.tm_gmtoff) / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", local.tm_year + 1900,
                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                     local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string age_text(std::chrono::seconds age) {
  using namespace std::chrono;
  if (age >= 2 * days(1)) return fmt::format("{} d", age / days(1));
  if (age >= 2 * hours(1)) return fmt::format("{} h", age / hours(1));
  if (age >= 2 * minutes(1)) return fmt::format("{} min", age / minutes(1));
  return fmt::format("{} s", age.count());
}

std::size_t harmless_character(std::string_view text) {
  ucs4_t character = 0;
  const int size = text.empty() ? 0
                                : ::u8_mbtoucr(&character, reinterpret_cast<const std::uint8_t*>(text.data()),
                                               text.size());
  if (size <= 0 || character < 0x20 || character == 0x7F) return 0;
  struct Range {
    ucs4_t first, last;
  };
  // C1; soft hyphen; marks of direction and what joins, hides or separates; tags.
  static constexpr Range kSteering[] = {
      {0x80, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x180E, 0x180E}, {0x200B, 0x200F},
      {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};
  const auto holds = [&](const Range& range) { return character >= range.first && character <= range.last; };
  return std::ranges::any_of(kSteering, holds) ? 0 : static_cast<std::size_t>(size);
}

std::string for_terminal(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t size = harmless_character(text);
    if (size == 0 && lines == Lines::kSeveral && (text.front() == '\n' || text.front() == '\t')) size = 1;
    if (size == 0)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    else
      out += text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& cells) {
  auto rows = cells;
  for (auto& row : rows)
    for (std::string& cell : row) cell = for_terminal(cell, Lines::kOne);
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      text += last ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += '\n';
  }
  return text;
}

}  // namespace jpki::ctl
