// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/faults.h"

namespace jpki::testocsp {

namespace der = testpki::der;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kSlow{200};
constexpr std::size_t kResponseLimit = 64 * 1024;  // of those who ask

Blob text(std::string_view contents) {
  return to_blob(as_bytes(contents));
}

void set_times(Draft& draft, std::uint8_t tag, std::string_view text_of_time) {
  for (SingleResponse& single : draft.response.responses) single.times = der::text(tag, text_of_time);
}

constexpr Fault kEncoding[] = {
    {"critical-response-extension", "an unknown critical response extension",
     [](Draft& d, long) {
       d.response.extensions.push_back({"2.999.1", true, der::null()});
     }},
    {"critical-single-extension", "an unknown critical single extension",
     [](Draft& d, long) {
       d.single().extensions.push_back({"2.999.1", true, der::null()});
     }},
    {"harmless-extensions", "archiveCutoff and unknown extensions, not critical",
     [](Draft& d, long) {
       d.single().extensions.push_back({"1.3.6.1.5.5.7.48.1.6", false, der::generalized_time(d.now)});
       d.response.extensions.push_back({"2.999.1", false, der::null()});
     }},
    {"explicit-v1", "the default version is written", [](Draft& d, long) { d.response.version = 0; }},
    {"version-2", "a version that does not exist", [](Draft& d, long) { d.response.version = 1; }},
    {"other-response-type", "responseType is not id-pkix-ocsp-basic",
     [](Draft& d, long) { d.response.response_type = "2.999.1"; }},
    {"odd-status", "CertStatus [3]",
     [](Draft& d, long) { d.single().status = der::tlv(der::context(3), Bytes{}); }},
    {"utc-time", "thisUpdate is a UTCTime",
     [](Draft& d, long) { d.single().times = der::utc_time(d.single().this_update); }},
    {"fractional-time", "thisUpdate with a fraction of a second",
     [](Draft& d, long) { set_times(d, der::kGeneralizedTime, "20260101000000.5Z"); }},
    {"local-time", "thisUpdate with an offset",
     [](Draft& d, long) { set_times(d, der::kGeneralizedTime, "20260101090000+0900"); }},
    {"no-such-day", "thisUpdate on 31 February",
     [](Draft& d, long) { set_times(d, der::kGeneralizedTime, "20260231000000Z"); }},
    {"padded-serial", "serialNumber with a superfluous zero octet",
     [](Draft& d, long) {
       Blob& serial = d.single().id.serial;
       serial.insert(serial.begin(), 0);
     }},
    {"odd-certificate", "something that is no certificate is embedded first",
     [](Draft& d, long) { d.response.certificates.push_back(der::sequence({der::null()})); }},
    {"many-certificates", "nine certificates are embedded",
     [](Draft& d, long) { d.further_certificates.assign(8, d.ca.certificate); }},
    {"big", "a harmless extension of 32 KiB",
     [](Draft& d, long) {
       d.response.extensions.push_back({"2.999.1", false, Blob(32 * 1024)});
     }},
    {"huge", "a harmless extension of 64 KiB: above the limit",
     [](Draft& d, long) {
       d.response.extensions.push_back({"2.999.1", false, Blob(kResponseLimit)});
     }},
    {"trailing", "an octet after the response",
     [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes.push_back(0); }; }},
    {"cut", "the last octet is missing, and Content-Length knows it",
     [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes.pop_back(); }; }},
    {"half", "half the response, and Content-Length knows it",
     [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes.resize(bytes.size() / 2); }; }},
    {"indefinite", "the outer SEQUENCE has an indefinite length",
     [](Draft& d, long) {
       d.bend_bytes = [](Blob& bytes) {
         bytes.erase(bytes.begin() + 1, bytes.begin() + 4);
         bytes.insert(bytes.begin() + 1, 0x80);
         bytes.insert(bytes.end(), 2, 0);
       };
     }},
    {"garbage", "octets that are no DER",
     [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes.assign(600, 0xa5); }; }},
    {"empty", "no octet at all", [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes.clear(); }; }},
    {"html", "a page of a proxy, said to be an OCSP response",
     [](Draft& d, long) {
       d.bend_bytes = [](Blob& bytes) { bytes = text("<html><body>Please log in</body></html>"); };
     }},
    {"request-back", "an OCSPRequest instead of a response",
     [](Draft& d, long) {
       const CertId id = d.single().id;
       d.bend_bytes = [id](Blob& bytes) {
         bytes = der::sequence({der::sequence({der::sequence({der::sequence({encode(id)})})})});
       };
     }},
    {"no-bytes", "successful, and nothing else",
     [](Draft& d, long) { d.bend_bytes = [](Blob& bytes) { bytes = error_response(0); }; }},
};

constexpr Fault kConnection[] = {
    {"http", "this HTTP status, with the response as its body",
     [](Draft& d, long n) { d.http.status = static_cast<int>(n); }, "STATUS"},
    {"no-get", "405 for GET; POST is answered",
     [](Draft& d, long) {
       if (d.is_get) d.http.status = 405;
     }},
    {"malformed-get", "malformedRequest for GET; POST is answered",
     [](Draft& d, long) {
       if (d.is_get) d.error = 1;
     }},
    {"redirect", "302 to the same host",
     [](Draft& d, long) {
       d.http.status = 302;
       d.http.headers.emplace_back("Location: /elsewhere");
     }},
    {"redirect-away", "302 to another host",
     [](Draft& d, long) {
       d.http.status = 302;
       d.http.headers.emplace_back("Location: http://127.0.0.2:9/ocsp");
     }},
    {"wrong-type", "Content-Type text/html", [](Draft& d, long) { d.http.content_type = "text/html"; }},
    {"no-type", "without Content-Type", [](Draft& d, long) { d.http.content_type.clear(); }},
    {"no-length", "without Content-Length, ended by closing",
     [](Draft& d, long) { d.http.tell_length = false; }},
    {"chunked", "in chunks", [](Draft& d, long) { d.http.chunked = true; }},
    {"short-body", "Content-Length promises 100 octets more than come",
     [](Draft& d, long) { d.http.extra_length = 100; }},
    {"endless", "a body that never ends", [](Draft& d, long) { d.http.endless = true; }},
    {"delay", "nothing for so long, then the answer",
     [](Draft& d, long n) { d.http.before = milliseconds(n); }, "MILLISECONDS"},
    {"slow-headers", "one octet of the header each 0.2 s",
     [](Draft& d, long) { d.http.each_header_octet = kSlow; }},
    {"slow-body", "one octet of the body each 0.2 s", [](Draft& d, long) { d.http.each_body_octet = kSlow; }},
    {"silent", "the connection stays open and nothing comes", [](Draft& d, long) { d.http.silent = true; }},
    {"hang-up", "the connection is closed at once", [](Draft& d, long) { d.http.hang_up = true; }},
    {"not-http", "the response without any HTTP", [](Draft& d, long) { d.http.not_http = true; }},
};

}  // namespace

std::span<const Fault> encoding_faults() {
  return kEncoding;
}

std::span<const Fault> connection_faults() {
  return kConnection;
}

}  // namespace jpki::testocsp
