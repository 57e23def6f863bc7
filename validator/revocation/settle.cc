// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/settle.h"

#include "validator/revocation/evidence_cache.h"
#include "validator/revocation/memory_entry.h"

#include <algorithm>

namespace jpki::revocation {
namespace {

// What cannot be read is none.
std::optional<MemoryEntry> entry_in(const EvidenceDirectory& directory, const std::string& name) {
  auto entry = read_memory_entry(directory, name);
  return entry ? std::move(*entry) : std::nullopt;
}

// The latest time that a signed statement among what was moved tells.
Time move_revocations(const EvidenceDirectory& settled, const EvidenceDirectory& fresh) {
  Time latest{};
  const auto names = fresh.list(kRevokedPrefix);
  if (!names) return latest;
  for (const auto& [name, modified] : *names) {
    const auto entry = entry_in(fresh, name);
    if (!entry) continue;
    latest = std::max(latest, entry->what.this_update);
    const auto known = entry_in(settled, name);
    if (!known || outweighs(entry->what, known->what))
      (void)fresh.move(name, settled);
    else
      (void)fresh.remove(name);
  }
  return latest;
}

// A hold that is newer than the lifting, and what is revoked for good, stay.
void lift_holds(const EvidenceDirectory& settled, const EvidenceDirectory& fresh) {
  const auto names = fresh.list(kLiftedPrefix);
  if (!names) return;
  for (const auto& [name, modified] : *names) {
    const auto lifted = entry_in(fresh, name);
    const std::string held = std::string(kRevokedPrefix) + name.substr(kLiftedPrefix.size());
    const auto known = entry_in(settled, held);
    if (lifted && known && lifted->what.on_hold && known->what.on_hold &&
        known->what.this_update <= lifted->what.this_update && !settled.remove(held))
      continue;
    (void)fresh.remove(name);
  }
}

// Until version 0.1 everything lay in the directory above.
void remove_what_lies_below_now(const EvidenceDirectory& settled) {
  EvidenceCache(settled).clear();
  settled.release_reserve();
}

}  // namespace

void settle(const EvidenceDirectory& settled, const EvidenceDirectory& fresh, Time now) {
  if (!check_key_of(settled) || !check_key_of(fresh)) return;
  remove_what_lies_below_now(settled);
  const auto mark = settled.read(kKeyFile, kMaxMemoryEntry);
  if (mark && !*mark) (void)fresh.move(kKeyFile, settled);
  const Time latest = move_revocations(settled, fresh);
  lift_holds(settled, fresh);
  if (latest != Time{}) forget_expired(settled, std::min(latest, now));
}

}  // namespace jpki::revocation
