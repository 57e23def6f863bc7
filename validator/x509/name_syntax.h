// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the text of a name must look like before anybody compares it: host names, mailboxes and the hosts of
// URIs. Nothing here is repaired: text that two readers could take for two names is none. Results are views
// into the text.
#pragma once

#include <optional>
#include <string_view>

namespace jpki::x509 {

inline constexpr std::size_t kMaxHostSize = 253;
inline constexpr std::size_t kMaxLabelSize = 63;

// `text` when it is a host name (RFC 1034 3.5, RFC 1123 2.1), without the dot that may stand for the root:
// labels of letters, digits, '-' and the '_' that is in use, none empty, none with '-' at an end. The last
// one is no number (RFC 3696 2): that would be an address.
std::optional<std::string_view> host_name(std::string_view text);

// RFC 5321 4.1.2. The local part may be quoted, and hold UTF-8 (RFC 6531 3.3); the host is a host name.
struct Mailbox {
  std::string_view local;  // with its quotes
  std::string_view host;
};
std::optional<Mailbox> parse_mailbox(std::string_view text);

// Is it written in the one way there is: without quotes, in ASCII? Others may spell the same local part.
bool is_plain_local_part(std::string_view local);

// The host of a URI's authority (RFC 3986 3.2) when it is a host name. Nothing without an authority, for an
// address, for a host in percent encoding, or when a space, a control or a backslash lets readers differ.
std::optional<std::string_view> host_of_uri(std::string_view uri);

}  // namespace jpki::x509
