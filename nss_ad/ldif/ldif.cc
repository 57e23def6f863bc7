// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldif/ldif.h"

#include "base/ascii_case.h"
#include "base/text_lines.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <gnutls/gnutls.h>

namespace jpki::ad::ldif {
namespace {

// A logical line: folded ones put together, comments gone.
struct Line {
  std::size_t number = 0;  // of its first physical line
  std::string text;        // empty: between records
};

std::vector<Line> logical_lines(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = take_line(text);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(' ') && !lines.empty() && !lines.back().text.empty()) {
      lines.back().text += line.substr(1);
    } else {
      lines.push_back({number, std::string(line)});
    }
  }
  std::erase_if(lines, [](const Line& line) { return line.text.starts_with('#'); });
  lines.push_back({});
  return lines;
}

Unexpected<std::string> refuse(const Line& line, const char* why) {
  return Unexpected{"line " + std::to_string(line.number) + ": " + why};
}

std::optional<std::string> base64(std::string_view text) {
  gnutls_datum_t in{reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())),  // only read
                    static_cast<unsigned>(text.size())};
  gnutls_datum_t out{nullptr, 0};
  if (text.empty()) return std::string();
  if (gnutls_base64_decode2(&in, &out) != GNUTLS_E_SUCCESS) return std::nullopt;
  std::string value(reinterpret_cast<const char*>(out.data), out.size);
  gnutls_free(out.data);
  return value;
}

struct Attribute {
  std::string name;  // lower case, without options
  std::string value;
};

bool is_description(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == ';' || c == '=' || c == '*';
  });
}

Expected<Attribute, std::string> parse_attribute(const Line& line) {
  const auto colon = line.text.find(':');
  if (colon == std::string::npos || !is_description(std::string_view(line.text).substr(0, colon)))
    return refuse(line, "must be \"attribute: value\"");
  Attribute attribute{line.text.substr(0, colon), {}};
  attribute.name = to_lower(attribute.name);
  const auto options = attribute.name.find(';');
  if (options != std::string::npos) {
    if (attribute.name.find(";range=", options) != std::string::npos)
      return refuse(line, "only a part of the values; export all of them (ldbsearch does)");
    attribute.name.erase(options);
  }
  std::string_view value = std::string_view(line.text).substr(colon + 1);
  const bool encoded = value.starts_with(':');
  if (value.starts_with('<')) return refuse(line, "a value by URL is not read; put the value itself here");
  if (encoded) value.remove_prefix(1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (encoded) {
    auto decoded = base64(value);
    if (!decoded) return refuse(line, "no base64");
    attribute.value = std::move(*decoded);
  } else {
    attribute.value = value;
  }
  return attribute;
}

class Parser {
 public:
  Expected<std::vector<Entry>, std::string> parse(std::string_view text) {
    for (const Line& line : logical_lines(text)) {
      if (line.text.empty()) {
        finish();
        continue;
      }
      if (auto taken = take(line); !taken) return Unexpected{taken.error()};
    }
    return std::move(entries_);
  }

 private:
  void finish() {
    if (entry_) entries_.push_back(std::move(*entry_));
    entry_.reset();
  }

  Expected<Unit, std::string> take(const Line& line) {
    auto attribute = parse_attribute(line);
    if (!attribute) return Unexpected{attribute.error()};
    if (entry_) {
      if (attribute->name == "changetype" || attribute->name == "control")
        return refuse(line, "a change record; only contents are read, as ldapsearch -LLL writes them");
      if (attribute->name == "dn") return refuse(line, "a second dn; separate records by an empty line");
      entry_->attributes[attribute->name].push_back(std::move(attribute->value));
      return Unit{};
    }
    if (attribute->name == "version" && entries_.empty() && attribute->value == "1") return Unit{};
    if (attribute->name != "dn")
      return refuse(line, "a record must begin with dn:; ldapsearch -LLL writes nothing else");
    entry_.emplace();
    entry_->dn = std::move(attribute->value);
    return Unit{};
  }

  std::vector<Entry> entries_;
  std::optional<Entry> entry_;
};

// --- the domain -----------------------------------------------------------------------------------------
bool has_class(const Entry& entry, std::string_view name) {
  const auto classes = entry.attributes.find("objectclass");
  if (classes == entry.attributes.end()) return false;
  return std::ranges::any_of(classes->second,
                             [name](const std::string& c) { return equal_ignoring_case(c, name); });
}

// "AD.TEST" of "CN=…,DC=ad,DC=test"; empty when there is no DC.
std::string realm_of(std::string_view dn) {
  std::string realm;
  while (!dn.empty()) {
    std::size_t end = 0;
    while (end < dn.size() && (dn[end] != ',' || (end > 0 && dn[end - 1] == '\\'))) ++end;
    std::string_view rdn = dn.substr(0, end);
    dn.remove_prefix(std::min(end + 1, dn.size()));
    while (rdn.starts_with(' ')) rdn.remove_prefix(1);
    if (rdn.size() < 4 || to_lower(rdn[0]) != 'd' || to_lower(rdn[1]) != 'c' || rdn[2] != '=') continue;
    if (!realm.empty()) realm.push_back('.');
    realm += rdn.substr(3);
  }
  return to_upper(realm);
}

void take_domain(const Entry& entry, Directory& directory) {
  if (has_class(entry, "crossRef")) {
    if (const std::string* name = entry.first("netbiosname")) directory.netbios = *name;
    return;
  }
  if (!has_class(entry, "domainDNS")) return;
  const std::string* bytes = entry.first("objectsid");
  const auto sid = bytes == nullptr ? Sid::decode({}) : Sid::decode(as_bytes(*bytes));
  if (!sid) return;
  directory.domain_sid = *sid;
  directory.realm = realm_of(entry.dn);
}

Expected<Unit, std::string> complete_domain(Directory& directory) {
  if (directory.domain_sid.sub_authorities.empty() && !directory.users.empty())
    directory.domain_sid = directory.users.front().sid.domain();
  if (directory.realm.empty() && !directory.users.empty())
    directory.realm = realm_of(directory.users.front().dn);
  if (directory.domain_sid.sub_authorities.empty() || directory.realm.empty())
    return Unexpected{
        std::string("it contains neither the domain's object nor a user, so its domain is unknown")};
  for (const User& user : directory.users)
    if (user.sid.domain() != directory.domain_sid)
      return Unexpected{"user " + user.sid.text() + ": not of the domain " + directory.domain_sid.text() +
                        "; one file holds one domain"};
  if (directory.netbios.empty()) directory.netbios = directory.realm.substr(0, directory.realm.find('.'));
  return Unit{};
}

}  // namespace

Expected<std::vector<Entry>, std::string> parse(std::string_view text) {
  return Parser().parse(text);
}

Expected<Directory, std::string> directory_of(const std::vector<Entry>& entries, ObjectReport& report) {
  Directory directory;
  for (const Entry& entry : entries) {
    switch (kind_of(entry)) {
      case EntryKind::kUser:
        if (auto user = user_of(entry)) {
          directory.users.push_back(std::move(*user));
        } else {
          report.add(ObjectProblem::kMalformed, user.error());
        }
        break;
      case EntryKind::kGroup:
        if (auto group = group_of(entry)) {
          directory.groups.push_back(std::move(*group));
        } else {
          report.add(ObjectProblem::kMalformed, group.error());
        }
        break;
      case EntryKind::kOther:
        take_domain(entry, directory);
        break;
    }
  }
  if (auto complete = complete_domain(directory); !complete) return Unexpected{complete.error()};
  return directory;
}

}  // namespace jpki::ad::ldif
