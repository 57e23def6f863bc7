// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/mapping.h"

#include <algorithm>
#include <iterator>

#include <nettle/sha1.h>

namespace jpki::testpki {

namespace {

std::string_view short_name(std::string_view type) {
  if (type == "2.5.4.3") return "CN";
  if (type == "2.5.4.6") return "C";
  if (type == "2.5.4.10") return "O";
  return "OU";
}

}  // namespace

std::string issuer_serial_mapping(const std::vector<Attribute>& issuer, Bytes serial) {
  std::string out = "X509:<I>";
  for (const Attribute& attribute : issuer) {
    if (&attribute != &issuer.front()) out += ',';
    out.append(short_name(attribute.type)).append("=").append(attribute.value);
  }
  if (serial.size() > 1 && serial.front() == 0) serial = serial.subspan(1);
  Blob reversed;
  std::reverse_copy(serial.begin(), serial.end(), std::back_inserter(reversed));
  return out + "<SR>" + to_hex(reversed);
}

std::string key_identifier_mapping(Bytes key_identifier) {
  return "X509:<SKI>" + to_hex(key_identifier);
}

std::string thumbprint_mapping(Bytes certificate) {
  std::uint8_t digest[SHA1_DIGEST_SIZE];
  sha1_ctx hash;
  sha1_init(&hash);
  sha1_update(&hash, certificate.size(), certificate.data());
  sha1_digest(&hash, sizeof digest, digest);
  return "X509:<SHA1-PUKEY>" + to_hex(digest);
}

}  // namespace jpki::testpki
