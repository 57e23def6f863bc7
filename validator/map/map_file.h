// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap from a local file, one binding a line:
//
//   # comment
//   ACCOUNT  X509:<I>C=JP,O=…<SR>0302018f
//
// The account is the first word, the mapping string all the rest of the line (it may hold spaces). An account
// may have several lines (R5); one string under two accounts, or a certificate whose strings name two
// accounts, is ambiguous and refused. Hexadecimal digits and the attribute names of <I> compare without case.
#pragma once

#include "base/safe_file.h"
#include "validator/map/account_map.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

class MapFile final : public AccountMap {
 public:
  // Reads and checks the whole file; an error names file:line and a hint. The file names persons'
  // certificates: it must not be readable by others. One string under two accounts is no error of the file:
  // it refuses that certificate (kMappingAmbiguous), not everybody.
  static Expected<MapFile, MapError> load(const std::string& path, const FileTrust& trust = kDefaultTrust);
  Expected<std::string, MapError> account_of(const path::VerifiedCertificate& certificate) const override;

  static constexpr FileTrust kDefaultTrust{.max_size = 64u << 20};

  // Every account that is bound to some certificate, sorted, each once.
  std::vector<std::string> accounts() const;

 private:
  struct Binding {
    std::string mapping;  // canonical spelling
    std::string account;
    std::size_t line = 0;
  };
  MapFile(std::string path, std::vector<Binding> bindings)
      : path_(std::move(path)), bindings_(std::move(bindings)) {}
  std::span<const Binding> bindings_of(const std::string& mapping) const;
  static Expected<Binding, std::string> parse_line(std::string_view line);

  std::string path_;
  std::vector<Binding> bindings_;  // sorted by mapping
};

}  // namespace jpki::map
