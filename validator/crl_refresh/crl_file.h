// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CrlFile: the DER of a CRL file, mapped. PEM is decoded into a file without a name first, so that a CRL of
// any size costs no memory.
#pragma once

#include "base/safe_file.h"
#include "validator/crl/crl_index.h"
#include "validator/crl/mapped_file.h"

namespace jpki::crl_refresh {

inline constexpr std::size_t kMaxCrlFileSize = std::size_t{1} << 30;

// Size and time of a file, which tell whether it is the one of the last run.
struct FileStamp {
  std::uint64_t size = 0;
  std::uint64_t mtime = 0;  // nanoseconds since 1970
  bool operator==(const FileStamp&) const = default;
};
// Nothing when there is no such file.
std::optional<FileStamp> stamp_of(const std::string& path);
std::optional<FileStamp> stamp_of(const UniqueFd& fd);

// A copy without a name, beside the file `path` that is open as `fd`: nobody can change it once it was
// judged.
Expected<UniqueFd, std::string> private_copy(const UniqueFd& fd, const std::string& path);

// The DER in the file that is open as `fd`; `path` for error texts, its directory for the decoded PEM. Nobody
// may write to it any more.
Expected<crl::MappedFile, std::string> map_der(const UniqueFd& fd, const std::string& path);

}  // namespace jpki::crl_refresh
