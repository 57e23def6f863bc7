// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/certificate_policies.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/directory_string.h"

#include <algorithm>

namespace jpki::x509 {
namespace {

using asn1::DerReader;

constexpr std::string_view kCpsUri = "1.3.6.1.5.5.7.2.1";
constexpr std::string_view kUserNotice = "1.3.6.1.5.5.7.2.2";

// DisplayText, of any length: "certificate users SHOULD gracefully handle" more than 200 characters.
bool is_display_text(const asn1::Element& element) {
  switch (element.tag) {
    case asn1::kIa5String:
    case asn1::kVisibleString:
    case asn1::kBmpString:
    case asn1::kUtf8String:
      return !element.contents.empty() && to_utf8(element.tag, element.contents);
    default:
      return false;  // a number from a certificate, not an enumeration of ours
  }
}

// NoticeReference ::= SEQUENCE { organization DisplayText, noticeNumbers SEQUENCE OF INTEGER }
bool is_notice_reference(Bytes contents) {
  DerReader reader(contents);
  const auto organization = reader.read();
  const auto numbers = organization ? reader.read(asn1::kSequence) : std::nullopt;
  if (!numbers || !reader.at_end() || !is_display_text(*organization)) return false;
  for (DerReader each(numbers->contents); !each.at_end();) {
    const auto number = each.read(asn1::kInteger);
    if (!number || !asn1::is_integer(number->contents)) return false;
  }
  return true;
}

// UserNotice ::= SEQUENCE { noticeRef NoticeReference OPTIONAL, explicitText DisplayText OPTIONAL }
bool is_user_notice(Bytes contents) {
  DerReader reader(contents);
  if (reader.next_is(asn1::kSequence)) {
    const auto reference = reader.read();
    if (!reference || !is_notice_reference(reference->contents)) return false;
  }
  if (reader.at_end()) return true;
  const auto text = reader.read();
  return text && is_display_text(*text) && reader.at_end();
}

// PolicyQualifierInfo ::= SEQUENCE { policyQualifierId, qualifier ANY DEFINED BY policyQualifierId }
bool is_known_qualifier(Bytes contents) {
  DerReader reader(contents);
  const auto identifier = reader.read(asn1::kOid);
  const auto oid = identifier ? asn1::decode_oid(identifier->contents) : std::nullopt;
  const auto qualifier = oid ? reader.read() : std::nullopt;
  if (!qualifier || !reader.at_end()) return false;
  if (*oid == kCpsUri)
    return qualifier->tag == asn1::kIa5String && !qualifier->contents.empty() &&
           to_utf8(qualifier->tag, qualifier->contents);
  return *oid == kUserNotice && qualifier->tag == asn1::kSequence && is_user_notice(qualifier->contents);
}

bool are_known_qualifiers(Bytes contents) {
  if (contents.empty()) return false;  // SIZE (1..MAX)
  for (DerReader reader(contents); !reader.at_end();) {
    const auto qualifier = reader.read(asn1::kSequence);
    if (!qualifier || !is_known_qualifier(qualifier->contents)) return false;
  }
  return true;
}

// PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers OPTIONAL }
bool decode_policy(Bytes contents, CertificatePolicies& out) {
  DerReader reader(contents);
  const auto identifier = reader.read(asn1::kOid);
  auto oid = identifier ? asn1::decode_oid(identifier->contents) : std::nullopt;
  if (!oid || std::ranges::find(out.policies, *oid) != out.policies.end()) return false;
  out.policies.push_back(std::move(*oid));
  if (reader.at_end()) return true;
  const auto qualifiers = reader.read(asn1::kSequence);
  if (!qualifiers || !reader.at_end()) return false;
  out.qualifiers_known = out.qualifiers_known && are_known_qualifiers(qualifiers->contents);
  return true;
}

}  // namespace

std::optional<CertificatePolicies> decode_certificate_policies(Bytes value) {
  const auto contents = asn1::read_only(value, asn1::kSequence);
  if (!contents || contents->empty()) return std::nullopt;
  CertificatePolicies out;
  for (DerReader reader(*contents); !reader.at_end();) {
    const auto policy = reader.read(asn1::kSequence);
    if (!policy || out.policies.size() == kMaxCertificatePolicies) return std::nullopt;
    if (!decode_policy(policy->contents, out)) return std::nullopt;
  }
  return out;
}

}  // namespace jpki::x509
