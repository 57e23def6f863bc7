// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files that the administrator names on the command line: read as they are, without the rules for the
// installation's own files. "-" is standard input.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "validator/x509/certificate.h"

#include <string>
#include <vector>

namespace jpki::ctl {

inline constexpr std::size_t kMaxInputSize = std::size_t{1} << 30;

// The error is "FILE: why".
Expected<Blob, std::string> read_input(const std::string& file);

// A file that was read but not yet decoded, so that root reads and the helper's user decodes.
struct InputFile {
  std::string name;
  Blob content;
};
Expected<std::vector<InputFile>, std::string> read_inputs(const std::vector<std::string>& files);

// The certificates of a file in DER or PEM.
Expected<std::vector<x509::Certificate>, std::string> certificates_of(const InputFile& file);
Expected<std::vector<x509::Certificate>, std::string> read_certificates(const std::string& file);

// DER as it is, or the PEM block with this label ("X509 CRL").
Expected<Blob, std::string> der_of(InputFile file, const std::string& label);

}  // namespace jpki::ctl
