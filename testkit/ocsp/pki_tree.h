// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PkiTree: what a responder needs of a folder that jpki-testpki wrote.
#pragma once

#include "base/expected.h"
#include "testkit/ocsp/cert_id.h"
#include "testkit/pki/private_key.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace jpki::testocsp {

struct Ca {
  std::string name;  // folder below ca/
  Blob certificate;
  Blob subject;  // DER Name
  Blob subject_public_key_info;
  testpki::PrivateKey key;
};

struct CardKey {
  Blob certificate;
  Blob subject;
  testpki::PrivateKey key;
};

struct PkiTree {
  std::vector<Ca> cas;
  testpki::PrivateKey responder_key;
  std::map<std::string, Blob> serials;  // card → serial of its authentication certificate
  CardKey card;                         // of "taro": somebody's, who is no responder

  // The CA whose key issued what `id` names.
  const Ca* issuer_of(const CertId& id) const;
  const Ca* named(std::string_view name) const;
};

// The error names the file.
Expected<PkiTree, std::string> load_tree(const std::string& directory);

}  // namespace jpki::testocsp
