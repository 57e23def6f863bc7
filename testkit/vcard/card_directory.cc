// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/card_directory.h"

#include "base/unique_fd.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace jpki::vcard {
namespace {

constexpr std::string_view kSignatureKey = "sign.key";
constexpr std::size_t kMaxFileSize = 1 << 15;  // READ BINARY has 15 bits of offset

Expected<Blob, std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Unexpected{path + ": " + std::strerror(errno)};
  Blob contents;
  std::array<std::uint8_t, 4096> chunk{};
  ssize_t size = 0;
  while ((size = ::read(fd.get(), chunk.data(), chunk.size())) > 0) {
    contents.insert(contents.end(), chunk.begin(), chunk.begin() + size);
    if (contents.size() > kMaxFileSize) return Unexpected{path + ": too large for a card"};
  }
  if (size < 0) return Unexpected{path + ": " + std::strerror(errno)};
  return contents;
}

// Middleware learns a certificate's size from its first four bytes, so they must be 30 82 and the right
// length.
Expected<Blob, std::string> read_certificate(const std::string& path) {
  auto der = read_file(path);
  if (!der) return der;
  const Blob& bytes = *der;
  const bool framed = bytes.size() >= 4 && bytes[0] == 0x30 && bytes[1] == 0x82 &&
                      bytes.size() - 4 == (static_cast<std::size_t>(bytes[2]) << 8 | bytes[3]);
  if (!framed) return Unexpected{path + ": not one DER certificate of 256 bytes or more"};
  return der;
}

Expected<std::shared_ptr<const CardKey>, std::string> read_key(const std::string& path, KeyType type) {
  const auto pem = read_file(path);
  if (!pem) return Unexpected{pem.error()};
  auto key = CardKey::import_pem(*pem, type);
  if (!key) return Unexpected{path + ": " + key.error()};
  return std::make_shared<const CardKey>(std::move(*key));
}

}  // namespace

Expected<CardContents, std::string> load_card(const std::string& directory, KeyType key_type) {
  CardContents contents;
  std::string error;
  const auto certificate = [&](const char* name, Blob& into) {
    auto der = read_certificate(directory + "/" + name);
    if (der) into = std::move(*der);
    if (!der && error.empty()) error = der.error();
  };
  const auto key = [&](std::string_view name, std::shared_ptr<const CardKey>& into) {
    auto loaded = read_key(directory + "/" + std::string(name), key_type);
    // A next-generation card of jpki-testpki has today's signature key.
    if (!loaded && name == kSignatureKey)
      loaded = read_key(directory + "/" + std::string(name), KeyType::kRsa2048);
    if (loaded) into = std::move(*loaded);
    if (!loaded && error.empty()) error = loaded.error();
  };
  certificate("auth.der", contents.auth_certificate);
  key("auth.key", contents.auth_key);
  certificate("auth-ca.der", contents.auth_ca);
  if (::access((directory + "/sign.der").c_str(), F_OK) == 0) {
    certificate("sign.der", contents.sign_certificate);
    key(kSignatureKey, contents.sign_key);
    certificate("sign-ca.der", contents.sign_ca);
  }
  if (!error.empty()) return Unexpected{error};
  return contents;
}

}  // namespace jpki::vcard
