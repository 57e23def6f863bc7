// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/request_reader.h"

#include "testkit/ocsp/der_parser.h"

#include <algorithm>

namespace jpki::testocsp {

namespace der = testpki::der;
using testpki::Digest;

namespace {

constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kBoolean = 0x01;

std::optional<CertId> read_cert_id(Bytes contents) {
  DerParser fields(contents);
  const auto algorithm = fields.read(der::kSequence);
  const auto name = fields.read(der::kOctetString);
  const auto key = fields.read(der::kOctetString);
  const auto serial = fields.read(der::kInteger);
  if (!algorithm || !name || !key || !serial) return std::nullopt;
  CertId id{"", {}, to_blob(name->contents), to_blob(key->contents), to_blob(serial->contents)};
  DerParser hash(algorithm->contents);
  const auto oid = hash.read(kOid);
  if (!oid) return std::nullopt;
  if (hash.next_is(0x05)) id.hash_parameters = der::null();
  for (const Digest digest : {Digest::kSha1, Digest::kSha256})
    if (std::ranges::equal(oid->encoded, der::oid(digest_oid(digest)))) id.hash = digest_oid(digest);
  return id;
}

bool read_extensions(Bytes wrapped, OcspRequest& out) {
  const auto list = DerParser(wrapped).read(der::kSequence);
  if (!list) return false;
  for (DerParser extensions(list->contents); !extensions.at_end();) {
    const auto extension = extensions.read(der::kSequence);
    if (!extension) return false;
    DerParser fields(extension->contents);
    const auto oid = fields.read(kOid);
    if (fields.next_is(kBoolean)) (void)fields.read(kBoolean);
    const auto value = fields.read(der::kOctetString);
    if (!oid || !value) return false;
    if (!std::ranges::equal(oid->encoded, der::oid("1.3.6.1.5.5.7.48.1.2"))) continue;
    const auto nonce = DerParser(value->contents).read(der::kOctetString);
    if (!nonce) return false;
    out.nonce = to_blob(nonce->contents);
  }
  return true;
}

}  // namespace

std::optional<OcspRequest> read_request(Bytes bytes) {
  const auto request = DerParser(bytes).read(der::kSequence);
  const auto tbs = request ? DerParser(request->contents).read(der::kSequence) : std::nullopt;
  if (!tbs) return std::nullopt;
  DerParser fields(tbs->contents);
  for (const unsigned number : {0u, 1u})  // version, requestorName
    if (fields.next_is(der::context_constructed(number))) (void)fields.read(der::context_constructed(number));
  const auto list = fields.read(der::kSequence);
  if (!list) return std::nullopt;
  OcspRequest out;
  for (DerParser singles(list->contents); !singles.at_end();) {
    const auto single = singles.read(der::kSequence);
    const auto id_value = single ? DerParser(single->contents).read(der::kSequence) : std::nullopt;
    auto id = id_value ? read_cert_id(id_value->contents) : std::nullopt;
    if (!id) return std::nullopt;
    out.ids.push_back(std::move(*id));
  }
  if (fields.next_is(der::context_constructed(2))) {
    const auto wrapper = fields.read(der::context_constructed(2));
    if (!wrapper || !read_extensions(wrapper->contents, out)) return std::nullopt;
  }
  if (out.ids.empty()) return std::nullopt;
  return out;
}

}  // namespace jpki::testocsp
