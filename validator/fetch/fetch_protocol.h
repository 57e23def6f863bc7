// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages between FetchProcess and jpki-fetch, one a packet of a SOCK_SEQPACKET socket:
//
//   FetchProcess                        jpki-fetch
//   FetchCall + descriptor  ---------->             the file that takes the document
//                           <----------  FetchResult for each, in any order
//
// A packet is: version (u8), type (u8), fields (base/wire.h). Both sides decode with the bounds below; a
// packet that does not decode ends the session. jpki-fetch ends when the socket is closed.
#pragma once

#include "base/unique_fd.h"
#include "validator/fetch/fetcher.h"

#include <optional>

namespace jpki::fetch {

inline constexpr std::uint8_t kFetchProtocolVersion = 1;
inline constexpr std::size_t kMaxFetchPacket = 64 * 1024;
inline constexpr std::size_t kMaxAlternatives = 16;
inline constexpr std::size_t kMaxUrl = 4096;
inline constexpr std::size_t kMaxFetchBody = 32 * 1024;
inline constexpr std::size_t kMaxFetchText = 256;   // a header's value, a name
inline constexpr std::size_t kMaxErrorText = 1024;  // longer ones are cut
inline constexpr std::chrono::hours kMaxFetchTime{6};
inline constexpr std::uint64_t kMaxDocument = std::uint64_t{4} << 30;

struct FetchCall {
  Ticket ticket = 0;
  FetchRequest request;

  bool operator==(const FetchCall&) const = default;
};

struct FetchResult {
  Ticket ticket = 0;
  Expected<FetchAnswer, FetchError> outcome;
};

// Nothing when the request is outside the bounds: no alternative, no max_size, control characters in a header
// …
std::optional<Blob> encode_call(const FetchCall& call);
std::optional<FetchCall> decode_call(Bytes packet);

// Texts are cut to their bounds, and what is not printable ASCII becomes "?".
Blob encode_result(const FetchResult& result);
std::optional<FetchResult> decode_result(Bytes packet);

// --- the socket -----------------------------------------------------------------------------------------
struct Packet {
  Blob bytes;
  UniqueFd file;  // invalid: none came with it
};

enum class PacketError {
  kWouldBlock,
  kClosed,
  kBroken,  // too long, more than one descriptor, or a system call that failed
};

// Never blocks, never raises SIGPIPE. `file`: -1 for none.
Expected<Unit, PacketError> send_packet(int socket, Bytes packet, int file);
Expected<Packet, PacketError> receive_packet(int socket);

}  // namespace jpki::fetch
