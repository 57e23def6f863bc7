// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Security identifiers ([MS-DTYP] 2.4.2) and objectGUIDs ([MS-DTYP] 2.3.4).
#pragma once

#include "base/bytes.h"
#include "base/expected.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad {

// 16 bytes as the directory sends them: the identity that no rename and no move changes.
using Guid = std::array<std::uint8_t, 16>;

struct Sid {
  std::uint64_t authority = 0;                 // IdentifierAuthority, 48 bits
  std::vector<std::uint32_t> sub_authorities;  // at most 15

  auto operator<=>(const Sid&) const = default;

  // The binary form of objectSid and tokenGroups ([MS-DTYP] 2.4.2.2); the whole of `bytes` must be one SID of
  // revision 1.
  static Expected<Sid, std::string> decode(Bytes bytes);
  // "S-1-5-21-…" ([MS-DTYP] 2.4.2.1), decimal, no leading zeros.
  static Expected<Sid, std::string> parse(std::string_view text);

  Blob encode() const;
  std::string text() const;

  // The last sub-authority, and the SID without it. Undefined for a SID without sub-authorities.
  std::uint32_t rid() const { return sub_authorities.back(); }
  Sid domain() const;
};

}  // namespace jpki::ad
