// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DER out of a line of text, for tables of cases:
//   { … }  set { … }          SEQUENCE, SET
//   [1] "…"  [1] #hex         a primitive value with this context tag
//   [1] { … }                 a constructed one
//   2.999.1  5  true  null    OBJECT IDENTIFIER, INTEGER (0 to 127), BOOLEAN, NULL
//   utf8 "…"                  a string of this type: see kStringTags; "octets" and "bits" also with #hex
//   #hex                      these octets
// In "…": \" \\ \xHH and \u{HHHH}, which is UTF-8; bmp and universal take ASCII.
#pragma once

#include "testkit/pki/names.h"
#include "tests/unit/support/expect.h"

#include <string>
#include <string_view>

namespace jpki::test {

class DerNotation {
 public:
  explicit DerNotation(std::string_view text) : rest_(text) {}

  // Every value up to the end.
  Blob all() {
    Blob out;
    for (skip(); !rest_.empty(); skip()) testpki::der::append(out, value());
    return out;
  }

  bool at_end() {
    skip();
    return rest_.empty();
  }
  // A word, if there is one that is no value by itself.
  std::string_view word() {
    skip();
    const std::string_view found = rest_.substr(0, rest_.find_first_of(" {}[\""));
    rest_.remove_prefix(found.size());
    return found;
  }
  bool take(std::string_view token) {
    skip();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  // The octets of "…", #hex, or the values within { … }.
  Blob contents() {
    skip();
    if (take("{")) {
      Blob out;
      while (!take("}")) testpki::der::append(out, value());
      return out;
    }
    if (rest_.starts_with('#')) {
      const auto octets = from_hex(word().substr(1));
      return octets;
    }
    return to_blob(as_bytes(quoted()));
  }
  bool constructed_follows() {
    skip();
    return rest_.starts_with('{');
  }

  Blob value() {
    namespace der = testpki::der;
    skip();
    if (constructed_follows()) return der::tlv(der::kSequence, contents());
    if (take("[")) {
      const auto number = static_cast<unsigned>(std::stoul(std::string(word_until(']'))));
      const bool constructed = constructed_follows();
      return der::tlv(constructed ? der::context_constructed(number) : der::context(number), contents());
    }
    if (rest_.starts_with('#')) return contents();
    const std::string name(word());
    if (name == "set") return der::tlv(der::kSet, contents());
    if (name == "true" || name == "false") return der::boolean(name == "true");
    if (name == "null") return der::null();
    for (const auto& [known, tag] : kStringTags)
      if (name == known) return der::tlv(tag, widened(contents(), name));
    if (name.find('.') != std::string::npos) return der::oid(name);
    ck_assert_msg(!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])), "what is \"%s\"?",
                  name.c_str());
    return der::integer(std::stoul(name));
  }

 private:
  static constexpr std::pair<std::string_view, std::uint8_t> kStringTags[] = {
      {"ia5", 0x16}, {"utf8", 0x0c},    {"printable", 0x13}, {"visible", 0x1a}, {"teletex", 0x14},
      {"bmp", 0x1e}, {"general", 0x1b}, {"universal", 0x1c}, {"octets", 0x04},  {"bits", 0x03},
  };

  void skip() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  std::string_view word_until(char end) {
    const std::string_view found = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(found.size() + 1);
    return found;
  }

  static Blob from_hex(std::string_view digits) {
    Blob octets;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
      octets.push_back(static_cast<std::uint8_t>(std::stoul(std::string(digits.substr(i, 2)), nullptr, 16)));
    return octets;
  }

  static void append_utf8(std::string& out, unsigned long code) {
    if (code >= 0x800) {
      out.push_back(static_cast<char>(0xe0 | code >> 12));
      out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    } else {
      out.push_back(static_cast<char>(0xc0 | code >> 6));
    }
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }

  std::string quoted() {
    ck_assert_msg(take("\""), "no text at: %s", std::string(rest_).c_str());
    std::string out;
    while (!rest_.starts_with('"')) {
      ck_assert_msg(!rest_.empty(), "text without an end");
      const bool escape = rest_.starts_with('\\');
      if (escape) rest_.remove_prefix(1);
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (escape && c == 'x') {
        out.push_back(static_cast<char>(from_hex(rest_.substr(0, 2)).at(0)));
        rest_.remove_prefix(2);
      } else if (escape && c == 'u' && take("{")) {
        append_utf8(out, std::stoul(std::string(word_until('}')), nullptr, 16));
      } else {
        out.push_back(c);
      }
    }
    rest_.remove_prefix(1);
    return out;
  }

  // ASCII alone.
  static Blob widened(const Blob& octets, const std::string& type) {
    const std::size_t width = type == "bmp" ? 2 : type == "universal" ? 4 : 1;
    Blob out;
    for (const std::uint8_t octet : octets) {
      out.insert(out.end(), width - 1, 0);
      out.push_back(octet);
    }
    return out;
  }

  std::string_view rest_;
};

inline Blob der_of(std::string_view notation) {
  return DerNotation(notation).all();
}

}  // namespace jpki::test
