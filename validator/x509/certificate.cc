// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/x509/certificate.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/x509/signed_object.h"

#include <algorithm>

namespace jpki::x509 {

using asn1::DerReader;

struct CertificateFields {
  Blob der;  // everything below points into it
  SignedObject envelope;
  Bytes serial;
  Bytes issuer_der;
  Bytes subject_der;
  Bytes subject_public_key_info;
  Name issuer;
  Name subject;
  Time not_before;
  Time not_after;
  std::vector<Extension> extensions;
  CertificateExtensions decoded;
};

namespace {

constexpr std::size_t kMaxSerialSize = 32;

using Decoded = Expected<Unit, std::string>;

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

// A version field that is there must say v2 or v3: v1 is the default, and DER leaves defaults out.
std::optional<unsigned> read_version(DerReader& tbs) {
  if (!tbs.next_is(asn1::context_constructed(0))) return 0;
  const auto wrapper = tbs.read();
  const auto contents = wrapper ? asn1::read_only(wrapper->contents, asn1::kInteger) : std::nullopt;
  const auto version = contents ? asn1::decode_unsigned(*contents) : std::nullopt;
  if (!version || *version < 1 || *version > 2) return std::nullopt;
  return static_cast<unsigned>(*version);
}

Decoded read_validity(DerReader& tbs, CertificateFields& fields) {
  const auto validity = tbs.read(asn1::kSequence);
  if (!validity) return refuse("validity: malformed");
  DerReader reader(validity->contents);
  const auto begin = reader.read();
  const auto end = begin ? reader.read() : std::nullopt;
  const auto not_before = begin ? asn1::decode_time(*begin) : std::nullopt;
  const auto not_after = end ? asn1::decode_time(*end) : std::nullopt;
  if (!not_before || !not_after || !reader.at_end()) return refuse("validity: malformed");
  fields.not_before = *not_before;
  fields.not_after = *not_after;
  return Unit{};
}

Decoded read_name(DerReader& tbs, const char* field, Bytes& der, Name& name) {
  const auto element = tbs.read(asn1::kSequence);
  if (!element) return Unexpected{std::string(field) + ": malformed"};
  auto decoded = decode_name(element->encoded);
  if (!decoded) return Unexpected{std::string(field) + ": " + decoded.error()};
  der = element->encoded;
  name = std::move(*decoded);
  return Unit{};
}

// The structure alone; whether the key is one is for GnuTLS to say.
bool is_public_key_info(Bytes contents) {
  DerReader reader(contents);
  if (!reader.read(asn1::kSequence)) return false;
  const auto key = reader.read(asn1::kBitString);
  return key && reader.at_end() && asn1::decode_bit_string(key->contents);
}

// Unique identifiers and extensions, RFC 5280 4.1.2.8 and 4.1.2.9.
Decoded read_optional_fields(DerReader& tbs, unsigned version, CertificateFields& fields) {
  for (const unsigned number : {1u, 2u}) {
    if (!tbs.next_is(asn1::context(number))) continue;
    if (version < 1 || !tbs.read())
      return refuse("uniqueIdentifier: malformed, or the version does not allow it");
  }
  if (tbs.next_is(asn1::context_constructed(3))) {
    const auto wrapper = tbs.read();
    const auto list = wrapper ? asn1::read_only(wrapper->contents, asn1::kSequence) : std::nullopt;
    if (!list || version != 2) return refuse("extensions: malformed, or the version does not allow them");
    auto extensions = decode_extensions(*list);
    if (!extensions) return Unexpected{extensions.error()};
    auto decoded = decode_certificate_extensions(*extensions);
    if (!decoded) return Unexpected{decoded.error()};
    fields.extensions = std::move(*extensions);
    fields.decoded = std::move(*decoded);
  }
  if (!tbs.at_end()) return refuse("tbsCertificate: trailing fields");
  return Unit{};
}

// `algorithm` receives the AlgorithmIdentifier that must equal the outer one.
Decoded read_tbs(Bytes contents, CertificateFields& fields, Bytes& algorithm) {
  DerReader tbs(contents);
  const auto version = read_version(tbs);
  if (!version) return refuse("version: malformed or unknown");
  const auto serial = tbs.read(asn1::kInteger);
  if (!serial || !asn1::is_integer(serial->contents) || serial->contents.size() > kMaxSerialSize)
    return refuse("serialNumber: malformed or too long");
  fields.serial = serial->contents;
  const auto inner = tbs.read(asn1::kSequence);
  if (!inner) return refuse("signature: malformed");
  algorithm = inner->encoded;
  if (auto ok = read_name(tbs, "issuer", fields.issuer_der, fields.issuer); !ok) return ok;
  if (fields.issuer.empty()) return refuse("issuer: empty (RFC 5280 4.1.2.4)");
  if (auto ok = read_validity(tbs, fields); !ok) return ok;
  if (auto ok = read_name(tbs, "subject", fields.subject_der, fields.subject); !ok) return ok;
  const auto key = tbs.read(asn1::kSequence);
  if (!key || !is_public_key_info(key->contents)) return refuse("subjectPublicKeyInfo: malformed");
  fields.subject_public_key_info = key->encoded;
  return read_optional_fields(tbs, *version, fields);
}

Decoded read_certificate(CertificateFields& fields) {
  auto envelope = decode_signed_object(fields.der);
  if (!envelope) return Unexpected{"Certificate: " + envelope.error()};
  fields.envelope = std::move(*envelope);
  Bytes inner_algorithm;
  if (auto ok = read_tbs(fields.envelope.tbs_contents, fields, inner_algorithm); !ok) return ok;
  if (!std::ranges::equal(inner_algorithm, fields.envelope.algorithm_der))
    return refuse("signatureAlgorithm: the inner and the outer one differ (RFC 5280 4.1.1.2)");
  return Unit{};
}

}  // namespace

Expected<Certificate, std::string> Certificate::decode(Bytes der) {
  if (der.size() > kMaxSize) return refuse("Certificate: too large");
  auto fields = std::make_unique<CertificateFields>();
  fields->der = to_blob(der);
  if (auto ok = read_certificate(*fields); !ok) return Unexpected{std::move(ok).error()};
  return Certificate(std::move(fields));
}

Certificate::Certificate(std::unique_ptr<CertificateFields> fields) : fields_(std::move(fields)) {}
Certificate::Certificate(Certificate&&) noexcept = default;
Certificate& Certificate::operator=(Certificate&&) noexcept = default;
Certificate::~Certificate() = default;

Bytes Certificate::der() const {
  return fields_->der;
}
Bytes Certificate::tbs() const {
  return fields_->envelope.tbs;
}
Bytes Certificate::serial() const {
  return fields_->serial;
}
Bytes Certificate::issuer_der() const {
  return fields_->issuer_der;
}
Bytes Certificate::subject_der() const {
  return fields_->subject_der;
}
Bytes Certificate::subject_public_key_info() const {
  return fields_->subject_public_key_info;
}
Bytes Certificate::signature() const {
  return fields_->envelope.signature;
}
const std::string& Certificate::signature_algorithm() const {
  return fields_->envelope.algorithm.oid;
}
Bytes Certificate::signature_parameters() const {
  return fields_->envelope.algorithm.parameters;
}
const Name& Certificate::issuer() const {
  return fields_->issuer;
}
const Name& Certificate::subject() const {
  return fields_->subject;
}
Time Certificate::not_before() const {
  return fields_->not_before;
}
Time Certificate::not_after() const {
  return fields_->not_after;
}
const std::vector<Extension>& Certificate::extensions() const {
  return fields_->extensions;
}

const Extension* Certificate::extension(std::string_view oid) const {
  const auto found = std::ranges::find(fields_->extensions, oid, &Extension::oid);
  return found == fields_->extensions.end() ? nullptr : &*found;
}

const CertificateExtensions& Certificate::decoded_extensions() const {
  return fields_->decoded;
}
std::optional<std::uint16_t> Certificate::key_usage() const {
  return fields_->decoded.key_usage;
}
std::optional<BasicConstraints> Certificate::basic_constraints() const {
  return fields_->decoded.basic_constraints;
}
const std::vector<std::string>& Certificate::extended_key_usages() const {
  return fields_->decoded.extended_key_usages;
}
const std::vector<std::string>& Certificate::policies() const {
  return fields_->decoded.policies;
}
std::optional<Bytes> Certificate::subject_key_identifier() const {
  return fields_->decoded.subject_key_identifier;
}
std::optional<Bytes> Certificate::authority_key_identifier() const {
  return fields_->decoded.authority_key_identifier;
}
const std::vector<Bytes>& Certificate::crl_distribution_points() const {
  return fields_->decoded.crl_distribution_points;
}
std::vector<std::string> Certificate::ocsp_uris() const {
  return fields_->decoded.ocsp_uris;
}

bool Certificate::self_issued() const {
  return names_equal(fields_->subject, fields_->issuer);
}

}  // namespace jpki::x509
