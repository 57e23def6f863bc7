// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/name_syntax.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

constexpr std::size_t kMaxLocalPart = 256;  // RFC 5321 4.5.3.1.1 has 64; longer ones are in use

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
bool is_printable(char c) {
  return c > ' ' && c < 0x7f;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelSize && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label,
                             [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// RFC 5322 3.2.3, and UTF-8.
bool is_atom_text(char c) {
  return is_letter(c) || is_digit(c) || is_beyond_ascii(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view local) {
  bool atom = false;
  for (const char c : local) {
    if (c == '.' ? !atom : !is_atom_text(c)) return false;
    atom = c != '.';
  }
  return atom;
}

// The octets of the quoted string that `text` begins with; 0 when there is none.
std::size_t quoted_string(std::string_view text) {
  if (!text.starts_with('"')) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
    if (i == text.size() || !(is_printable(text[i]) || text[i] == ' ' || is_beyond_ascii(text[i]))) return 0;
  }
  return 0;
}

bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && is_letter(scheme.front()) && std::ranges::all_of(scheme, [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

}  // namespace

std::optional<std::string_view> host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxHostSize) return std::nullopt;
  std::string_view label;
  for (std::size_t begin = 0; begin <= text.size(); begin += label.size() + 1) {
    label = text.substr(begin, text.substr(begin).find('.'));
    if (!is_label(label)) return std::nullopt;
  }
  if (std::ranges::all_of(label, is_digit)) return std::nullopt;
  return text;
}

std::optional<Mailbox> parse_mailbox(std::string_view text) {
  const std::size_t quoted = quoted_string(text);
  const std::size_t at = quoted != 0 ? quoted : text.find('@');
  if (at >= text.size() || text[at] != '@' || at > kMaxLocalPart) return std::nullopt;
  const std::string_view local = text.substr(0, at);
  if (quoted == 0 && !is_dot_string(local)) return std::nullopt;
  const auto host = host_name(text.substr(at + 1));
  if (!host) return std::nullopt;
  return Mailbox{local, *host};
}

bool is_plain_local_part(std::string_view local) {
  return !local.starts_with('"') && std::ranges::none_of(local, is_beyond_ascii);
}

std::optional<std::string_view> host_of_uri(std::string_view uri) {
  if (!std::ranges::all_of(uri, is_printable)) return std::nullopt;
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || !is_scheme(uri.substr(0, colon))) return std::nullopt;
  std::string_view rest = uri.substr(colon + 1);
  if (!rest.starts_with("//")) return std::nullopt;
  rest.remove_prefix(2);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  // No URI has a backslash, but many readers take it for a slash.
  if (authority.find('\\') != std::string_view::npos) return std::nullopt;
  if (const auto at = authority.find('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (const auto port = authority.find(':'); port != std::string_view::npos) {
    if (!std::ranges::all_of(authority.substr(port + 1), is_digit)) return std::nullopt;
    authority = authority.substr(0, port);
  }
  return host_name(authority);  // no second '@', no '[', no '%'
}

}  // namespace jpki::x509
