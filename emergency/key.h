// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The keys by which somebody far away is let in. The site's key lies on one service host; who has it can
// answer for every computer of the site. A computer holds only the key that was derived from it for its own
// name: who is root there can answer for that computer alone, on which root needs no answer.
#pragma once

#include "base/expected.h"
#include "base/safe_file.h"

#include <array>
#include <string>
#include <string_view>

namespace jpki::emergency {

inline constexpr char kHostKeyFile[] = JPKI_SYSCONFDIR "/emergency.key";
inline constexpr char kSiteKeyFile[] = JPKI_SYSCONFDIR "/emergency-site.key";

using Key = std::array<std::uint8_t, 32>;

// From getrandom(2).
Expected<Key, std::string> make_key();

// HKDF-SHA-256 (RFC 5869) of the site's key for this name, in which the case of letters does not matter.
Key derive_host_key(const Key& site, std::string_view host);

// A key as its file has it: 64 hexadecimal digits and a line's end.
std::string text_of_key(const Key& key);

// A file that others can read, or that is not root's (of `trust`), is an error. kMissing: the computer has no
// key, so nobody far away is asked.
Expected<Key, FileError> read_key(const std::string& path, const FileTrust& trust = {});

}  // namespace jpki::emergency
