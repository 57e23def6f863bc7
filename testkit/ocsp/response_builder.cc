// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/response_builder.h"

namespace jpki::testocsp {

namespace der = testpki::der;

namespace {

Blob explicitly(unsigned number, Bytes value) {
  return der::tlv(der::context_constructed(number), value);
}

Blob extensions_field(const std::vector<testpki::Extension>& extensions) {
  return extensions.empty() ? Blob() : explicitly(1, encode_extensions(extensions));
}

Blob encode(const SingleResponse& single) {
  Blob times = der::generalized_time(single.this_update);
  if (single.next_update) der::append(times, explicitly(0, der::generalized_time(*single.next_update)));
  return der::sequence(
      {encode(single.id), single.status, single.times.value_or(times), extensions_field(single.extensions)});
}

Blob encode_status(std::uint8_t status) {
  return der::enumerated(status);
}

}  // namespace

Blob good() {
  return der::tlv(der::context(0), Bytes{});
}

Blob revoked(Time when, std::optional<std::uint8_t> reason) {
  const Blob reason_field = reason ? explicitly(0, der::enumerated(*reason)) : Blob();
  return der::tlv(der::context_constructed(1), {der::generalized_time(when), reason_field});
}

Blob unknown() {
  return der::tlv(der::context(2), Bytes{});
}

Blob by_name(Bytes name) {
  return explicitly(1, name);
}

Blob by_key(Bytes key_hash) {
  return explicitly(2, der::octet_string(key_hash));
}

testpki::Extension nonce_extension(Bytes value) {
  return {"1.3.6.1.5.5.7.48.1.2", false, der::octet_string(value)};
}

Blob ResponseBuilder::sign(const testpki::PrivateKey& signer) const {
  std::vector<Blob> singles;
  for (const SingleResponse& single : responses) singles.push_back(encode(single));
  const Blob version_field = version ? explicitly(0, der::integer(*version)) : Blob();
  const Blob tbs = der::sequence({version_field, responder_id,
                                  produced_at_der.value_or(der::generalized_time(produced_at)),
                                  der::sequence(singles), extensions_field(extensions)});
  Blob bits = signer.sign(tbs, signature.digest);
  if (signature.corrupt) bits.back() ^= 1;
  const Blob certificates_field = certificates.empty() ? Blob() : explicitly(0, der::sequence(certificates));
  const Blob basic =
      der::sequence({tbs, inner_algorithm(signer, signature), der::bit_string(bits), certificates_field});
  const Blob bytes = der::sequence({der::oid(response_type), der::octet_string(basic)});
  return der::sequence({encode_status(status), explicitly(0, bytes)});
}

Blob error_response(std::uint8_t status) {
  return der::sequence({encode_status(status)});
}

}  // namespace jpki::testocsp
