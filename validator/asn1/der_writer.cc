// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/asn1/der_writer.h"

namespace jpki::asn1 {

Blob encode(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  Blob out{tag};
  unsigned octets = 1;
  while (octets < sizeof size && size >> 8 * octets != 0) ++octets;
  if (size >= 0x80) out.push_back(static_cast<std::uint8_t>(0x80 | octets));
  for (unsigned i = octets; i > 0; --i) out.push_back(static_cast<std::uint8_t>(size >> 8 * (i - 1)));
  for (const Bytes part : parts) append_bytes(out, part);
  return out;
}

}  // namespace jpki::asn1
