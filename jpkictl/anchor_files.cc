// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/anchor_files.h"

#include "base/atomic_file.h"
#include "base/directory_lock.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <fmt/format.h>
#include <gnutls/gnutls.h>
#include <sys/stat.h>

namespace jpki::ctl {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr mode_t kMode = 0644;

std::string quoted_list(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", word);
  return "[" + list + "]";
}

Unexpected<std::string> refuse_errno(const std::string& path, int error) {
  const std::string_view hint = error == EACCES || error == EPERM ? "; run it as root" : "";
  return Unexpected{fmt::format("{}: {}{}", path, std::strerror(error), hint)};
}

constexpr std::chrono::seconds kPatience{2};

// One change of the directory at a time. The lock is on a file that root alone can open: a directory can be
// opened, and so locked, by everybody.
Expected<UniqueFd, std::string> lock(const std::string& directory) {
  auto locked = lock_directory(directory, kPatience);
  if (locked) return std::move(*locked);
  if (locked.error() == EWOULDBLOCK)
    return Unexpected{directory + ": another jpkictl is changing it; try again when it has finished"};
  return refuse_errno(directory, locked.error());
}

void sync_directory(const std::string& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) ::fsync(fd.get());
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 || errno != ENOENT;
}

Expected<Unit, std::string> write_file(const std::string& path, std::string_view content) {
  auto file = AtomicFile::create(path, kMode);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(content), 0); !written) return written;
  return file->commit();
}

// The certificate that each NAME.toml names; nothing where that cannot be told.
std::optional<std::string> certificate_of(const std::string& toml, const FileTrust& trust) {
  const auto text = read_trusted_file(toml, trust);
  if (!text) return std::nullopt;
  std::optional<std::string> name;
  // Only the name is of interest, not whether the anchor is good.
  (void)trust::decode_anchor(as_text(*text), toml,
                             [&](const std::string& file) -> Expected<Blob, std::string> {
                               name = file;
                               return Unexpected{std::string()};
                             });
  return name;
}

}  // namespace

bool is_anchor_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxName && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, allowed);
}

std::string to_toml(const NewAnchor& anchor) {
  std::string text = fmt::format("certificate = \"{}.pem\"\nsha256 = \"{}\"\n", anchor.name,
                                 trust::spelled(anchor.fingerprint));
  if (!anchor.kinds.empty()) text += fmt::format("kinds = {}\n", quoted_list(anchor.kinds));
  if (!anchor.functions.empty()) text += fmt::format("functions = {}\n", quoted_list(anchor.functions));
  if (!anchor.accept_from.empty()) text += fmt::format("accept_from = {}\n", anchor.accept_from);
  if (!anchor.accept_until.empty()) text += fmt::format("accept_until = {}\n", anchor.accept_until);
  return text;
}

std::string to_pem(Bytes der) {
  const gnutls_datum_t bytes{const_cast<unsigned char*>(der.data()),  // GnuTLS reads it only
                             static_cast<unsigned>(der.size())};
  gnutls_datum_t pem{nullptr, 0};
  if (gnutls_pem_base64_encode2("CERTIFICATE", &bytes, &pem) != 0) return {};
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owner(pem.data, gnutls_free);
  return {reinterpret_cast<char*>(pem.data), pem.size};
}

Expected<Unit, std::string> is_free(const std::string& directory, const std::string& name) {
  for (const char* suffix : {".toml", ".pem"})
    if (const std::string file = directory + '/' + name + suffix; exists(file))
      return Unexpected{file + ": already exists; choose another --name"};
  return Unit{};
}

Expected<Unit, std::string> write_anchor(const std::string& directory, const NewAnchor& anchor) {
  const auto locked = lock(directory);
  if (!locked) return Unexpected{locked.error()};
  const std::string base = directory + '/' + anchor.name;
  if (auto free = is_free(directory, anchor.name); !free) return free;
  const std::string pem = to_pem(anchor.certificate);
  if (pem.empty()) return Unexpected{base + ".pem: cannot be encoded as PEM"};
  if (auto written = write_file(base + ".pem", pem); !written) return written;
  auto written = write_file(base + ".toml", to_toml(anchor));
  if (!written) ::unlink((base + ".pem").c_str());
  return written;
}

Expected<Unit, std::string> remove_anchor(const std::string& directory, const std::string& name,
                                          const FileTrust& trust) {
  const auto locked = lock(directory);
  if (!locked) return Unexpected{locked.error()};
  const std::string toml = directory + '/' + name + ".toml";
  const auto certificate = certificate_of(toml, trust);
  if (::unlink(toml.c_str()) != 0) return refuse_errno(toml, errno);
  sync_directory(directory);
  const auto others = list_trusted_directory(directory, ".toml", trust);
  if (!certificate || !others) return Unit{};
  for (const std::string& other : *others) {
    const auto named = certificate_of(directory + '/' + other, trust);
    if (!named || named == certificate) return Unit{};
  }
  if (::unlink((directory + '/' + *certificate).c_str()) != 0 && errno != ENOENT)
    return refuse_errno(directory + '/' + *certificate, errno);
  return Unit{};
}

}  // namespace jpki::ctl
