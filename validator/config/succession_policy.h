// SPDX-License-Identifier: LGPL-2.1-or-later
//
// [succession]: who is believed when a certificate is said to stand in place of an older one (R9).
#pragma once

#include <chrono>
#include <string>

namespace jpki::config {

struct SuccessionPolicy {
  std::string feed;      // a file; empty: none
  std::string resolver;  // a program; empty: none
  // A single extension of OCSP answers, dotted; empty: none.
  std::string ocsp_extension;
  std::chrono::milliseconds resolver_timeout{3000};
  std::chrono::days overlap{14};  // how long the older certificate counts here as well
  std::string overlay_directory = JPKI_STATEDIR "/succession";

  // Sources that are asked after the PIN: beyond this machine, or by a program that may go there.
  bool asks_elsewhere() const { return !resolver.empty() || !ocsp_extension.empty(); }
  bool enabled() const { return !feed.empty() || asks_elsewhere(); }
  bool operator==(const SuccessionPolicy&) const = default;
};

}  // namespace jpki::config
