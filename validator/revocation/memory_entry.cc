// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/memory_entry.h"

#include <charconv>

#include <fmt/format.h>

namespace jpki::revocation {
namespace {

constexpr std::string_view kForGood = "revoked";
constexpr std::string_view kOnHold = "on-hold";

// " NUMBER" off the beginning of `text`.
std::optional<Time> take_time(std::string_view& text) {
  if (!text.starts_with(' ')) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), seconds);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return Time(std::chrono::seconds(seconds));
}

}  // namespace

std::string spelled(const MemoryEntry& entry) {
  const auto seconds = [](Time time) { return time.time_since_epoch().count(); };
  const auto not_after = seconds(*entry.not_after);
  const auto this_update = seconds(entry.what.this_update);
  if (!entry.what.on_hold) return fmt::format("{} {} {}\n", kForGood, not_after, this_update);
  return fmt::format("{} {} {}\n", kOnHold, this_update, not_after);
}

MemoryEntry parse_memory_entry(std::string_view text) {
  MemoryEntry entry;
  entry.what.on_hold = text.starts_with(kOnHold);
  if (!entry.what.on_hold && !text.starts_with(kForGood)) return {};
  text.remove_prefix(entry.what.on_hold ? kOnHold.size() : kForGood.size());
  const auto first = take_time(text);
  const auto second = take_time(text);
  if (!first || text != "\n" || (entry.what.on_hold && !second)) return {};
  entry.not_after = entry.what.on_hold ? second : first;
  entry.what.this_update = entry.what.on_hold ? *first : second.value_or(Time{});
  return entry;
}

Expected<std::optional<MemoryEntry>, std::string> read_memory_entry(const EvidenceDirectory& directory,
                                                                    const std::string& name) {
  const auto content = directory.read(name, kMaxMemoryEntry);
  if (!content) return Unexpected{content.error()};
  if (!*content) return std::optional<MemoryEntry>();
  return std::optional(parse_memory_entry(as_text(**content)));
}

bool outweighs(const Remembered& a, const Remembered& b) {
  if (a.on_hold != b.on_hold) return b.on_hold;
  return a.on_hold && a.this_update > b.this_update;
}

Expected<Unit, std::string> check_key_of(const EvidenceDirectory& directory) {
  const auto mark = directory.read(kKeyFile, kMaxMemoryEntry);
  if (!mark) return Unexpected{mark.error()};
  if (!*mark || as_text(**mark) == directory.key_mark()) return Unit{};
  return Unexpected{
      std::string("the record of revoked certificates was written with another pseudonym key: put that key "
                  "back, or empty the evidence directory if the CRLs list all of them")};
}

void forget_expired(const EvidenceDirectory& directory, Time now) {
  const auto entries = directory.list(kRevokedPrefix);
  if (!entries) return;
  for (const auto& [name, modified] : *entries) {
    const auto entry = read_memory_entry(directory, name);
    if (!entry || !*entry) continue;
    const auto not_after = (*entry)->not_after;
    if (not_after && *not_after < now) (void)directory.remove(name);
  }
}

}  // namespace jpki::revocation
