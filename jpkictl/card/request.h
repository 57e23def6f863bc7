// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Request: what a login registered on one computer, for another one that may write it down for all: "this
// card for this account". Text,
//
//   jpki-request 1
//   host=NAME              which computer asks
//   account=ACCOUNT
//   asked=SECONDS          since 1970: when the person did
//   made=SECONDS           when it was signed
//   proven=pin password    by the holder of the card: "pin password" of the account, or that the card stands
//                          in place of an older one: "pin succession"
//   old=MAPPING            of that older one, each; with "pin succession" alone
//   certificate=BASE64     DER
//   signature=BASE64       of all lines above, by the computer's key (request_keys.h)
//
// in this order, read strictly. What it says is the word of whoever is root of that computer, no more: that a
// person asked, an administrator finds out from the person.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

inline constexpr std::chrono::days kRequestLife{14};  // after it was made
inline constexpr std::size_t kMaxRequest = 16384;     // octets of its text
inline constexpr std::size_t kMostRequests = 2048;    // in one file, and waiting in one place

struct Request {
  std::string host;
  std::string account;
  Time asked{};
  Time made{};
  std::vector<std::string> old_names = {};  // canonical; empty: by password
  Blob certificate = {};
  Blob signature = {};

  bool is_renewal() const { return !old_names.empty(); }
  // "X509:<SHA1-PUKEY>…" of the certificate: what it is known by. Nobody has decoded the certificate.
  std::string name() const;
  bool operator==(const Request&) const = default;
};

// Whether it can be the name of a computer, and of its file: letters, digits, '-', '_' and '.', which is not
// the first; 64 at most.
bool is_host_word(std::string_view host) noexcept;

// What is signed, and the whole.
std::string signed_text(const Request& request);
std::string spelled(const Request& request);

// One after the other, each with its text, nothing between them. Nothing: it is not that.
std::optional<std::vector<Request>> parse_requests(std::string_view text);

}  // namespace jpki::ctl::card
