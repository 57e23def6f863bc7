// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl anchor add|list|check|remove: what each is asked for, and does.
#pragma once

#include "jpkictl/context.h"

#include <string>
#include <vector>

namespace jpki::ctl {

struct AnchorAddOptions {
  std::string file;
  std::string name;
  std::vector<std::string> kinds;
  std::vector<std::string> functions;  // empty: the default ones
  std::string accept_from;             // empty: none
  std::string accept_until;
  std::string sha256;  // empty: asked for
};
// Writes nothing unless the fingerprint of the official publication is the certificate's. Shows neither the
// fingerprint nor, before they match, anything of the certificate: what is on the screen would be copied.
ExitStatus anchor_add(const AnchorAddOptions& options, const Context& context);

ExitStatus anchor_list(const Context& context);

struct AnchorCheckOptions {
  std::string at;     // empty: now
  std::string fleet;  // empty: none
};
// kBad when an account of the fleet, or a kind of card without a fleet, stops working by then.
ExitStatus anchor_check(const AnchorCheckOptions& options, const Context& context);

struct AnchorRemoveOptions {
  std::string name;
  std::string fleet;  // empty: none
  bool yes = false;   // do not ask
};
ExitStatus anchor_remove(const AnchorRemoveOptions& options, const Context& context);

}  // namespace jpki::ctl
