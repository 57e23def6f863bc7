// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/copies.h"

#include "base/atomic_file.h"
#include "base/mapping/mapping_text.h"
#include "base/safe_file.h"
#include "jpkictl/anchor_files.h"
#include "validator/map/mapping_strings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <gnutls/gnutls.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kSuffix = ".pem";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";

FileTrust trust() {
  return {.owner = ::geteuid(), .secret = true};
}

std::optional<Blob> der_of(std::string_view pem) {
  const gnutls_datum_t text{const_cast<unsigned char*>(as_bytes(pem).data()),  // GnuTLS reads it only
                            static_cast<unsigned>(pem.size())};
  gnutls_datum_t der{nullptr, 0};
  if (gnutls_pem_base64_decode2("CERTIFICATE", &text, &der) != 0) return std::nullopt;
  const std::unique_ptr<unsigned char, decltype(gnutls_free)> owner(der.data, gnutls_free);
  return Blob(der.data, der.data + der.size);
}

Expected<std::vector<Blob>, std::string> blocks_of(const std::string& path) {
  std::vector<Blob> blocks;
  const auto content = read_trusted_file(path, trust());
  if (!content && content.error().reason == FileError::Reason::kMissing) return blocks;
  if (!content) return Unexpected{content.error().text};
  std::string_view text = as_text(*content);
  for (auto end = text.find(kEnd); end != std::string_view::npos; end = text.find(kEnd)) {
    auto der = der_of(text.substr(0, end + kEnd.size()));
    if (!der) return Unexpected{path + ": damaged; remove it"};
    blocks.push_back(std::move(*der));
    text.remove_prefix(end + kEnd.size());
  }
  return blocks;
}

Unexpected<std::string> system_error(const std::string& path) {
  return Unexpected{path + ": " + std::strerror(errno)};
}

}  // namespace

std::string copies_name(std::string_view account) {
  if (account.empty() || account.front() == '.' || account.find('/') != std::string_view::npos) return {};
  return std::string(account).append(kSuffix);
}

Expected<std::vector<Blob>, std::string> Copies::of(const std::string& account) const {
  if (copies_name(account).empty()) return std::vector<Blob>();
  return blocks_of(path_of(account));
}

Expected<Unit, std::string> Copies::write(const std::string& account,
                                          const std::vector<Blob>& certificates) const {
  const std::string path = path_of(account);
  if (certificates.empty()) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(path);
    return Unit{};
  }
  std::string text;
  for (const Blob& der : certificates) text += to_pem(der);
  auto file = AtomicFile::create(path, 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(text), 0); !written) return written;
  return file->commit();
}

Expected<Unit, std::string> Copies::add(const std::string& account, Bytes certificate) const {
  if (copies_name(account).empty()) return Unexpected{account + ": no name for a file"};
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return system_error(directory_);
  auto kept = of(account);
  if (!kept) return Unexpected{kept.error()};
  const auto same = [&](const Blob& one) { return std::ranges::equal(one, certificate); };
  if (std::ranges::any_of(*kept, same)) return Unit{};
  kept->push_back(to_blob(certificate));
  return write(account, *kept);
}

Expected<Unit, std::string> Copies::remove(const std::string& account, std::string_view mapping) const {
  auto kept = of(account);
  if (!kept) return Unexpected{kept.error()};
  if (kept->empty()) return Unit{};
  if (mapping.empty())
    kept->clear();
  else
    std::erase_if(*kept, [&](const Blob& one) { return map::thumbprint_string(one) == mapping; });
  return write(account, *kept);
}

Expected<Unit, std::string> Copies::move(const std::string& from, const std::string& to) const {
  const auto moved = of(from);
  if (!moved) return Unexpected{moved.error()};
  for (const Blob& one : *moved)
    if (auto added = add(to, one); !added) return added;
  return remove(from, {});
}

Expected<std::vector<Copies::Copy>, std::string> Copies::all() const {
  std::vector<Copy> copies;
  const auto names = list_trusted_directory(directory_, kSuffix, trust());
  if (!names && names.error().reason == FileError::Reason::kMissing) return copies;
  if (!names) return Unexpected{names.error().text};
  for (const std::string& name : *names) {
    auto blocks = blocks_of(directory_ + '/' + name);
    if (!blocks) return Unexpected{blocks.error()};
    for (Blob& der : *blocks)
      copies.push_back({name.substr(0, name.size() - kSuffix.size()), std::move(der)});
  }
  return copies;
}

}  // namespace jpki::ctl::card
