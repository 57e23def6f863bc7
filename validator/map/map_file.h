// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap from a local file, one binding a line:
//
//   # comment
//   ACCOUNT  X509:<SKI>93f19e…
//
// The account is the first word, the mapping string all the rest of the line (it may hold spaces). An account
// may have several lines (R5); one string under two accounts, or a certificate whose strings name two
// accounts, is ambiguous and refused. Hexadecimal digits and the attribute names of <I> compare without case.
//
// The file is searched, not parsed: a wrong line binds nobody and is found only by a certificate that it may
// mean, which it refuses. Who wants to know all of them: whole_map.h.
#pragma once

#include "base/safe_file.h"
#include "base/unique_fd.h"
#include "validator/map/account_map.h"
#include "validator/map/map_lines.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

inline constexpr std::size_t kMapLimit = std::size_t{16} << 20;  // bytes

// What the file must be like: it names persons' certificates, so others may not read it.
constexpr FileTrust map_trust(uid_t owner) {
  return {.max_size = kMapLimit, .owner = owner, .secret = true};
}

class MapFile final : public AccountMap {
 public:
  // An error when the file cannot be trusted. What is in it, account_of() reads.
  static Expected<MapFile, MapError> open(const std::string& path, uid_t owner = 0);

  // kNotMapped, kMappingAmbiguous; kMapUnusable: the certificate's line is wrong, or any line is too long.
  Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const override;
  Expected<std::string, MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                     x509::Kind kind) const override;

  // What binds to one of the canonical strong strings `mappings`, in the order of the lines.
  Expected<std::vector<Binding>, MapError> bindings_of(std::vector<std::string> mappings) const;

 private:
  MapFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // What is at `offset`, into `buffer`: less than it holds only at the end of the file.
  Expected<std::string_view, MapError> read(std::size_t offset, Blob& buffer) const;
  std::string number_of_line(std::size_t offset) const;
  Unexpected<MapError> unusable(const std::string& cause) const;

  std::string path_;
  UniqueFd fd_;
};

}  // namespace jpki::map
