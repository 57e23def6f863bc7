// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FileMemory: the revoked-memory as one small file for each certificate. It holds the certificate's notAfter,
// which only the directory's owner may know (it tells a birthday), so that a file goes when nobody can log in
// with the certificate any more. Files go while another is written, and by the time of the signed statement
// that is being remembered: never by this machine's clock, which may be wrong for one boot.
#pragma once

#include "validator/revocation/evidence_directory.h"
#include "validator/revocation/revoked_memory.h"

namespace jpki::revocation {

class FileMemory final : public RevokedMemory {
 public:
  // What it remembers is written to `directory`; what lies in `settled` counts as well, and a login only
  // reads it (settle.h). Both must outlive the memory.
  explicit FileMemory(const EvidenceDirectory& directory, const EvidenceDirectory* settled = nullptr)
      : directory_(directory), settled_(settled) {}

  Expected<std::optional<Remembered>, std::string> recall(const x509::Certificate& certificate,
                                                          const x509::Certificate& issuer) const override;
  Expected<Unit, std::string> remember(const x509::Certificate& certificate, const x509::Certificate& issuer,
                                       const Remembered& what) override;
  Expected<Unit, std::string> forget_hold(const x509::Certificate& certificate,
                                          const x509::Certificate& issuer) override;

  // Whatever it remembers of the certificate: an administrator's decision, never a login's. Was there
  // anything?
  Expected<bool, std::string> forget(const x509::Certificate& certificate, const x509::Certificate& issuer);

  // How many certificates it holds; an error as of recall().
  Expected<std::size_t, std::string> size() const;

 private:
  // Names follow from the site's key: under another key everything would seem forgotten.
  Expected<Unit, std::string> check_key() const;

  const EvidenceDirectory& directory_;
  const EvidenceDirectory* settled_;
};

}  // namespace jpki::revocation
