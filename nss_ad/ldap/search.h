// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Searching: paged results (RFC 2696), ranged retrieval of attributes with many values ([MS-ADTS]
// 3.1.1.3.1.3.3), and the texts of filters.
#pragma once

#include "nss_ad/directory/entry.h"
#include "nss_ad/ldap/connection.h"

#include <functional>
#include <optional>
#include <span>

namespace jpki::ad::ldap {

enum class Scope : std::uint8_t { kBase, kSubtree };

// How much a search may bring: more than any domain has, and less than what makes the machine swap. The
// directory's word is trusted, its size is not.
class Budget {
 public:
  explicit Budget(std::size_t entries = 1000000, std::size_t octets = std::size_t{1} << 30)
      : entries_(entries), octets_(octets) {}

  // False when it is used up.
  bool spend(const Entry& entry);

 private:
  std::size_t entries_;
  std::size_t octets_;
};

struct Query {
  std::string base;
  Scope scope = Scope::kSubtree;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
  std::uint32_t page_size = 1000;
  Budget budget{};
};

// Takes an entry that is complete.
using Sink = std::function<void(Entry)>;

// Everything that matches, page after page. An end before the last page is an error, whatever came so far.
Expected<Unit, Error> search(const Connection& connection, const Query& query, const Sink& sink);

// The one entry at `base`; nothing when there is none.
Expected<std::optional<Entry>, Error> read_entry(const Connection& connection, const std::string& base,
                                                 std::vector<std::string> attributes);

// One search request with `control` and all its entries, without pages or ranges; the control of the response
// with the same OID, if there is one. The result code is the caller's to judge.
struct Response {
  int code = 0;
  std::optional<Blob> control;
};
Expected<Response, Error> search_once(const Connection& connection, const Query& query, LDAPControl& control,
                                      const Sink& sink);

// "member;range=0-1499": the attribute, and the first value that did not come; nothing for `next` when these
// are the last ones ("range=1500-*").
struct Range {
  std::string attribute;
  std::optional<std::uint32_t> next;
};
// Nothing when the description has no range option, or a malformed one.
std::optional<Range> parse_range(std::string_view description);

// RFC 4515 3: every octet that is no letter or digit as \xx.
std::string escaped(Bytes value);

// "(|(objectGUID=\00…)(objectGUID=…))"
std::string any_of_guids(std::span<const Guid> guids);

}  // namespace jpki::ad::ldap
