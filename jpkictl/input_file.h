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

// The certificates of a file in DER or PEM.
Expected<std::vector<x509::Certificate>, std::string> read_certificates(const std::string& file);

// DER as it is, or the PEM block with this label ("X509 CRL").
Expected<Blob, std::string> read_der(const std::string& file, const std::string& label);

}  // namespace jpki::ctl
