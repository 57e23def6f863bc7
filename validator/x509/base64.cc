// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/base64.h"

#include <nettle/base64.h>

namespace jpki::x509 {

std::string to_base64(Bytes octets) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(octets.size()), '\0');
  nettle_base64_encode_raw(text.data(), octets.size(), octets.data());
  return text;
}

std::optional<Blob> from_base64(std::string_view text) {
  Blob octets(BASE64_DECODE_LENGTH(text.size()));
  std::size_t size = 0;
  base64_decode_ctx context;
  nettle_base64_decode_init(&context);
  if (nettle_base64_decode_update(&context, &size, octets.data(), text.size(), text.data()) != 1 ||
      nettle_base64_decode_final(&context) != 1)
    return std::nullopt;
  octets.resize(size);
  // Nettle passes over white space.
  return to_base64(octets) == text ? std::optional(std::move(octets)) : std::nullopt;
}

}  // namespace jpki::x509
