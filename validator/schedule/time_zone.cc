// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/schedule/time_zone.h"

#include "base/safe_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

namespace jpki::schedule {
namespace {

using std::chrono::seconds;

constexpr std::size_t kHeaderSize = 44;
constexpr std::size_t kMaxTypes = 256;
constexpr std::size_t kTypeSize = 6;                    // local time type record: utoff, isdst, desigidx
constexpr seconds kMaxOffset = std::chrono::hours(26);  // RFC 8536 3.2: -25:59:59 to 25:59:59

// The six counts of a header, RFC 8536 3.1, in their order there.
struct Counts {
  std::size_t ut_indicators, standard_indicators, leap_seconds, transitions, types, characters;

  // Bytes of the data block behind the header, with times of `width` bytes.
  std::size_t block_size(std::size_t width) const {
    return transitions * (width + 1) + types * kTypeSize + characters + leap_seconds * (width + 4) +
           standard_indicators + ut_indicators;
  }
};

std::uint64_t number_at(Bytes bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.subspan(at, width)) value = value << 8 | byte;
  return value;
}

seconds offset_at(Bytes types, std::size_t index) {
  return seconds(static_cast<std::int32_t>(number_at(types, index * kTypeSize, 4)));
}

Expected<Counts, std::string> read_header(Bytes file) {
  if (file.size() < kHeaderSize || as_text(file.first(4)) != "TZif")
    return Unexpected{std::string("is not a zoneinfo file")};
  if (file[4] < '2') return Unexpected{std::string("is a zoneinfo file of version 1; version 2 is needed")};
  const auto number = [&](std::size_t index) { return number_at(file, 20 + 4 * index, 4); };
  const Counts counts{number(0), number(1), number(2), number(3), number(4), number(5)};
  const bool sane = counts.transitions <= TimeZone::kMaxTransitions && counts.types <= kMaxTypes &&
                    counts.characters <= 4096 && counts.leap_seconds <= 4096 &&
                    counts.standard_indicators <= kMaxTypes && counts.ut_indicators <= kMaxTypes;
  if (!sane) return Unexpected{std::string("is too large for a zoneinfo file")};
  return counts;
}

// The number at the beginning of `text`, which it is taken from.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// "JST" or "<+0330>" at the beginning of a POSIX TZ string.
bool take_designation(std::string_view& text) {
  const bool quoted = text.starts_with('<');
  const std::size_t end = quoted ? text.find('>') : text.find_first_of("+-0123456789");
  if (end == std::string_view::npos || end == 0) return false;
  text.remove_prefix(end + (quoted ? 1 : 0));
  return true;
}

// The offset of a POSIX TZ string without daylight saving time: "JST-9", "<+0330>-3:30", "UTC0"; at most
// 24:59:59 (POSIX.1 8.3).
Expected<seconds, std::string> fixed_offset(std::string_view footer) {
  const std::string whole(footer);
  if (!take_designation(footer)) return Unexpected{"has an unknown rule \"" + whole + "\""};
  const bool west = !footer.starts_with('-');
  if (footer.starts_with('-') || footer.starts_with('+')) footer.remove_prefix(1);
  seconds offset{0};
  for (const auto& [unit, largest] : {std::pair{seconds(3600), 24}, {seconds(60), 59}, {seconds(1), 59}}) {
    const auto number = take_number(footer);
    if (!number || *number > largest) return Unexpected{"has an unknown rule \"" + whole + "\""};
    offset += unit * *number;
    if (!footer.starts_with(':')) break;
    footer.remove_prefix(1);
  }
  if (!footer.empty())
    return Unexpected{"has daylight saving time (" + whole + "); use a zone without, like Asia/Tokyo or UTC"};
  return west ? -offset : offset;
}

bool is_zone_name(const std::string& name) {
  const bool characters = std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
  return characters && !name.empty() && name.size() < 64 && !name.starts_with('/') && !name.ends_with('/');
}

}  // namespace

Expected<TimeZone, std::string> TimeZone::decode(const std::string& name, Bytes tzif) {
  const auto first = read_header(tzif);
  if (!first) return Unexpected{first.error()};
  const std::size_t skipped = kHeaderSize + first->block_size(4);
  if (tzif.size() < skipped) return Unexpected{std::string("is cut short")};
  const Bytes second = tzif.subspan(skipped);
  const auto counts = read_header(second);
  if (!counts) return Unexpected{counts.error()};
  const std::size_t block = counts->block_size(8);
  if (second.size() < kHeaderSize + block) return Unexpected{std::string("is cut short")};
  if (counts->leap_seconds != 0)
    return Unexpected{std::string("counts leap seconds; use the zone without \"right/\"")};
  if (counts->types == 0) return Unexpected{std::string("has no offset from UTC")};

  const Bytes times = second.subspan(kHeaderSize);
  const Bytes indices = times.subspan(counts->transitions * 8, counts->transitions);
  const Bytes types = times.subspan(counts->transitions * 9, counts->types * kTypeSize);
  TimeZone zone;
  zone.name_ = name;
  zone.first_offset_ = schedule::offset_at(types, 0);
  for (std::size_t i = 0; i < counts->types; ++i)
    if (std::chrono::abs(schedule::offset_at(types, i)) >= kMaxOffset)
      return Unexpected{std::string("has an impossible offset from UTC")};
  for (std::size_t i = 0; i < counts->transitions; ++i) {
    const Time at{seconds(static_cast<std::int64_t>(number_at(times, i * 8, 8)))};
    const bool ordered = zone.transitions_.empty() || zone.transitions_.back().at < at;
    if (indices[i] >= counts->types || !ordered)
      return Unexpected{std::string("has transitions in disorder")};
    zone.transitions_.push_back({at, schedule::offset_at(types, indices[i])});
  }
  const std::string_view footer = as_text(second.subspan(kHeaderSize + block));
  if (footer.size() < 2 || !footer.starts_with('\n') || footer.find('\n', 1) != footer.size() - 1)
    return Unexpected{std::string("has no rule for the future")};
  const auto last = fixed_offset(footer.substr(1, footer.size() - 2));
  if (!last) return Unexpected{last.error()};
  zone.last_offset_ = *last;
  return zone;
}

Expected<TimeZone, std::string> TimeZone::load(const std::string& name) {
  if (!is_zone_name(name))
    return Unexpected{"\"" + name + "\" is not the name of a time zone, like Asia/Tokyo"};
  static constexpr char kDirectory[] = "/usr/share/zoneinfo/";
  const std::string path = kDirectory + name;
  // Aliases such as Japan or UTC are links within the directory.
  std::error_code error;
  const std::string real = std::filesystem::canonical(path, error).string();
  const auto file =
      read_trusted_file(!error && real.starts_with(kDirectory) ? real : path, {.max_size = 64 * 1024});
  if (!file) {
    const bool missing = file.error().reason == FileError::Reason::kMissing;
    return Unexpected{file.error().text + (missing ? "; is the name right, and tzdata installed?" : "")};
  }
  auto zone = decode(name, *file);
  if (!zone) return Unexpected{path + " " + zone.error()};
  return zone;
}

seconds TimeZone::offset_at(Time when) const {
  if (transitions_.empty()) return last_offset_;
  const auto next = std::ranges::upper_bound(transitions_, when, {}, &Transition::at);
  if (next == transitions_.begin()) return first_offset_;
  // RFC 8536 3.3: the footer governs what comes after the last transition.
  return next == transitions_.end() ? last_offset_ : std::prev(next)->offset;
}

}  // namespace jpki::schedule
