// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/ocsp/response.h"

#include "validator/asn1/der_reader.h"
#include "validator/asn1/der_values.h"
#include "validator/ocsp/oids.h"

namespace jpki::ocsp {
namespace {

using asn1::DerReader;

using Decoded = Expected<Unit, std::string>;

Unexpected<std::string> refuse(const char* what) {
  return Unexpected{std::string(what)};
}

// The one value of type `tag` inside [number] EXPLICIT, which must be next.
std::optional<Bytes> read_explicit(DerReader& reader, unsigned number, std::uint8_t tag) {
  const auto wrapper = reader.read(asn1::context_constructed(number));
  return wrapper ? asn1::read_only(wrapper->contents, tag) : std::nullopt;
}

std::optional<ResponseStatus> response_status(std::uint64_t number) {
  for (const auto status :
       {ResponseStatus::kSuccessful, ResponseStatus::kMalformedRequest, ResponseStatus::kInternalError,
        ResponseStatus::kTryLater, ResponseStatus::kSigRequired, ResponseStatus::kUnauthorized})
    if (number == static_cast<std::uint64_t>(status)) return status;
  return std::nullopt;
}

std::optional<Time> read_generalized_time(DerReader& reader) {
  const auto element = reader.read(asn1::kGeneralizedTime);
  return element ? asn1::decode_time(*element) : std::nullopt;
}

// [1] EXPLICIT Extensions, when they are next.
Decoded read_extensions(DerReader& reader, const char* field, std::vector<x509::Extension>& out) {
  if (!reader.next_is(asn1::context_constructed(1))) return Unit{};
  const auto list = read_explicit(reader, 1, asn1::kSequence);
  if (!list) return Unexpected{std::string(field) + ": malformed"};
  auto extensions = x509::decode_extensions(*list);
  if (!extensions) return Unexpected{std::string(field) + ": " + extensions.error()};
  out = std::move(*extensions);
  return Unit{};
}

// RevokedInfo: the time is decoded so that only a well-formed one counts; nobody asks for it.
bool read_revoked(Bytes contents, SingleResponse& out) {
  DerReader reader(contents);
  if (!read_generalized_time(reader)) return false;
  if (reader.at_end()) return true;
  const auto code = read_explicit(reader, 0, asn1::kEnumerated);
  out.reason = code ? asn1::decode_unsigned(*code) : std::nullopt;
  return out.reason && reader.at_end();
}

bool read_status(DerReader& reader, SingleResponse& out) {
  const auto element = reader.read();
  if (!element) return false;
  switch (element->tag) {
    case asn1::context(0):
      out.status = Status::kGood;
      return element->contents.empty();
    case asn1::context_constructed(1):
      out.status = Status::kRevoked;
      return read_revoked(element->contents, out);
    case asn1::context(2):
      out.status = Status::kUnknown;
      return element->contents.empty();
    default:
      return false;
  }
}

Expected<SingleResponse, std::string> read_single(Bytes contents) {
  DerReader reader(contents);
  const auto id_element = reader.read(asn1::kSequence);
  auto id = id_element ? decode_cert_id(id_element->encoded) : std::nullopt;
  if (!id) return refuse("certID: malformed");
  SingleResponse single{std::move(*id), Status::kUnknown, {}, {}, {}, {}};
  if (!read_status(reader, single)) return refuse("certStatus: malformed");
  const auto this_update = read_generalized_time(reader);
  if (!this_update) return refuse("thisUpdate: malformed");
  single.this_update = *this_update;
  if (reader.next_is(asn1::context_constructed(0))) {
    const auto wrapper = reader.read();
    DerReader inner(wrapper ? wrapper->contents : Bytes{});
    single.next_update = read_generalized_time(inner);
    if (!single.next_update || !inner.at_end()) return refuse("nextUpdate: malformed");
  }
  if (auto ok = read_extensions(reader, "singleExtensions", single.extensions); !ok)
    return Unexpected{ok.error()};
  if (!reader.at_end()) return refuse("SingleResponse: trailing fields");
  return single;
}

bool read_responder_id(DerReader& reader, ResponderId& out) {
  const auto element = reader.read();
  if (!element) return false;
  DerReader inner(element->contents);
  if (element->tag == asn1::context_constructed(1)) {
    const auto name = inner.read(asn1::kSequence);
    if (name) out = {ResponderId::Kind::kByName, name->encoded};
    return name && inner.at_end();
  }
  if (element->tag != asn1::context_constructed(2)) return false;
  const auto key = inner.read(asn1::kOctetString);
  if (key) out = {ResponderId::Kind::kByKey, key->contents};
  return key && inner.at_end();
}

// True when v1 is said, or nothing.
bool read_version(DerReader& reader) {
  if (!reader.next_is(asn1::context_constructed(0))) return true;
  const auto contents = read_explicit(reader, 0, asn1::kInteger);
  const auto version = contents ? asn1::decode_unsigned(*contents) : std::nullopt;
  return version && *version == 0;
}

Decoded read_response_data(Bytes contents, BasicResponse& out) {
  DerReader reader(contents);
  if (!read_version(reader)) return refuse("version: malformed or unknown");
  if (!read_responder_id(reader, out.responder)) return refuse("responderID: malformed");
  const auto produced_at = read_generalized_time(reader);
  if (!produced_at) return refuse("producedAt: malformed");
  out.produced_at = *produced_at;
  const auto responses = reader.read(asn1::kSequence);
  if (!responses) return refuse("responses: malformed");
  for (DerReader list(responses->contents); !list.at_end();) {
    const auto element = list.read(asn1::kSequence);
    if (!element) return refuse("responses: malformed");
    auto single = read_single(element->contents);
    if (!single) return Unexpected{std::move(single).error()};
    out.responses.push_back(std::move(*single));
  }
  if (auto ok = read_extensions(reader, "responseExtensions", out.extensions); !ok) return ok;
  if (!reader.at_end()) return refuse("ResponseData: trailing fields");
  return Unit{};
}

Decoded read_certificates(DerReader& reader, BasicResponse& out) {
  if (reader.at_end()) return Unit{};
  const auto list = read_explicit(reader, 0, asn1::kSequence);
  if (!list || !reader.at_end()) return refuse("certs: malformed");
  for (DerReader certificates(*list); !certificates.at_end();) {
    const auto certificate = certificates.read(asn1::kSequence);
    if (!certificate) return refuse("certs: malformed");
    if (out.certificates.size() == kMaxCertificates) return refuse("certs: too many");
    out.certificates.push_back(certificate->encoded);
  }
  return Unit{};
}

}  // namespace

Expected<OcspResponse, std::string> decode_response(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("OCSPResponse: not a DER SEQUENCE, or followed by other bytes");
  DerReader reader(*contents);
  const auto code = reader.read(asn1::kEnumerated);
  const auto number = code ? asn1::decode_unsigned(code->contents) : std::nullopt;
  const auto status = number ? response_status(*number) : std::nullopt;
  if (!status) return refuse("responseStatus: malformed or unknown");
  OcspResponse response{*status, {}};
  if (*status == ResponseStatus::kSuccessful) {
    const auto bytes = read_explicit(reader, 0, asn1::kSequence);
    if (!bytes || !reader.at_end()) return refuse("responseBytes: absent or malformed");
    DerReader fields(*bytes);
    const auto type = fields.read(asn1::kOid);
    const auto basic = type ? fields.read(asn1::kOctetString) : std::nullopt;
    if (!basic || !fields.at_end()) return refuse("responseBytes: malformed");
    if (asn1::decode_oid(type->contents) != oid::kBasicResponse)
      return refuse("responseType: not id-pkix-ocsp-basic");
    response.basic = basic->contents;
  }
  return response;
}

Expected<BasicResponse, std::string> decode_basic_response(Bytes der) {
  const auto contents = asn1::read_only(der, asn1::kSequence);
  if (!contents) return refuse("BasicOCSPResponse: malformed");
  DerReader reader(*contents);
  const auto tbs = reader.read(asn1::kSequence);
  const auto algorithm_element = tbs ? reader.read(asn1::kSequence) : std::nullopt;
  const auto signature = algorithm_element ? reader.read(asn1::kBitString) : std::nullopt;
  if (!signature) return refuse("BasicOCSPResponse: malformed");
  auto algorithm = x509::decode_algorithm(algorithm_element->encoded);
  if (!algorithm) return refuse("signatureAlgorithm: malformed");
  const auto bits = asn1::decode_bit_string(signature->contents);
  if (!bits || bits->unused_bits != 0) return refuse("signature: malformed");
  BasicResponse response;
  response.tbs = tbs->encoded;
  response.algorithm = std::move(*algorithm);
  response.signature = bits->bytes;
  if (auto ok = read_certificates(reader, response); !ok) return Unexpected{ok.error()};
  if (auto ok = read_response_data(tbs->contents, response); !ok) return Unexpected{ok.error()};
  return response;
}

}  // namespace jpki::ocsp
