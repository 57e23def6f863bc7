// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Copies of the certificates that were registered here, for root alone (they tell municipality and birthday):
// what jpkictl anchor check --fleet needs, and what tells which bindings are stale. A directory with a file
// ACCOUNT.pem for each account. Nothing is decoded here.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

// What an account's copies are called; nothing for a name that is no file's.
std::string copies_name(std::string_view account);

class Copies {
 public:
  explicit Copies(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directory where there is none. One that is there already is not added again.
  Expected<Unit, std::string> add(const std::string& account, Bytes certificate) const;
  // Without those whose thumbprint is in `mapping` ("X509:<SHA1-PUKEY>…"); all of the account for an empty
  // one. No error where there is none.
  Expected<Unit, std::string> remove(const std::string& account, std::string_view mapping) const;
  Expected<Unit, std::string> move(const std::string& from, const std::string& to) const;

  struct Copy {
    std::string account;
    Blob certificate;  // DER
  };
  Expected<std::vector<Copy>, std::string> all() const;
  Expected<std::vector<Blob>, std::string> of(const std::string& account) const;

  const std::string& directory() const noexcept { return directory_; }

 private:
  std::string path_of(const std::string& account) const { return directory_ + '/' + copies_name(account); }
  Expected<Unit, std::string> write(const std::string& account, const std::vector<Blob>& certificates) const;

  std::string directory_;
};

}  // namespace jpki::ctl::card
