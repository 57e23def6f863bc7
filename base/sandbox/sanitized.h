// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether this build carries AddressSanitizer, whose run-time cannot live in full confinement: it maps
// terabytes, reads /proc and writes its report to a file.
#pragma once

namespace jpki::sandbox {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace jpki::sandbox
