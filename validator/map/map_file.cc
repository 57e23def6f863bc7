// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/map/map_file.h"

#include "base/whole_transfer.h"
#include "validator/map/mapping_strings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace jpki::map {

Expected<MapFile, MapError> MapFile::open(const std::string& path, uid_t owner) {
  const FileTrust trust = map_trust(owner);
  auto fd = open_trusted_file(path, trust);
  if (!fd) return Unexpected{MapError{Verdict::kMapUnusable, fd.error().text}};
  if (const auto size = size_of_file(*fd, path, trust.max_size); !size)
    return Unexpected{MapError{Verdict::kMapUnusable, size.error().text}};
  return MapFile(path, std::move(*fd));
}

Unexpected<MapError> MapFile::unusable(const std::string& cause) const {
  return Unexpected{MapError{Verdict::kMapUnusable, path_ + cause}};
}

Expected<std::string_view, MapError> MapFile::read(std::size_t offset, Blob& buffer) const {
  const auto size = read_at(fd_.get(), buffer, offset);
  if (!size) return unusable(std::string(": ") + std::strerror(errno));
  return as_text(Bytes(buffer).first(*size));
}

// Each block but the first begins with the line that the one before it cut.
Expected<std::vector<Binding>, MapError> MapFile::bindings_of(std::vector<std::string> mappings) const {
  const LineSearch search(std::move(mappings));
  std::vector<Binding> found;
  Blob buffer(kLineLimit);
  for (std::size_t offset = 0;;) {
    const auto block = read(offset, buffer);
    if (!block) return Unexpected{block.error()};
    const bool is_last = block->size() < buffer.size();
    const std::string_view lines = is_last ? *block : block->substr(0, block->rfind('\n') + 1);
    if (lines.empty() && !is_last)
      return unusable(number_of_line(offset) + ": a line of " + std::to_string(kLineLimit) +
                      " bytes or more; this is no account map");
    if (offset + lines.size() > kMapLimit)
      return unusable(": larger than " + std::to_string(kMapLimit) + " bytes");
    if (const auto added = search.add(lines, offset, found); !added)
      return unusable(number_of_line(added.error().offset) + ": " + added.error().cause);
    if (is_last) return found;
    offset += lines.size();
  }
}

// ":17", for who looks for the line that begins at `offset`.
std::string MapFile::number_of_line(std::size_t offset) const {
  Blob buffer(kLineLimit);
  std::size_t number = 1;
  for (std::size_t at = 0; at < offset; at += buffer.size()) {
    const auto block = read(at, buffer);
    if (!block) break;
    const std::string_view before = block->substr(0, offset - at);
    number += static_cast<std::size_t>(std::ranges::count(before, '\n'));
  }
  return ':' + std::to_string(number);
}

Expected<std::string, MapError> MapFile::account_of(const path::VerifiedCertificate& certificate) const {
  const auto kind = certificate.kind().value_or(x509::Kind::kJpkiAuthentication);
  std::vector<std::string> mappings;
  for (const std::string& string : strong_mapping_strings(certificate.leaf()))
    if (auto mapping = mapping::canonical_mapping(string)) mappings.push_back(std::move(*mapping));
  return account_of_strings(mappings, kind);
}

Expected<std::string, MapError> MapFile::account_of_strings(const std::vector<std::string>& mappings,
                                                            x509::Kind kind) const {
  const auto bindings = bindings_of(mappings);
  if (!bindings) return Unexpected{bindings.error()};
  const Binding* found = nullptr;
  const Binding* too_weak = nullptr;
  for (const Binding& binding : *bindings) {
    if (!names_one_certificate(binding.mapping, kind)) {
      too_weak = &binding;
      continue;
    }
    if (found != nullptr && found->account != binding.account)
      return Unexpected{MapError{Verdict::kMappingAmbiguous,
                                 path_ + number_of_line(found->offset) + " and " +
                                     number_of_line(binding.offset) +
                                     ": one certificate under two accounts; remove one of the lines"}};
    found = &binding;
  }
  if (found != nullptr) return found->account;
  if (too_weak != nullptr)
    return Unexpected{
        MapError{Verdict::kNotMapped,
                 path_ + number_of_line(too_weak->offset) +
                     ": all JPKI generations share one issuer name, so <I>…<SR>… does not name one "
                     "certificate; bind it with X509:<SKI>… or X509:<SHA1-PUKEY>…"}};
  return Unexpected{MapError{Verdict::kNotMapped, path_ + ": no line for this certificate; add one"}};
}

}  // namespace jpki::map
