// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Certificates out of files: DER, or PEM with any text around the blocks.
#pragma once

#include "base/safe_file.h"
#include "validator/x509/certificate.h"

#include <string>
#include <vector>

namespace jpki::trust {

inline constexpr std::size_t kMaxCertificatesInFile = 4096;

// Every certificate of `content`: one in DER, at least one in PEM. The error says what is wrong, without a
// file's name.
Expected<std::vector<Blob>, std::string> certificates_in(Bytes content);

// RFC 5280 4.2.1.3 and 4.2.1.9: may its key sign certificates?
bool is_authority(const x509::Certificate& certificate);

// RFC 5280 4.2.1.3: is its key meant for CRLs? keyUsage must be there and say so.
bool is_crl_signer(const x509::Certificate& certificate);

// The certificates of CAs, from which paths may be built, and of CRL signers that are no CA (is_crl_signer),
// in `directory` (*.pem, *.crt, *.der); they are not trusted for anything. No directory is an empty one. A
// file that is unsafe, malformed, or holds another certificate is passed over, and `problems` tells why.
std::vector<x509::Certificate> load_intermediates(const std::string& directory,
                                                  std::vector<std::string>& problems,
                                                  const FileTrust& trust = {});

// The same, each with the path of its file.
struct FiledCertificate {
  std::string file;
  x509::Certificate certificate;
};
std::vector<FiledCertificate> load_intermediate_files(const std::string& directory,
                                                      std::vector<std::string>& problems,
                                                      const FileTrust& trust = {});

// Every certificate of `directory`, whatever it is for; the same suffixes and errors, and the directory must
// be there.
Expected<std::vector<x509::Certificate>, std::string> load_certificates(const std::string& directory,
                                                                        const FileTrust& trust = {});

}  // namespace jpki::trust
