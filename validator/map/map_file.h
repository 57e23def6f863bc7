// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountMap from a local file, one binding a line:
//
//   # comment
//   ACCOUNT  X509:<I>C=JP,O=…<SR>0302018f
//
// The account is the first word, the mapping string all the rest of the line (it may hold spaces). An account may
// have several lines (R5); one string under two accounts, or a certificate whose strings name two accounts, is
// ambiguous and refused. Hexadecimal digits and the attribute names of <I> compare without case.
#pragma once

#include <string>

#include "base/safe_file.h"
#include "validator/map/account_map.h"

namespace jpki::map {

class MapFile final : public AccountMap {
 public:
  // Reads and checks the whole file; an error names file:line and a hint. The file names persons' certificates:
  // it must not be readable by others.
  static Expected<MapFile, MapError> load(const std::string& path, const FileTrust& trust = {});
  Expected<std::string, MapError> account_of(const x509::VerifiedCertificate& certificate) const override;

 private:
  struct Binding {
    std::string account;
    std::string mapping;  // canonical spelling
  };
  explicit MapFile(std::vector<Binding> bindings) : bindings_(std::move(bindings)) {}
  std::vector<Binding> bindings_;
};

}  // namespace jpki::map
