// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/general_name.h"

#include "validator/asn1/der_values.h"
#include "validator/x509/directory_string.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

constexpr struct {
  NameForm form;
  std::string_view name;
  bool constructed;
  bool ia5_string;
} kForms[] = {
    {NameForm::kOtherName, "otherName", true, false},
    {NameForm::kRfc822Name, "rfc822Name", false, true},
    {NameForm::kDnsName, "dNSName", false, true},
    {NameForm::kX400Address, "x400Address", true, false},
    {NameForm::kDirectoryName, "directoryName", true, false},
    {NameForm::kEdiPartyName, "ediPartyName", true, false},
    {NameForm::kUri, "uniformResourceIdentifier", false, true},
    {NameForm::kIpAddress, "iPAddress", false, false},
    {NameForm::kRegisteredId, "registeredID", false, false},
};

constexpr std::string_view kSmtpUtf8Mailbox = "1.3.6.1.5.5.7.8.9";

bool is_ascii(Bytes text) {
  return std::ranges::all_of(text, [](std::uint8_t byte) { return byte < 0x80; });
}

}  // namespace

std::string_view name_of(NameForm form) noexcept {
  return kForms[static_cast<std::size_t>(form)].name;
}

std::optional<GeneralName> decode_general_name(const asn1::Element& element) {
  for (const auto& known : kForms) {
    const auto number = static_cast<unsigned>(known.form);
    if (element.tag != (known.constructed ? asn1::context_constructed(number) : asn1::context(number)))
      continue;
    GeneralName out{known.form, element.contents, {}};
    if (known.ia5_string && !is_ascii(element.contents)) return std::nullopt;
    if (known.form != NameForm::kDirectoryName) return out;
    auto name = decode_name(element.contents);
    if (!name) return std::nullopt;
    out.name = std::move(*name);
    return out;
  }
  return std::nullopt;
}

// OtherName ::= SEQUENCE { type-id, value [0] EXPLICIT }
std::optional<Bytes> utf8_mailbox(const GeneralName& name) {
  if (name.form != NameForm::kOtherName) return std::nullopt;
  asn1::DerReader reader(name.value);
  const auto type = reader.read(asn1::kOid);
  const auto oid = type ? asn1::decode_oid(type->contents) : std::nullopt;
  if (oid && *oid != kSmtpUtf8Mailbox) return std::nullopt;
  const auto wrapper = oid ? reader.read(asn1::context_constructed(0)) : std::nullopt;
  const auto text = wrapper ? asn1::read_only(wrapper->contents, asn1::kUtf8String) : std::nullopt;
  if (!text || !reader.at_end() || !to_utf8(asn1::kUtf8String, *text)) return Bytes();
  return text;
}

std::optional<GeneralNames> decode_general_names(Bytes contents) {
  GeneralNames names;
  for (asn1::DerReader reader(contents); !reader.at_end();) {
    const auto element = reader.read();
    auto name = element ? decode_general_name(*element) : std::nullopt;
    if (!name || names.size() == kMaxGeneralNames) return std::nullopt;
    names.push_back(std::move(*name));
  }
  if (names.empty()) return std::nullopt;
  return names;
}

bool names_equal(const GeneralName& a, const GeneralName& b) {
  if (a.form != b.form) return false;
  return a.name && b.name ? names_equal(*a.name, *b.name) : std::ranges::equal(a.value, b.value);
}

bool contains(const GeneralNames& names, const GeneralName& name) {
  return std::ranges::any_of(names, [&](const GeneralName& other) { return names_equal(name, other); });
}

bool contains(const GeneralNames& names, const Name& directory_name) {
  return std::ranges::any_of(names, [&](const GeneralName& other) {
    return other.name && names_equal(directory_name, *other.name);
  });
}

}  // namespace jpki::x509
