// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/pki_tree.h"

#include "testkit/ocsp/der_parser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace jpki::testocsp {

namespace fs = std::filesystem;
using testpki::Digest;
using testpki::PrivateKey;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Unexpected<std::string> unusable(const fs::path& path) {
  return Unexpected{path.string() + ": missing or unusable; is this a folder that jpki-testpki wrote?"};
}

std::vector<fs::path> folders_in(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(path, error)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

}  // namespace

const Ca* PkiTree::issuer_of(const CertId& id) const {
  for (const Digest digest : {Digest::kSha1, Digest::kSha256}) {
    if (id.hash != digest_oid(digest)) continue;
    for (const Ca& ca : cas) {
      const CertId own = cert_id(digest, ca.subject, ca.subject_public_key_info, id.serial);
      if (own.issuer_name_hash == id.issuer_name_hash && own.issuer_key_hash == id.issuer_key_hash)
        return &ca;
    }
  }
  return nullptr;
}

const Ca* PkiTree::named(std::string_view name) const {
  const auto found = std::ranges::find(cas, name, &Ca::name);
  return found == cas.end() ? nullptr : &*found;
}

Expected<PkiTree, std::string> load_tree(const std::string& directory) {
  const fs::path top(directory);
  auto responder_key = PrivateKey::from_pem(read_file(top / "ocsp/responder.key"));
  if (!responder_key) return unusable(top / "ocsp/responder.key");
  std::vector<Ca> cas;
  for (const fs::path& folder : folders_in(top / "ca")) {
    Blob certificate = to_blob(as_bytes(read_file(folder / "cert.der")));
    const auto parts = parse_certificate(certificate);
    auto key = PrivateKey::from_pem(read_file(folder / "key.pem"));
    if (!parts || !key) return unusable(folder);
    cas.push_back({folder.filename().string(), certificate, to_blob(parts->subject),
                   to_blob(parts->subject_public_key_info), std::move(*key)});
  }
  if (cas.empty()) return unusable(top / "ca");
  std::map<std::string, Blob> serials;
  for (const fs::path& folder : folders_in(top / "cards")) {
    const Blob certificate = to_blob(as_bytes(read_file(folder / "auth.der")));
    const auto parts = parse_certificate(certificate);
    if (!parts) return unusable(folder / "auth.der");
    serials[folder.filename().string()] = to_blob(parts->serial);
  }
  const Blob card = to_blob(as_bytes(read_file(top / "cards/taro/auth.der")));
  const auto card_parts = parse_certificate(card);
  auto card_key = PrivateKey::from_pem(read_file(top / "cards/taro/auth.key"));
  if (!card_parts || !card_key) return unusable(top / "cards/taro");
  return PkiTree{std::move(cas),
                 std::move(*responder_key),
                 std::move(serials),
                 {card, to_blob(card_parts->subject), std::move(*card_key)}};
}

}  // namespace jpki::testocsp
