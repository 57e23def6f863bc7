// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/file_memory.h"

#include "validator/revocation/evidence_cache.h"
#include "validator/revocation/memory_entry.h"

namespace jpki::revocation {
namespace {

constexpr char kLabel[] = "revoked";

Expected<std::optional<Remembered>, std::string> recall_from(const EvidenceDirectory& directory,
                                                             const std::string& name) {
  const auto entry = read_memory_entry(directory, name);
  if (!entry) return Unexpected{entry.error()};
  if (!*entry) return std::optional<Remembered>();
  return std::optional((*entry)->what);
}

}  // namespace

Expected<Unit, std::string> FileMemory::check_key() const {
  if (settled_ != nullptr)
    if (auto checked = check_key_of(*settled_); !checked) return checked;
  return check_key_of(directory_);
}

Expected<std::optional<Remembered>, std::string> FileMemory::recall(const x509::Certificate& certificate,
                                                                    const x509::Certificate& issuer) const {
  if (auto key = check_key(); !key) return Unexpected{key.error()};
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  auto fresh = recall_from(directory_, name);
  if (!fresh || settled_ == nullptr) return fresh;
  auto settled = recall_from(*settled_, name);
  if (!settled || !*fresh) return settled;
  return *settled && outweighs(**settled, **fresh) ? settled : fresh;
}

Expected<Unit, std::string> FileMemory::remember(const x509::Certificate& certificate,
                                                 const x509::Certificate& issuer, const Remembered& what) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (*known && !outweighs(what, **known)) return Unit{};
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  const MemoryEntry entry{what, certificate.not_after()};
  const auto write = [&]() -> Expected<Unit, std::string> {
    if (auto marked = directory_.write(kKeyFile, as_bytes(directory_.key_mark())); !marked) return marked;
    return directory_.write(name, as_bytes(spelled(entry)));
  };
  auto written = write();
  if (!written) {
    // On a full disk this is worth more than the answers that were kept.
    EvidenceCache(directory_).clear();
    directory_.release_reserve();
    written = write();
  }
  if (written) forget_expired(directory_, what.this_update);
  return written;
}

Expected<Unit, std::string> FileMemory::forget_hold(const x509::Certificate& certificate,
                                                    const x509::Certificate& issuer) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (!*known || !(*known)->on_hold) return Unit{};
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  if (auto removed = directory_.remove(name); !removed || settled_ == nullptr) return removed;
  const auto settled = recall_from(*settled_, name);
  if (!settled) return Unexpected{settled.error()};
  if (!*settled) return Unit{};
  // The next login settles it.
  return directory_.write(std::string(kLiftedPrefix) + name.substr(kRevokedPrefix.size()),
                          as_bytes(spelled({**settled, certificate.not_after()})));
}

Expected<bool, std::string> FileMemory::forget(const x509::Certificate& certificate,
                                               const x509::Certificate& issuer) {
  const auto known = recall(certificate, issuer);
  if (!known) return Unexpected{known.error()};
  if (!*known) return false;
  const std::string name = directory_.name_of(kLabel, certificate, issuer);
  for (const EvidenceDirectory* directory : {&directory_, settled_}) {
    if (directory == nullptr) continue;
    if (const auto removed = directory->remove(name); !removed) return Unexpected{removed.error()};
  }
  return true;
}

Expected<std::size_t, std::string> FileMemory::size() const {
  if (auto key = check_key(); !key) return Unexpected{key.error()};
  std::size_t count = 0;
  for (const EvidenceDirectory* directory : {&directory_, settled_}) {
    if (directory == nullptr) continue;
    const auto entries = directory->list(kRevokedPrefix);
    if (!entries) return Unexpected{entries.error()};
    count += entries->size();
  }
  return count;
}

}  // namespace jpki::revocation
