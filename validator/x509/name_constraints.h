// SPDX-License-Identifier: LGPL-2.1-or-later
//
// NameConstraints (RFC 5280 4.2.1.10): decoding, and whether a name lies within a subtree. What is done about
// it along a path is validator/path's subject.
#pragma once

#include "validator/x509/general_name.h"

#include <optional>
#include <vector>

namespace jpki::x509 {

struct GeneralSubtree {
  GeneralName base;
  bool has_distances = false;  // a minimum other than 0, or a maximum: RFC 5280 does not use them
};

struct NameConstraints {
  std::vector<GeneralSubtree> permitted;
  std::vector<GeneralSubtree> excluded;
};

// Decodes the value of the extension. Malformed is also: neither list, an empty list, more than
// kMaxGeneralNames subtrees, an iPAddress that is no address with a contiguous mask.
std::optional<NameConstraints> decode_name_constraints(Bytes value);

// kUnclear: part of what the name stands for may lie within (a wildcard), the name is not what its form
// demands (name_syntax.h), the subtree is nothing that its form defines ("@example.org", "*.example.org", a
// scheme, a port), or the form has no subtrees that anybody defined. A permitted subtree needs kInside, an
// excluded one kOutside.
enum class Containment { kOutside, kInside, kUnclear };

// Where `name` lies relative to `subtree`, both of the same form; validator/x509/names_and_extensions.md has
// the cases.
//   directoryName  the base is a prefix of the name, compared by 7.1
//   dNSName        the base, or labels in front of it; ".domain": every host below it
//   rfc822Name     base with '@': that mailbox; ".domain": every host below it; "host": every mailbox of it
//   URI            ".domain": every host below it; "host": it alone. A URI without a host name is unclear
//   iPAddress      base and mask
// An empty dNSName, rfc822Name or URI base holds everything.
Containment containment(const GeneralName& name, const GeneralSubtree& subtree);

}  // namespace jpki::x509
