// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/crl_builder.h"

#include <algorithm>

namespace jpki::testpki {

namespace {

void append_entry(Blob& out, const CrlEntry& entry) {
  Blob extensions;
  if (entry.reason || !entry.extensions.empty()) {
    std::vector<Extension> all;
    if (entry.reason) all.push_back(reason_code(*entry.reason));
    all.insert(all.end(), entry.extensions.begin(), entry.extensions.end());
    extensions = encode_extensions(all);
  }
  der::append(out,
              der::sequence({der::raw_integer(entry.serial), der::time(entry.revocation_date), extensions}));
}

}  // namespace

CrlBuilder& CrlBuilder::add(Extension extension) {
  extensions.push_back(std::move(extension));
  return *this;
}

CrlBuilder& CrlBuilder::replace(Extension extension) {
  const auto found = std::ranges::find(extensions, extension.oid, &Extension::oid);
  if (found == extensions.end()) return add(std::move(extension));
  *found = std::move(extension);
  return *this;
}

CrlBuilder& CrlBuilder::remove(std::string_view oid) {
  std::erase_if(extensions, [&](const Extension& extension) { return extension.oid == oid; });
  return *this;
}

CrlBuilder& CrlBuilder::revoke(Bytes serial, Time when, std::optional<std::uint8_t> reason) {
  entries.push_back({to_blob(serial), when, reason, {}});
  return *this;
}

Blob CrlBuilder::sign(const PrivateKey& signer) const {
  const Blob version_field = version ? der::integer(*version) : Blob();
  const Blob next_update_field = next_update ? der::time(*next_update) : Blob();
  Blob revoked;
  for (const CrlEntry& entry : entries) append_entry(revoked, entry);
  if (raw_entries) revoked = *raw_entries;
  const Blob revoked_field = entries.empty() && !raw_entries ? Blob() : der::tlv(der::kSequence, revoked);
  const Blob extensions_field =
      extensions.empty() ? Blob() : der::tlv(der::context_constructed(0), encode_extensions(extensions));
  const Blob tbs =
      der::sequence({version_field, inner_algorithm(signer, signature), issuer, der::time(this_update),
                     next_update_field, revoked_field, extensions_field});
  return signed_object(tbs, signer, signature);
}

}  // namespace jpki::testpki
