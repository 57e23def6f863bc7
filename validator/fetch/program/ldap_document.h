// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LDAP as a way to CRLs (RFC 4523, RFC 4516): which LDAP URLs may be asked, and the one value out of the
// LDIF-like text that libcurl makes of the entry.
#pragma once

#include "validator/fetch/program/document.h"
#include "validator/fetch/url.h"

#include <optional>
#include <string>

namespace jpki::fetch {

// The URL as it is sent: exactly one attribute, a CRL of RFC 4523 2.5 to 2.7 with ";binary", of the entry
// itself, without filter, extension or a name to log in with. Nothing when `url` asks for anything else.
std::optional<Url> crl_search_of(const Url& url);

// Takes the text in pieces of any size and appends the decoded value to the document.
class LdapValue {
 public:
  explicit LdapValue(Document& document) : document_(document) {}

  // False when the text is not what was expected, or the document takes no more.
  bool take(Bytes text);
  // Whether there was exactly one value, whole.
  bool complete() const { return state_ == State::kAfterValue; }

 private:
  enum class State { kLineStart, kOtherLine, kAttribute, kBase64, kPadded, kAfterValue, kBroken };

  bool take(char c);
  bool take_attribute(char c);
  bool take_base64(char c);
  bool end_value();
  bool flush();

  Document& document_;
  State state_ = State::kLineStart;
  std::string attribute_;
  std::uint32_t bits_ = 0;
  int digits_ = 0;   // in bits_
  int padding_ = 0;  // "=" seen
  Blob decoded_;
};

}  // namespace jpki::fetch
