// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EvidenceDirectory: the small files that logins leave for later logins: which certificates were called
// revoked, and OCSP answers. It belongs to the user who writes it, and to nobody else; a name is a keyed
// hash, so that the directory names no person.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/unique_fd.h"
#include "validator/x509/certificate.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::revocation {

class EvidenceDirectory {
 public:
  static constexpr char kOfLogins[] = "logins";

  // Opens `path`, before the caller confines itself. What is wrong with the directory or the key is the error
  // of every later call.
  EvidenceDirectory(const std::string& path, Blob key);

  // The directory in this one to which logins write; made where it is missing.
  EvidenceDirectory of_logins() const;
  // Nothing when no login has made it yet.
  std::optional<EvidenceDirectory> of_logins_if_any() const;

  // LABEL-0123…: HMAC-SHA-256 of label, issuer's key and serial. `label`: lower-case letters and hyphens.
  std::string name_of(const std::string& label, const x509::Certificate& certificate,
                      const x509::Certificate& issuer) const;
  // The same of a certificate that is not at hand; `serial`: contents of the INTEGER.
  std::string name_of(const std::string& label, Bytes serial, const x509::Certificate& issuer) const;
  // Depends on the key alone: tells files of another key.
  std::string key_mark() const;

  // At most `max_size` bytes from the beginning; nothing when there is no such file.
  Expected<std::optional<Blob>, std::string> read(const std::string& name, std::size_t max_size) const;
  // Complete and on disk when it returns, or as it was. Clears away what killed logins left half-written.
  Expected<Unit, std::string> write(const std::string& name, Bytes content) const;
  // A file that takes room on the disk, for who must write when there is none: removed, it makes some.
  Expected<Unit, std::string> keep_reserve() const;
  void release_reserve() const;
  // What is not there needs no removal.
  Expected<Unit, std::string> remove(const std::string& name) const;
  // To another directory of the same file system, in the place of what has this name there.
  Expected<Unit, std::string> move(const std::string& name, const EvidenceDirectory& to) const;
  struct Entry {
    std::string name;
    Time modified;
  };
  // Those whose names begin with `prefix`, oldest first.
  Expected<std::vector<Entry>, std::string> list(std::string_view prefix) const;

 private:
  Unexpected<std::string> failed(const std::string& name) const;
  void remove_abandoned(Time now) const;

  std::string path_;
  Blob key_;
  UniqueFd directory_;
  std::string problem_;  // empty: usable
};

}  // namespace jpki::revocation
