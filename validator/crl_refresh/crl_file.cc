// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/crl_refresh/crl_file.h"

#include "base/whole_transfer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fcntl.h>
#include <nettle/base64.h>
#include <sys/stat.h>

namespace jpki::crl_refresh {
namespace {

constexpr std::string_view kBegin = "-----BEGIN X509 CRL-----";
constexpr std::string_view kEnd = "-----END X509 CRL-----";
constexpr std::size_t kPiece = 48 * 1024;

Unexpected<std::string> refuse(const std::string& path, const std::string& why) {
  return Unexpected{path + ": " + why};
}

Expected<crl::MappedFile, std::string> map(const UniqueFd& fd, const std::string& path) {
  auto mapped = crl::MappedFile::map(fd, path, kMaxCrlFileSize);
  if (!mapped) return Unexpected{mapped.error().text};
  return std::move(*mapped);
}

// The one PEM block of `text`, without its frame; RFC 7468.
std::optional<std::string_view> body_of(std::string_view text) {
  text.remove_prefix(kBegin.size());
  const auto end = text.find(kEnd);
  if (end == std::string_view::npos || text.find("-----", end + kEnd.size()) != std::string_view::npos)
    return std::nullopt;
  return text.substr(0, end);
}

Expected<UniqueFd, std::string> nameless_beside(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  UniqueFd fd(::open(directory.c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
  if (!fd.valid()) return refuse(path, std::string("no room for a copy: ") + std::strerror(errno));
  return fd;
}

Expected<crl::MappedFile, std::string> decode_pem(std::string_view text, const std::string& path) {
  const auto body = body_of(text);
  if (!body)
    return refuse(path,
                  "PEM without its END line, or with more than one CRL; put each into a file of its own");
  const auto out = nameless_beside(path);
  if (!out) return Unexpected{out.error()};
  struct base64_decode_ctx context;
  nettle_base64_decode_init(&context);
  std::array<std::uint8_t, BASE64_DECODE_LENGTH(kPiece)> piece;
  for (std::size_t at = 0; at < body->size(); at += kPiece) {
    const auto in = body->substr(at, kPiece);
    std::size_t size = piece.size();
    if (nettle_base64_decode_update(&context, &size, piece.data(), in.size(), in.data()) != 1)
      return refuse(path, "PEM with characters that are not base64; fetch it again");
    if (!write_all(out->get(), Bytes(piece.data(), size)))
      return refuse(path, std::string("no room to decode PEM: ") + std::strerror(errno));
  }
  if (nettle_base64_decode_final(&context) != 1)
    return refuse(path, "PEM that ends too early; fetch it again");
  return map(*out, path);
}

}  // namespace

std::optional<FileStamp> stamp_of(const UniqueFd& fd) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return std::nullopt;
  return FileStamp{static_cast<std::uint64_t>(info.st_size),
                   static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000u +
                       static_cast<std::uint64_t>(info.st_mtim.tv_nsec)};
}

std::optional<FileStamp> stamp_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  return fd.valid() ? stamp_of(fd) : std::nullopt;
}

Expected<UniqueFd, std::string> private_copy(const UniqueFd& fd, const std::string& path) {
  auto copy = nameless_beside(path);
  if (!copy) return copy;
  Blob piece(kPiece);
  for (std::uint64_t at = 0;;) {
    const auto size = read_at(fd.get(), piece, at);
    if (!size) return refuse(path, std::strerror(errno));
    if (*size == 0) return copy;
    at += *size;
    if (at > kMaxCrlFileSize)
      return refuse(path, "larger than " + std::to_string(kMaxCrlFileSize) + " bytes");
    if (!write_all(copy->get(), Bytes(piece).first(*size)))
      return refuse(path, std::string("no room for a copy: ") + std::strerror(errno));
  }
}

Expected<crl::MappedFile, std::string> map_der(const UniqueFd& fd, const std::string& path) {
  auto mapped = map(fd, path);
  if (!mapped) return mapped;
  const std::string_view text = as_text(mapped->bytes());
  if (text.starts_with(kBegin)) return decode_pem(text, path);
  return mapped;
}

}  // namespace jpki::crl_refresh
