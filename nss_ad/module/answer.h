// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a look-up tells libc: an NSS status and, unless it is success, what errno is.
#pragma once

#include "nss_ad/snapshot/snapshot_file.h"

#include <cerrno>

#include <nss.h>

namespace jpki::ad::module {

struct Answer {
  nss_status status;
  int error;
};

inline constexpr Answer kSuccess = {NSS_STATUS_SUCCESS, 0};
inline constexpr Answer kNotFound = {NSS_STATUS_NOTFOUND, ENOENT};
inline constexpr Answer kDamaged = {NSS_STATUS_UNAVAIL, EIO};
inline constexpr Answer kBufferTooSmall = {NSS_STATUS_TRYAGAIN, ERANGE};
inline constexpr Answer kNoMemory = {NSS_STATUS_TRYAGAIN, ENOMEM};

// For a file that is not good.
inline Answer unavailable(snapshot::FileState state, int error) {
  return {state == snapshot::FileState::kSystem ? NSS_STATUS_TRYAGAIN : NSS_STATUS_UNAVAIL, error};
}

// For a look-up that found nothing.
inline Answer answer_of(snapshot::Look look) {
  switch (look) {
    case snapshot::Look::kFound:
      return kSuccess;
    case snapshot::Look::kNone:
      return kNotFound;
    case snapshot::Look::kDamaged:
      return kDamaged;
  }
  return kDamaged;
}

// Hands it to libc; on success *errnop stays as it is.
inline nss_status tell(Answer answer, int* errnop) {
  if (answer.status != NSS_STATUS_SUCCESS) *errnop = answer.error;
  return answer.status;
}

}  // namespace jpki::ad::module
