// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Object identifiers of RFC 6960 4.2 and 4.4, dotted.
#pragma once

#include <string_view>

namespace jpki::ocsp::oid {

inline constexpr std::string_view kOcspSigning = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view kBasicResponse = "1.3.6.1.5.5.7.48.1.1";
inline constexpr std::string_view kNonce = "1.3.6.1.5.5.7.48.1.2";
inline constexpr std::string_view kNoCheck = "1.3.6.1.5.5.7.48.1.5";
inline constexpr std::string_view kExtendedRevoke = "1.3.6.1.5.5.7.48.1.9";

inline constexpr std::string_view kSha1 = "1.3.14.3.2.26";
inline constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";

}  // namespace jpki::ocsp::oid
