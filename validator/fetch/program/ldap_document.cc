// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/fetch/program/ldap_document.h"

#include <algorithm>
#include <vector>

#include <strings.h>

namespace jpki::fetch {
namespace {

constexpr const char* kAttributes[] = {"certificateRevocationList", "authorityRevocationList",
                                       "deltaRevocationList"};
constexpr std::string_view kBinary = ";binary";
constexpr std::size_t kMaxAttribute = 64;
constexpr std::size_t kPiece = 16 * 1024;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

bool same(const std::string& a, const char* b) {
  return ::strcasecmp(a.c_str(), b) == 0;
}

// The attribute's own name, when it is one of a CRL.
const char* crl_attribute(std::string name) {
  if (name.size() > kBinary.size() && same(name.substr(name.size() - kBinary.size()), kBinary.data()))
    name.resize(name.size() - kBinary.size());
  const auto* found =
      std::ranges::find_if(kAttributes, [&](const char* attribute) { return same(name, attribute); });
  return found == std::end(kAttributes) ? nullptr : *found;
}

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::optional<Url> crl_search_of(const Url& url) {
  const std::vector<std::string> parts = split(url.rest, '?');
  if (parts.size() < 2 || parts.size() > 4) return {};
  const char* attribute = crl_attribute(parts[1]);
  const bool whole_entry = parts.size() < 3 || parts[2].empty() || same(parts[2], "base");
  const bool no_filter = parts.size() < 4 || parts[3].empty() || same(parts[3], "(objectClass=*)");
  if (attribute == nullptr || !whole_entry || !no_filter || parts[0] == "/") return {};
  Url search = url;
  search.rest = parts[0] + "?" + attribute + std::string(kBinary) + "?base";
  return search;
}

bool LdapValue::take(Bytes text) {
  for (const std::uint8_t byte : text) {
    if (!take(static_cast<char>(byte))) {
      state_ = State::kBroken;
      return false;
    }
  }
  return state_ == State::kBroken ? false : flush();
}

bool LdapValue::take(char c) {
  switch (state_) {
    case State::kLineStart:
      if (c == '\t') {
        state_ = State::kAttribute;
      } else if (c != '\n') {
        state_ = State::kOtherLine;  // "DN: …"
      }
      return true;
    case State::kOtherLine:
      if (c == '\n') state_ = State::kLineStart;
      return true;
    case State::kAttribute:
      return take_attribute(c);
    case State::kBase64:
    case State::kPadded:
      return take_base64(c);
    case State::kAfterValue:
      return c == '\n';  // a second value or a second entry
    case State::kBroken:
      return false;
  }
  return false;
}

// "certificateRevocationList;binary:: "
bool LdapValue::take_attribute(char c) {
  if (c != ' ') {
    attribute_.push_back(c);
    return attribute_.size() <= kMaxAttribute && c != '\n';
  }
  if (!attribute_.ends_with("::") || crl_attribute(attribute_.substr(0, attribute_.size() - 2)) == nullptr)
    return false;
  state_ = State::kBase64;
  return true;
}

bool LdapValue::take_base64(char c) {
  if (c == '\n') return end_value();
  if (c == '=') {
    state_ = State::kPadded;
    return ++padding_ <= 2;
  }
  const int value = value_of(c);
  if (value < 0 || state_ == State::kPadded) return false;
  bits_ = (bits_ << 6) | static_cast<std::uint32_t>(value);
  if (++digits_ < 4) return true;
  for (const int shift : {16, 8, 0}) decoded_.push_back(static_cast<std::uint8_t>(bits_ >> shift));
  bits_ = 0;
  digits_ = 0;
  return decoded_.size() < kPiece || flush();
}

bool LdapValue::end_value() {
  if ((digits_ + padding_) % 4 != 0 || digits_ == 1) return false;
  if (digits_ >= 2) decoded_.push_back(static_cast<std::uint8_t>(bits_ >> (digits_ == 3 ? 10 : 4)));
  if (digits_ == 3) decoded_.push_back(static_cast<std::uint8_t>(bits_ >> 2));
  state_ = State::kAfterValue;
  return true;
}

bool LdapValue::flush() {
  const bool taken = document_.append(decoded_);
  decoded_.clear();
  return taken;
}

}  // namespace jpki::fetch
