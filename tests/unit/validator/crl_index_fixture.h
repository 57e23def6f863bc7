// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CRLs compiled into an index of a temporary directory.
#pragma once

#include "tests/unit/validator/pki_fixture.h"
#include "validator/crl/crl_index.h"
#include "validator/crl/crl_index_writer.h"

#include <unistd.h>

namespace jpki::test {

using namespace jpki::crl;

inline FileTrust own_files() {
  return {.owner = ::geteuid(), .secret = true};
}

inline x509::Sha256 key_digest(const std::string& name) {
  return x509::sha256(key(name).subject_public_key_info());
}

// CRL number n is section n, source "n.crl", and counts as verified by the n-th key ("root" without one).
inline CrlIndex compile(const std::string& path, const std::vector<Blob>& crls,
                        const std::vector<std::string>& keys = {}) {
  auto writer = CrlIndexWriter::create(path);
  if (!writer) ck_abort_msg("%s", writer.error().c_str());
  for (std::size_t n = 0; n < crls.size(); ++n) {
    const auto crl = decode_crl(crls[n]);
    if (!crl) ck_abort_msg("%s", crl.error().c_str());
    const CrlSource source{std::to_string(n) + ".crl", crls[n].size(), n, n};
    const auto added = writer->add(*crl, key_digest(n < keys.size() ? keys[n] : "root"), source);
    if (!added) ck_abort_msg("%s", added.error().text.c_str());
  }
  if (const auto committed = writer->commit(); !committed) ck_abort_msg("%s", committed.error().c_str());
  auto index = CrlIndex::open(path, own_files());
  if (!index) ck_abort_msg("%s", index.error().text.c_str());
  return std::move(*index);
}

struct Compiled {
  Compiled(const TemporaryDirectory& directory, std::vector<Blob> list,
           const std::vector<std::string>& keys = {})
      : crls(std::move(list)), index(compile(directory.path("crl.idx"), crls, keys)) {}

  IndexedCrl section(std::uint32_t number) const {
    auto crl = index.section(number);
    if (!crl) ck_abort_msg("%s", crl.error().c_str());
    return std::move(*crl);
  }

  std::vector<Blob> crls;
  CrlIndex index;
};

}  // namespace jpki::test
