// SPDX-License-Identifier: LGPL-2.1-or-later
#include "emergency/key.h"

#include "base/ascii_case.h"
#include "base/hex.h"

#include <cerrno>
#include <cstring>
#include <optional>

#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <sys/random.h>

namespace jpki::emergency {
namespace {

constexpr std::string_view kLabel = "jpki emergency host key 1";
constexpr std::size_t kDigits = 64;

// nettle's functions of a MAC take a context of their own type.
void update(void* context, std::size_t size, const std::uint8_t* bytes) {
  ::nettle_hmac_sha256_update(static_cast<hmac_sha256_ctx*>(context), size, bytes);
}
void digest(void* context, std::size_t size, std::uint8_t* out) {
  ::nettle_hmac_sha256_digest(static_cast<hmac_sha256_ctx*>(context), size, out);
}

std::optional<Key> key_of(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return from_hex<std::tuple_size_v<Key>>(text);
}

}  // namespace

Expected<Key, std::string> make_key() {
  Key key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return Unexpected{std::string("getrandom: ") + std::strerror(errno)};
  return key;
}

Key derive_host_key(const Key& site, std::string_view host) {
  hmac_sha256_ctx mac;
  ::nettle_hmac_sha256_set_key(&mac, kLabel.size(), as_bytes(kLabel).data());
  Key extracted{};
  ::nettle_hkdf_extract(&mac, update, digest, extracted.size(), site.size(), site.data(), extracted.data());
  ::nettle_hmac_sha256_set_key(&mac, extracted.size(), extracted.data());
  const std::string name = to_lower(host);
  Key key{};
  ::nettle_hkdf_expand(&mac, update, digest, extracted.size(), name.size(), as_bytes(name).data(), key.size(),
                       key.data());
  return key;
}

std::string text_of_key(const Key& key) {
  return to_hex(key) + '\n';
}

Expected<Key, FileError> read_key(const std::string& path, const FileTrust& trust) {
  FileTrust secret = trust;
  secret.secret = true;
  secret.max_size = kDigits + 1;
  const auto content = read_trusted_file(path, secret);
  if (!content) return Unexpected{content.error()};
  const auto key = key_of(as_text(*content));
  if (!key)
    return Unexpected{FileError{FileError::Reason::kUnsafe,
                                path + ": not 64 hexadecimal digits; jpkictl emergency key prints them"}};
  return *key;
}

}  // namespace jpki::emergency
